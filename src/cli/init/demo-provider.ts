// `einlass init --demo-provider`: one person with a password at a provider inside this process, on loopback, for ten minutes.

import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../demo/listen.ts'
import type { Person } from '../../demo/people.ts'
import { openGateway } from '../../server/workers/open.ts'
import type { Io } from '../command.ts'
import { missingDemoPackages } from '../demo.ts'
import { formatTime } from '../table.ts'
import type { Messages } from './messages/en.ts'
import type { IdentityDraft } from './provider-draft.ts'
import { registeredAddresses } from './show-registration.ts'

export interface DemoPlan {
  readonly identity: IdentityDraft
  readonly clientSecret: string
  readonly person: Person
  readonly port: number
  readonly findings: undefined
}

const tenMinutes = 10 * 60_000

/** Rejects where the packages of the demo are missing. */
export async function prepareDemoProvider(): Promise<DemoPlan> {
  const missing = missingDemoPackages()
  if (missing !== undefined) throw new Error(missing)
  const [port] = (await freePorts(1)) as [number]
  const username = /^[a-z][a-z0-9-]{0,30}$/.test(userInfo().username) ? userInfo().username : 'you'
  return {
    identity: { kind: 'generic', issuer: `http://login.localhost:${port}`, client_id: 'einlass' },
    clientSecret: randomBytes(32).toString('base64url'),
    person: {
      username,
      name: username,
      email: `${username}@localhost.example`,
      // Every user of this machine reaches the page: it does not show the password, unlike the demo's.
      password: randomBytes(9).toString('base64url'),
      passwordHidden: true,
      groups: ['staff'],
      secondFactor: 'none',
    },
    port,
    findings: undefined,
  }
}

/** Serves provider and gateway until the time is over or a signal comes. Returns the exit code. */
export async function runDemoProvider(
  plan: DemoPlan,
  {
    file,
    origin,
    app,
    zone,
    t,
    io,
    lifetime = tenMinutes,
    stop,
  }: {
    readonly file: string
    readonly origin: string
    /** Address of the first application. */
    readonly app: string
    /** IANA name, of the printed end. */
    readonly zone: string
    readonly t: Messages
    readonly io: Io
    /** Milliseconds; default: ten minutes. */
    readonly lifetime?: number
    /** Resolves at a signal. */
    readonly stop: Promise<void>
  },
): Promise<number> {
  const { startProvider } = await import('../../demo/provider/provider.ts')
  const { redirect, signedOut, backchannel } = registeredAddresses(origin)
  const client = {
    clientId: plan.identity.client_id,
    clientSecret: plan.clientSecret,
    redirectUris: [redirect],
    postLogoutRedirectUris: [signedOut],
    backchannelLogoutUri: backchannel,
  }
  const { port, person } = plan
  const provider = await startProvider({ port, issuer: plan.identity.issuer, people: [person], clients: [client] })
  try {
    const started = await openGateway({ file, env: io.env, logLevel: 'warn' })
    if (started.state === 'refused') throw new Error(started.problems.join('; '))
    const ends = Date.now() + lifetime
    const loud = t.demo.loud(Math.ceil(lifetime / 60_000))
    io.stdout(
      `\n${loud}\n\n  ${t.demo.open(app)}\n  ${t.demo.person}: ${person.username}\n  ${t.demo.password}: ${person.password}\n`,
    )
    io.stdout(`  ${t.demo.until(formatTime(ends, zone))}\n\n${loud}\n`)
    await untilEnd(ends, stop)
    // Its open connections are those of one person who is looking.
    await started.gateway.stop(500)
  } finally {
    await provider.stop()
  }
  io.stdout(`\n${t.demo.over}\n${t.demo.next(file)}\n`)
  return 0
}

async function untilEnd(ends: number, stop: Promise<void>): Promise<void> {
  const over = new AbortController()
  const elapsed = pause(ends - Date.now(), undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([elapsed, stop])
  over.abort()
}
