// Fills a gateway with the data of years (sessions, cookies, grants) through the project's own repositories.

import { hash } from 'node:crypto'
import { join } from 'node:path'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { createGrants } from '../../src/grants/grants.ts'
import { createSessions, type SignedIn } from '../../src/identity/session/sessions.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import { openStore } from '../../src/store/open.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { StartedEinlass } from './einlass.ts'

export interface Seeder {
  /**
   * Sessions of so many users, each with the device of the user who really signed in; the value of the `Cookie`
   * field that opens each on `host`.
   */
  sessions(count: number, host: string): Promise<string[]>
  /** Cookies of the signed-in user on these hosts. */
  cookies(hosts: readonly string[]): Promise<string[]>
  /** Grants: one for the signed-in user, the rest for others. */
  grants(count: number, app: string): Promise<void>
  close(): Promise<void>
}

export async function openSeeder(house: StartedEinlass): Promise<Seeder> {
  const env = { ...process.env, OIDC_CLIENT_SECRET: house.secret }
  const loaded = await loadConfiguration({ file: join(house.folder, 'einlass.yaml'), env })
  if (loaded.state === 'invalid') throw new Error(loaded.problems.map(({ message }) => message).join('; '))
  const { configuration } = loaded
  const now = Date.now
  const store = await openStore(configuration.store, { now })
  const seal = createSeal(configuration.gateway.secretKeys)
  const changes = createChangeFeed({ store, now })
  // No audit: seeding happens before the measurement.
  const parts = { store, changes, seal, now, record: () => {} }
  const sessions = createSessions({ ...parts, settings: () => configuration.session })
  const [only] = await sessions.all()
  const found = only && (await sessions.withTokens(only.id))
  if (found?.state !== 'live') throw new Error('no user has signed in')
  const { session: first } = found
  const name = /(\S+?)=[^;]*$/.exec(house.headers['Cookie'] ?? '')?.[1] ?? '__Host-einlass'

  async function one(at: number, host: string): Promise<string> {
    const { subject, authentication, userAgent, address, tokens } = first
    const sub = `seed-${at}`
    const signedIn: SignedIn = {
      subject: { ...subject, sub, email: `${sub}@example.com`, username: sub, name: `Person ${at}` },
      authentication,
      providerSession: hash('sha256', sub, 'base64url'),
      tokens,
      userAgent,
      address,
    }
    const session = await sessions.begin(signedIn, undefined, { userAgent, address } as never)
    const pinned = await sessions.update(session, { device: first.device })
    return `${name}=${await sessions.issueCookie(pinned ?? session, host)}`
  }

  return {
    sessions: (count, host) => inBatches(count, (at) => one(at, host)),
    cookies: (hosts) =>
      inBatches(hosts.length, async (at) => `${name}=${await sessions.issueCookie(first, hosts[at]!)}`),
    async grants(count, app) {
      const grants = createGrants(parts)
      await grants.load()
      const [from, until] = [now() - 1000, now() + 3_600_000]
      await inBatches(count, (at) => {
        const who = `default|${at === 0 ? first.subject.sub : `mailto:seed-${at}@example.com`}`
        const grant = { who, app, level: 'full', from, until, schedule: undefined, sponsor: undefined } as const
        return grants.give({ ...grant, reason: `inspection ${at}` }, { kind: 'administrator', name: 'bench' })
      })
      grants.stop()
    },
    async close() {
      await sessions.stop()
      await changes.stop()
      await store.close()
    },
  }
}

async function inBatches<Value>(count: number, make: (at: number) => Promise<Value>): Promise<Value[]> {
  const made: Value[] = []
  const batch = 250
  for (let from = 0; from < count; from += batch) {
    const some = Array.from({ length: Math.min(batch, count - from) }, (_, at) => make(from + at))
    made.push(...(await Promise.all(some)))
  }
  return made
}
