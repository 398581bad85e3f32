// Guests end to end, over a real gateway and a real mail server: from a link to the application, an hour of work, and the end.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGatewayInProcess, type GatewayInProcess } from '../../support/gateway-in-process.ts'
import { codeFor, codeMails, grantTo, guestBrowser, signInAsGuest, withGuests } from '../../support/guest.ts'
import { startSmtpServer, type SmtpServer } from '../../support/smtp-server.ts'

const kim = 'kim@supplier.example'
const minute = 60_000

let inside: GatewayInProcess
let smtp: SmtpServer

beforeAll(async () => {
  smtp = await startSmtpServer()
  inside = await startGatewayInProcess({
    erp: { title: 'ERP', policy: [{ allow: { grant: 'required' } }] },
    lab: { title: 'Lab', policy: [{ allow: { grant: 'required', mfa: true } }] },
  })
})
afterAll(async () => {
  await inside.stop()
  await smtp.close()
})

beforeEach(async () => {
  inside.clock.ahead += 16 * minute
})

async function configure(grants: readonly object[], guests: Record<string, unknown> = {}): Promise<void> {
  await inside.configure((configuration) => {
    withGuests(configuration, smtp, guests)
    configuration['grants'] = grants
    // Each time another text, so that every reload is one.
    configuration['networks'] = { [`n${Math.random().toString(36).slice(2)}`]: '192.0.2.0/24' }
  })
}

function browserOf(name: string) {
  const person = inside.person(name)
  return { person, browser: guestBrowser(person, inside.port) }
}

describe('a guest', () => {
  test('with nothing but an e-mail address works for an hour', async () => {
    await configure([grantTo('Kim@Supplier.example', 'erp')])
    const { person, browser } = browserOf('kim')
    const page = await signInAsGuest(browser, smtp, `${inside.origin('erp')}/orders?id=7`, 'KIM@supplier.Example ')
    expect([page.status, page.url.href]).toEqual([200, `${inside.origin('erp')}/orders?id=7`])
    const mail = codeMails(smtp, kim).at(-1)!
    expect(mail).toMatch(/^Subject: Your code for access\.localhost/m)
    expect(mail).toContain('ERP, invited by erika@example.com')
    expect(mail).toContain('We never ask for this code')
    for (let at = 0; at < 60; at += 4) {
      inside.clock.ahead += 4 * minute
      const { status } = await person.ask(`${inside.origin('erp')}/orders`, inside.port)
      expect([at, status]).toEqual([at, 200])
    }
    const seen = inside.app.reached.at(-1)
    expect(seen!.headers.join(' ')).toContain(`X-Forwarded-Email ${kim}`)
    const signedIn = await inside.event((line) => line.activity_name === 'Logon' && line.status === 'Success')
    expect(signedIn).toMatchObject({ auth_protocol_id: 99, is_mfa: false, unmapped: { provider: 'guests' } })
  })

  test('asks for more, and is no guest any more once the grant ends', async () => {
    await configure([grantTo(kim, 'erp')])
    const { person, browser } = browserOf('kim')
    await signInAsGuest(browser, smtp, `${inside.origin('erp')}/`, kim)
    const portal = await browser.open(`${inside.origin('access')}/`)
    expect(portal.body).toContain('ERP')
    await configure([])
    const ended = await inside.event((line) => JSON.stringify(line.unmapped ?? {}).includes('"detail":"no_access"'))
    expect(ended).toMatchObject({ unmapped: { activity: 'refresh', provider: 'guests' } })
    expect((await person.ask(`${inside.origin('erp')}/`, inside.port)).status).toBe(401)
    expect((await person.ask(`${inside.origin('access')}/`, inside.port)).status).toBe(303)
  })

  test('is signed out within a second when the time of the grant is over', async () => {
    const until = new Date(Date.now() + inside.clock.ahead + 20 * minute).toISOString()
    await configure([grantTo(kim, 'erp', { until })])
    const { person, browser } = browserOf('kim')
    await signInAsGuest(browser, smtp, `${inside.origin('erp')}/`, kim)
    inside.clock.ahead += 20 * minute
    await expect
      .poll(async () => (await person.ask(`${inside.origin('access')}/`, inside.port)).status, { timeout: 3000 })
      .toBe(303)
  })

  test('whose domain is no longer permitted loses the session at the next revalidation', async () => {
    await configure([grantTo(kim, 'erp')])
    const { person, browser } = browserOf('kim')
    await signInAsGuest(browser, smtp, `${inside.origin('erp')}/`, kim)
    await configure([grantTo(kim, 'erp')], { domains: ['other.example'] })
    inside.clock.ahead += 6 * minute
    expect((await person.ask(`${inside.origin('erp')}/`, inside.port)).status).toBe(401)
  })

  test('cannot sign in while guests are switched off, and their sessions end', async () => {
    await configure([grantTo(kim, 'erp')])
    const { person, browser } = browserOf('kim')
    await signInAsGuest(browser, smtp, `${inside.origin('erp')}/`, kim)
    await configure([grantTo(kim, 'erp')], { mail: false })
    inside.clock.ahead += 6 * minute
    expect((await person.ask(`${inside.origin('erp')}/`, inside.port)).status).toBe(401)
    expect((await person.ask(`${inside.origin('access')}/sign-in/guest`, inside.port, { page: true })).status).toBe(404)
  })

  test('is sent to the passkey by a rule with mfa, which a code never meets', async () => {
    await configure([grantTo(kim, 'lab')])
    const { browser } = browserOf('kim')
    const page = await signInAsGuest(browser, smtp, `${inside.origin('lab')}/`, kim)
    expect([page.status, page.url.pathname]).toEqual([403, '/sign-in/passkey'])
    expect(page.body).toContain('A passkey is needed here')
    const add = /href="(\/account\/passkeys\?journey=[^"]+)"/.exec(page.body)![1]!
    const list = await browser.open(new URL(add, page.url).href)
    expect(list.status).toBe(200)
    expect(list.headers['content-security-policy']).toMatch(/script-src 'sha256-/)
    expect(list.headers['permissions-policy']).toContain('publickey-credentials-get=(self)')
  })

  test('finds the way by the domain of the address, and people of a provider do not become guests', async () => {
    await configure([grantTo(kim, 'erp')], { domains: ['supplier.example'] })
    const { browser } = browserOf('kim')
    const before = codeMails(smtp, kim).length
    const choice = await browser.open(`${inside.origin('access')}/sign-in`)
    expect(choice.body).toContain('With a code by mail')
    const asked = await browser.submit(choice, { email: kim })
    expect(asked.url.pathname).toBe('/sign-in/guest/code')
    expect((await browser.submit(asked, { code: await codeFor(smtp, kim, before + 1) })).status).toBe(200)
  })

  test('who mistypes the code has five tries, and then needs a new one', async () => {
    await configure([grantTo(kim, 'erp')])
    const { browser } = browserOf('kim')
    const before = codeMails(smtp, kim).length
    let page = await browser.submit(await browser.open(`${inside.origin('access')}/sign-in/guest`), { email: kim })
    const code = await codeFor(smtp, kim, before + 1)
    const wrong = code.replace(/^./, (digit) => String((Number(digit) + 1) % 10))
    for (const left of ['4 more tries', '3 more tries', '2 more tries', 'One more try']) {
      page = await browser.submit(page, { code: wrong })
      expect([page.status, page.body.includes(left)]).toEqual([422, true])
    }
    page = await browser.submit(page, { code: wrong })
    expect(page.body).toContain('This code is used up')
    const again = await browser.submit(page, { email: kim })
    const next = await codeFor(smtp, kim, before + 2)
    expect((await browser.submit(again, { code: ` ${next.slice(0, 5)} ${next.slice(5)} ` })).status).toBe(200)
  })

  test('signs out', async () => {
    await configure([grantTo(kim, 'erp')])
    const { person, browser } = browserOf('kim')
    await signInAsGuest(browser, smtp, `${inside.origin('erp')}/`, kim)
    const page = await browser.open(`${inside.origin('access')}/sign-out`)
    const done = await browser.submit(page, {})
    expect(done.url.pathname).toBe('/signed-out')
    expect((await person.ask(`${inside.origin('erp')}/`, inside.port)).status).toBe(401)
  })
})
