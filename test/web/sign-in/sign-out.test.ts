import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { cookiesOf } from '../reply-headers.ts'
import { app, gateway, journeyTo, locationOf, onwardOf, openDesk, type Desk, type Visitor } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk
let ada: Visitor

beforeEach(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
  ada = desk.browser()
  await ada.get(locationOf(await ada.signIn(await journeyTo(desk, ada, '/'))))
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

const live = async (): Promise<number> =>
  (await desk.house.sessions.all()).filter(({ ended }) => ended === undefined).length

describe.each([
  ['the gateway host', `${gateway.origin}/sign-out`, gateway.host],
  ['an app host', `${app.origin}/.einlass/sign-out`, app.host],
])('signing out on %s', (_place, url, host) => {
  test('needs a confirmation: GET asks, POST signs out', async () => {
    const asked = await ada.get(url)
    expect(asked.status).toBe(200)
    expect(String(asked.body)).toContain(`<form method="post" action="${new URL(url).pathname}">`)
    expect(await live()).toBe(1)

    const done = await ada.post(url)
    expect(await live()).toBe(0)
    expect(cookiesOf(done)).toEqual(['__Host-einlass=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0'])
    expect(onwardOf(done)).toContain(`${provider.issuer}/end`)
    expect(desk.house.events.at(-1)).toMatchObject({ kind: 'authentication', actor: { sub: 'person-1' } })
  })

  test('ends the session on the other host as well', async () => {
    const cookies = [gateway.host, app.host].map((at) => ada.cookies.get(at)!.get('__Host-einlass')!)
    await ada.post(url)
    expect(await desk.house.sessions.find(cookies[0]!, gateway.host)).toMatchObject({ state: 'none' })
    expect(await desk.house.sessions.find(cookies[1]!, app.host)).toMatchObject({ state: 'none' })
  })

  test.each<Record<string, string>>([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' },
    { 'sec-fetch-site': 'none' },
    { 'content-type': 'text/plain' },
  ])('by a form with %j does nothing', async (headers) => {
    const reply = await ada.post(url, {}, headers)
    expect([400, 403]).toContain(reply.status)
    expect(cookiesOf(reply)).toEqual([])
    expect(await live()).toBe(1)
  })

  test('without a session clears the cookie and shows the signed-out page', async () => {
    ada.cookies.get(host)!.set('__Host-einlass', 'A'.repeat(43))
    const reply = await ada.post(url)
    expect(cookiesOf(reply)).toHaveLength(1)
    expect(onwardOf(reply)).toBe(`${gateway.origin}/signed-out`)
    expect(await live()).toBe(1)
  })
})

test('an unreachable provider does not prevent sign-out', async () => {
  await provider.pause()
  const reply = await ada.post('/sign-out')
  expect(reply.status).toBe(200)
  expect(await live()).toBe(0)
  await provider.resume()
})

describe('back-channel logout', () => {
  test('ends the session for a valid logout token', async () => {
    const logout_token = await provider.logoutToken()
    const reply = await desk
      .browser()
      .post('/backchannel-logout/corp', { logout_token }, { 'sec-fetch-site': 'cross-site' })
    expect(reply.status).toBe(200)
    expect(await live()).toBe(0)
  })

  test.each(['', 'x', 'logout_token=x', `logout_token=${'x'.repeat(20_000)}`])(
    'is not believed with %.30j',
    async (form) => {
      const reply = await desk.browser().request('/backchannel-logout/corp', { method: 'POST', text: async () => form })
      expect(reply.status).toBe(400)
      expect(JSON.parse(String(reply.body))).toHaveProperty('error')
      expect(await live()).toBe(1)
    },
  )

  test('with an unreadable body is rejected', async () => {
    const text = (): Promise<string> => Promise.reject(new Error('too large'))
    const reply = await desk.browser().request('/backchannel-logout/corp', { method: 'POST', text })
    expect(reply.status).toBe(400)
  })
})
