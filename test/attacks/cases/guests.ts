// Attack classes around guests: who has access, guessing and stealing codes, flooding a mailbox, addresses in disguise.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite } from '../case.ts'
import { rounds, withGuestGround } from '../guest-ground.ts'
import { codeFor, codeMails, signInAsGuest, type Page } from '../../support/guest.ts'

const [kim, lou, max, ola, pia] = ['kim', 'lou', 'max', 'ola', 'pia'].map((name) => `${name}@supplier.example`) as [
  string,
  string,
  string,
  string,
  string,
]

/** Enough for a mail that should not come: they are sent within half a second. */
const mailTime = 900

export const guests: AttackSuite = {
  class: 'oidc',
  checks: [
    {
      name: 'who has access as a guest, told by the page, its size or its time',
      run: (ground) =>
        withGuestGround(ground, async ({ ask, smtp }) => {
          const times: Record<string, number[]> = { known: [], other: [] }
          const pages: Record<string, string> = {}
          const same = (page: Page, email: string): string =>
            `${page.status} ${page.body}`
              .replaceAll(email, 'EMAIL')
              .replace(/value="[\w-]{22}"/, 'value="ID"')
              .replace(/<code>[^<]*<\/code>/, '')
          for (let round = 0; round < rounds; round++) {
            for (const [index, who] of ['known', 'other'].entries()) {
              const email = `${who}${10 + round}@supplier.example`
              const at = performance.now()
              const page = await ask(email, `127.0.${20 + index}.${1 + round}`)
              times[who]!.push(performance.now() - at)
              pages[who] = same(page, email)
            }
          }
          must(pages['known'] === pages['other'], 'the same page', pages)
          const [known, other] = Object.values(times).map((list) => list.toSorted((a, b) => a - b)[rounds / 2]!)
          must(Math.abs(known! - other!) < Math.max(4, 0.35 * other!), 'the same time', { known, other })
          await pause(mailTime)
          const told = smtp.mails.flatMap(({ to }) => to).filter((to) => to.startsWith('other'))
          must(told.length === 0 && smtp.mails.length === rounds, 'a mail to each guest, none to strangers', told)
          return `median ${known!.toFixed(1)} ms with access, ${other!.toFixed(1)} ms without`
        }),
    },
    {
      name: 'guessing the code of a guest, many at once',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const { person, browser } = house.browser('127.0.22.1')
          const page = await browser.submit(await browser.open(`${ground.origin('access')}/sign-in/guest`), {
            email: kim,
          })
          const code = await codeFor(house.smtp, kim)
          const attempt = page.url.searchParams.get('attempt')!
          const enter = (guess: string, index: number) =>
            person.ask(`${ground.origin('access')}/sign-in/guest/code`, ground.port, {
              method: 'POST',
              page: true,
              from: `127.0.22.${2 + index}`,
              body: new URLSearchParams({ attempt, code: guess }).toString(),
            })
          const wrong = Array.from({ length: 40 }, (_, index) =>
            String((Number(code) + 1 + index) % 10 ** 10).padStart(10, '0'),
          )
          const answers = await Promise.all(wrong.map((guess, index) => enter(guess, index)))
          const compared = answers.filter(({ body }) => /more tr(?:y|ies)/.test(body)).length
          must(compared <= 4, 'at most five compared, the last of which ends it', compared)
          const right = await enter(code, 60)
          must(right.status === 422, 'the right code is spent, too', right.status)
          must(person.jar.value('access.company.localhost', '__Host-einlass') === undefined, 'no session', 'one')
          return `${compared} of 40 guesses were told how many tries are left`
        }),
    },
    {
      name: 'a mailbox flooded with codes, and its owner shut out by that',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const { browser } = house.browser('127.0.23.1')
          await signInAsGuest(browser, house.smtp, `${ground.origin('guesterp')}/`, lou)
          await Promise.all(Array.from({ length: 25 }, (_, index) => house.ask(lou, `127.0.23.${10 + index}`)))
          await pause(mailTime)
          const flooded = codeMails(house.smtp, lou).length
          must(flooded <= 3, 'at most three mails in a quarter of an hour', flooded)
          // Her own browser has codes of its own.
          await browser.submit(await browser.open(`${ground.origin('access')}/sign-in/guest`), { email: lou })
          await codeFor(house.smtp, lou, flooded + 1)
          return `${flooded} mails for 26 requests`
        }),
    },
    {
      name: 'the code of a guest in another browser, in a link, a second time',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const victim = house.browser('127.0.24.1')
          const page = await victim.browser.submit(
            await victim.browser.open(`${ground.origin('access')}/sign-in/guest`),
            { email: max },
          )
          const code = await codeFor(house.smtp, max)
          const attempt = page.url.searchParams.get('attempt')!
          const body = new URLSearchParams({ attempt, code }).toString()
          const url = `${ground.origin('access')}/sign-in/guest/code`
          const thief = house.browser('127.0.24.2')
          const stolen = await thief.person.ask(url, ground.port, { method: 'POST', page: true, body })
          must(stolen.status === 400, 'not in another browser', stolen.status)
          // Mail scanners open links.
          await victim.person.ask(`${url}?${body}`, ground.port, { page: true })
          must(
            victim.person.jar.value('access.company.localhost', '__Host-einlass') === undefined,
            'not by GET',
            'a session',
          )
          const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
          const forged = await victim.person.ask(url, ground.port, { method: 'POST', page: true, body, headers })
          must(forged.status === 403, 'not by a form of another site', forged.status)
          const [one, other] = await Promise.all(
            [0, 1].map(() => victim.person.ask(url, ground.port, { method: 'POST', page: true, body })),
          )
          const statuses = [one!.status, other!.status].toSorted()
          must(statuses.join() === '200,422', 'once', statuses)
        }),
    },
    {
      name: 'the address of a guest in disguise: capitals, plus, full width, look-alikes, line ends',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const disguised = [
            'ola+x@supplier.example',
            '\u00f6la@supplier.example',
            '\uff2fla@supplier.example',
            'ola@\uff53upplier.example',
            'ola@supplier\uff0eexample',
            'ola@supplier.example@evil.example',
            'ola@supplier.example,eve@evil.example',
            'ola@supplier.example\r\nBcc: eve@evil.example',
            '"ola@supplier.example"@evil.example',
            'ola@supplier.example\u0000',
            'ola\u200b@supplier.example',
            '<ola@supplier.example>',
          ]
          for (const [index, email] of disguised.entries()) {
            const page = await house.ask(email, `127.0.25.${1 + index}`)
            must(page.status === 200 || page.status === 422, 'the page, or that it is no address', [email, page.status])
          }
          await pause(mailTime)
          must(
            house.smtp.mails.length === 0,
            'no mail at all',
            house.smtp.mails.map(({ to }) => to),
          )
          await house.ask('OLA@Supplier.EXAMPLE', '127.0.25.40')
          await codeFor(house.smtp, ola)
          const to = house.smtp.mails.flatMap((mail) => mail.to)
          must(to.join() === ola, 'to the address of the grant alone', to)
        }),
    },
    {
      name: 'the grant of a guest ends between the mail and the code',
      run: (ground) =>
        withGuestGround(ground, async (house) => {
          const { person, browser } = house.browser('127.0.26.1')
          const page = await browser.submit(await browser.open(`${ground.origin('access')}/sign-in/guest`), {
            email: pia,
          })
          const code = await codeFor(house.smtp, pia)
          await house.grants([])
          const entered = await browser.submit(page, { code })
          must(entered.status === 422 && /Your access has ended/.test(entered.body), 'refused', entered.status)
          must(person.jar.value('access.company.localhost', '__Host-einlass') === undefined, 'no session', 'one')
        }),
    },
  ],
}
