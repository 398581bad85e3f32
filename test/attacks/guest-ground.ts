// The gateway under attack with guests and a mail server, for the time of one check.

import { grantTo, guestBrowser, type GuestBrowser, type Page } from '../support/guest.ts'
import { startSmtpServer, type SmtpServer } from '../support/smtp-server.ts'
import type { Person } from '../support/user-client.ts'
import type { Environment, Json } from './environment.ts'

export interface GuestGround {
  readonly ground: Environment
  readonly smtp: SmtpServer
  /** A browser with cookies of its own, and its source address. */
  browser(from: string, port?: number): { readonly person: Person; readonly browser: GuestBrowser }
  /** Replaces the grants. */
  grants(grants: readonly Json[]): Promise<void>
  /** Asks for a code, in a browser of its own. */
  ask(email: string, from: string): Promise<Page>
}

/** Codes are few for each address: every check has guests of its own. */
export const rounds = 20
const people = 'kim lou max ola pia una vic wim xia yan zac ben'.split(' ')
const names = [...people, ...Array.from({ length: rounds }, (_, index) => `known${10 + index}`)]
export const guestGrants = names.flatMap((name) =>
  ['guesterp', 'guestlab'].map((app) => grantTo(`${name}@supplier.example`, app)),
)

export async function withGuestGround<T>(ground: Environment, work: (house: GuestGround) => Promise<T>): Promise<T> {
  const smtp = await startSmtpServer()
  const plain = JSON.parse(ground.configurationText) as Json & { apps: Json; identity: Json; audit: Json }
  const app = (name: string, policy: Json): Json => ({
    from: ground.origin(name),
    to: (plain.apps['wiki'] as Json)['to'],
    policy: [policy],
  })
  const textWith = (grants: readonly Json[]): string =>
    JSON.stringify({
      ...plain,
      identity: { ...plain.identity, guests: { mail: true } },
      audit: {
        ...plain.audit,
        spool: { path: `spool-${smtp.port}` },
        sinks: [
          { kind: 'mail', url: `smtp://127.0.0.1:${smtp.port}`, from: 'einlass@company.test', events: ['grant'] },
        ],
      },
      apps: {
        ...plain.apps,
        guesterp: app('guesterp', { allow: { grant: 'required' } }),
        guestlab: app('guestlab', { allow: { grant: 'required', mfa: true } }),
      },
      grants: [...((plain['grants'] as Json[] | undefined) ?? []), ...grants],
    })
  try {
    await ground.configure(textWith(guestGrants))
    const house: GuestGround = {
      ground,
      smtp,
      browser(from, port = ground.port) {
        const person = ground.person()
        return { person, browser: guestBrowser(person, port, from) }
      },
      grants: (grants) => ground.configure(textWith(grants)),
      async ask(email, from) {
        const { browser } = house.browser(from)
        return browser.submit(await browser.open(`${ground.origin('access')}/sign-in/guest`), { email })
      },
    }
    return await work(house)
  } finally {
    await ground.configure(ground.configurationText)
    await smtp.close()
  }
}
