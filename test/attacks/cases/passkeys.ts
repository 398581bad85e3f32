// Attack classes around the passkeys of guests: those of others, copied challenges, other origins, a mailbox alone.

import { must, type AttackSuite } from '../case.ts'
import { withGuestGround, type GuestGround } from '../guest-ground.ts'
import {
  createPasskey,
  optionsIn,
  usePasskey,
  type CreationOptions,
  type Deviation,
  type RequestOptions,
  type SoftPasskey,
} from '../../support/software-authenticator.ts'
import { signInAsGuest, type GuestBrowser, type Page } from '../../support/guest.ts'
import type { Person } from '../../support/user-client.ts'

interface Guest {
  readonly person: Person
  readonly browser: GuestBrowser
}

/** Options for the script, as the page has them. */
function optionsOf<Options extends CreationOptions | RequestOptions>(page: Page): Options {
  const options = optionsIn<Options>(page.body)
  must(options !== undefined, 'a page with a challenge', page.status)
  return options
}

async function enter(house: GuestGround, email: string, from: string): Promise<Guest> {
  const guest = house.browser(from)
  await signInAsGuest(guest.browser, house.smtp, `${house.ground.origin('guesterp')}/`, email)
  return guest
}

async function addPasskey(house: GuestGround, { browser }: Guest, deviation: Deviation = {}) {
  const access = house.ground.origin('access')
  const page = await browser.open(`${access}/account/passkeys`)
  const made = createPasskey(optionsOf<CreationOptions>(page), access, deviation)
  return { ...made, page, answer: await browser.submit(page, { credential: made.json, name: 'Laptop' }) }
}

async function confirm(house: GuestGround, { browser }: Guest, passkey: SoftPasskey, deviation: Deviation = {}) {
  const access = house.ground.origin('access')
  const page = await browser.open(`${access}/sign-in/passkey`)
  const credential = usePasskey(passkey, optionsOf<RequestOptions>(page), access, deviation)
  return { page, credential, answer: await browser.submit(page, { credential }) }
}

export const passkeys: AttackSuite = {
  class: 'oidc',
  checks: [
    {
      name: 'a code by mail where a rule asks for mfa, and a first passkey where it is wanted',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const guest = await enter(house, 'una@supplier.example', '127.0.30.1')
          const before = ground.upstream.requests.length
          const lab = `${ground.origin('guestlab')}/`
          const refused = await guest.browser.open(lab)
          must(refused.url.pathname === '/sign-in/passkey', 'the passkey page', refused.url.href)
          must(
            ground.upstream.requests.length === before,
            'nothing at the upstream',
            ground.upstream.requests.length - before,
          )
          const { passkey, answer } = await addPasskey(house, guest)
          must(answer.status === 200, 'added', answer.status)
          const done = await confirm(house, guest, passkey)
          must(done.answer.status === 200 && done.answer.url.pathname === '/', 'confirmed', done.answer.status)
          const opened = await guest.browser.open(lab)
          must(opened.url.href === lab && opened.status === 200, 'the application', opened.url.href)
        }),
    },
    {
      name: 'the passkey of another guest',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const thief = await enter(house, 'vic@supplier.example', '127.0.31.1')
          const victim = await enter(house, 'wim@supplier.example', '127.0.31.2')
          const own = (await addPasskey(house, thief)).passkey
          await addPasskey(house, victim)
          const { answer } = await confirm(house, victim, own)
          must(answer.status === 422, 'refused', answer.status)
        }),
    },
    {
      name: 'a challenge of another session, of another purpose, or used before',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const access = ground.origin('access')
          const guest = await enter(house, 'xia@supplier.example', '127.0.32.1')
          const other = await enter(house, 'yan@supplier.example', '127.0.32.2')
          const { passkey, page: adding, json } = await addPasskey(house, guest)
          const again = await guest.browser.submit(adding, { credential: json, name: 'again' })
          must(again.status !== 200 || again.url.pathname === '/sign-in/passkey', 'not added twice', again.status)
          const theirs = await addPasskey(house, other)
          const foreign = await other.browser.open(`${access}/sign-in/passkey`)
          // The cookie of the other browser as well, and the id in the form.
          const cookie = /__Host-einlass-passkey-[\w-]+=[^;]+/g
          const copied = [...(other.person.jar.header(new URL(access)) ?? '').matchAll(cookie)].map(([pair]) => pair)
          const own = guest.person.jar.header(new URL(access)) ?? ''
          const credential = usePasskey(passkey, optionsOf<RequestOptions>(foreign), access)
          const challenge = /name="challenge" value="([^"]+)"/.exec(foreign.body)![1]!
          const moved = await guest.person.ask(`${access}/sign-in/passkey`, ground.port, {
            method: 'POST',
            page: true,
            headers: { cookie: [own, ...copied].join('; ') },
            body: new URLSearchParams({ challenge, credential }).toString(),
          })
          must(moved.status === 422, 'the challenge of another session', moved.status)
          must(theirs.answer.status === 200, 'the other one works', theirs.answer.status)
          const first = await confirm(house, guest, passkey)
          must(first.answer.url.pathname === '/', 'works once', first.answer.status)
          const replayed = await guest.browser.submit(first.page, { credential: first.credential })
          must(replayed.status === 422, 'not a second time', replayed.status)
        }),
    },
    {
      name: 'a passkey of another origin, another host, in a frame, or without its user',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const guest = await enter(house, 'zac@supplier.example', '127.0.33.1')
          const deviations: readonly Deviation[] = [
            { origin: 'https://evil.example' },
            { origin: ground.origin('guesterp') },
            { rpId: 'evil.example' },
            { challenge: 'A'.repeat(43) },
            { flags: 1 },
            { flags: 4 },
            { crossOrigin: true },
          ]
          for (const deviation of deviations) {
            const { answer } = await addPasskey(house, guest, deviation)
            must(answer.status === 422, 'not added', [deviation, answer.status])
          }
          const { passkey } = await addPasskey(house, guest)
          for (const deviation of deviations) {
            const { answer } = await confirm(house, guest, passkey, deviation)
            must(answer.status === 422, 'not confirmed', [deviation, answer.status])
          }
          for (const credential of [
            '',
            'null',
            '[]',
            '{"id":1}',
            '{"id":"x","response":{}}',
            '{"__proto__":{}}',
            'x'.repeat(50_000),
          ]) {
            const page = await guest.browser.open(`${ground.origin('access')}/sign-in/passkey`)
            const { status } = await guest.browser.submit(page, { credential })
            must(status === 422, 'malformed ones as well', [credential.slice(0, 20), status])
          }
          must((await confirm(house, guest, passkey)).answer.status === 200, 'the right one works', 'refused')
        }),
    },
    {
      name: 'a second passkey with the mailbox alone, and removing the first',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const victim = await enter(house, 'ben@supplier.example', '127.0.34.1')
          await addPasskey(house, victim)
          // Whoever reads the mail signs in, but is asked for the passkey.
          const thief = await enter(house, 'ben@supplier.example', '127.0.34.2')
          const access = ground.origin('access')
          const page = await thief.browser.open(`${access}/account/passkeys`)
          must(page.url.pathname === '/sign-in/passkey', 'the passkey is asked for', page.url.pathname)
          for (const path of ['/account/passkeys', '/account/passkeys/remove']) {
            const sent = await thief.browser.open(`${access}${path}`, {
              method: 'POST',
              page: true,
              headers: { origin: access },
              body: new URLSearchParams({ passkey: 'x', credential: '{}', challenge: 'x' }).toString(),
            })
            must(sent.url.pathname === '/sign-in/passkey', 'and by a form as well', sent.url.pathname)
          }
        }),
    },
  ],
}
