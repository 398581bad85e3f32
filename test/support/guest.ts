// Guests in tests: the configuration with a real mail server, and a browser that asks for a code and enters it.

import { setTimeout as pause } from 'node:timers/promises'
import { formsOf, type Form } from '../../src/demo/tour/client.ts'
import type { SmtpServer } from './smtp-server.ts'
import type { Answer, Asked, Person } from './user-client.ts'

type Json = Record<string, unknown>

/** Adds guests and the mail server to a configuration. */
export function withGuests(configuration: Json, smtp: SmtpServer, guests: Json = {}): void {
  configuration['identity'] = { ...(configuration['identity'] as Json), guests: { mail: true, ...guests } }
  const audit = configuration['audit'] as Json
  const sink = {
    kind: 'mail',
    url: `smtp://127.0.0.1:${smtp.port}`,
    from: 'Einlass <einlass@example.com>',
    events: ['finding.high'],
  }
  configuration['audit'] = { ...audit, sinks: [sink] }
}

/** A grant of 30 days, or as `terms` say. */
export function grantTo(email: string, app: string, terms: Json = {}): Json {
  const day = 86_400_000
  const from = new Date(Date.now() - day).toISOString()
  const until = new Date(Date.now() + 30 * day).toISOString()
  return { who: { provider: 'guests', email }, app, level: 'full', from, until, sponsor: 'erika@example.com', ...terms }
}

export interface GuestBrowser {
  /** Opens a page, following redirects within the gateway. */
  open(url: string, asked?: Asked): Promise<Page>
  /** Sends the form of a page that has these fields. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page>
}

export interface Page extends Answer {
  readonly url: URL
}

/** `from`: source address of its requests, within loopback. */
export function guestBrowser(person: Person, port: number, from?: string): GuestBrowser {
  const self: GuestBrowser = {
    async open(start, first = { page: true }) {
      let url = new URL(start)
      let asked = first
      for (let hop = 0; hop < 20; hop++) {
        const answer = await person.ask(url.href, port, { ...(from !== undefined && { from }), ...asked })
        const refresh = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(answer.body)?.[1]
        const next = answer.status >= 300 && answer.status < 400 ? answer.headers.location : refresh
        if (next === undefined) return { ...answer, url }
        url = new URL(next.replaceAll('&amp;', '&'), url)
        asked = { page: true }
      }
      throw new Error(`redirect loop, last at ${url.href}`)
    },
    submit(page, fields) {
      const form = formWith(page, Object.keys(fields))
      const body = new URLSearchParams({ ...form.fields, ...fields }).toString()
      const headers = { origin: page.url.origin }
      return self.open(form.action.href, { page: true, method: 'POST', body, headers })
    },
  }
  return self
}

function formWith(page: Page, names: readonly string[]): Form {
  const forms = formsOf({ ...page, via: [] })
  const found = forms.find(({ fields }) => names.every((name) => name in fields))
  if (found === undefined) throw new Error(`no form with ${names.join(', ')} at ${page.url.href}: ${page.status}`)
  return found
}

/** The code in the last mail to this address, once there are `count` of them. */
export async function codeFor(smtp: SmtpServer, email: string, count = 1): Promise<string> {
  const end = Date.now() + 5_000
  while (codeMails(smtp, email).length < count) {
    if (Date.now() > end) throw new Error(`no mail number ${count} to ${email}`)
    await pause(20)
  }
  const [, first, second] = /^(\d{5}) (\d{5})$/m.exec(codeMails(smtp, email).at(-1)!)!
  return `${first}${second}`
}

/** Texts of all mails with a code to this address. */
export function codeMails(smtp: SmtpServer, email: string): string[] {
  // Soft line ends of quoted-printable (RFC 2045 section 6.7).
  const texts = smtp.mails.filter(({ to }) => to.includes(email)).map(({ raw }) => raw.replaceAll('=\n', ''))
  return texts.filter((text) => /^\d{5} \d{5}$/m.test(text))
}

/** From any page to the page where it leads, with a code by mail. */
export async function signInAsGuest(
  browser: GuestBrowser,
  smtp: SmtpServer,
  url: string,
  email: string,
): Promise<Page> {
  const address = email.trim().toLowerCase()
  const before = codeMails(smtp, address).length
  let page = await browser.open(url)
  if (!page.body.includes('action="/sign-in/guest"')) {
    const way = /href="(\/sign-in\?[^"]*provider=guests)"/.exec(page.body)?.[1]
    if (way === undefined) throw new Error(`no way for guests at ${page.url.href}: ${page.status}`)
    page = await browser.open(new URL(way.replaceAll('&amp;', '&'), page.url).href)
  }
  const asked = await browser.submit(page, { email })
  return browser.submit(asked, { code: await codeFor(smtp, address, before + 1) })
}
