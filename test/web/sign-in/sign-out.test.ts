import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import type { Reply } from '../../../src/web/kit/reply.ts'
import { cookiesOf, headersOf } from '../reply-headers.ts'
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
  test('needs a confirmation on the gateway host: GET asks, POST signs out', async () => {
    let asked = await ada.get(url)
    if (host === app.host) {
      expect(asked.status).toBe(303)
      expect(locationOf(asked)).toBe(`${gateway.origin}/sign-out?app=wiki`)
      asked = await ada.get(locationOf(asked))
      expect(String(asked.body)).toContain(`href="${app.origin}/"`)
    }
    expect(asked.status).toBe(200)
    expect(String(asked.body)).toContain('<form method="post" action="/sign-out">')
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

describe('what apps stored in the browser', () => {
  const siteData = (reply: Reply): string | null | undefined => headersOf(reply).get('clear-site-data')
  const image = `${app.origin}/.einlass/signed-out`
  const imagesOf = (reply: Reply): string[] =>
    [...String(reply.body).matchAll(/<img src="([^"]+)"/g)].map(([, address]) => address!)

  test('is emptied by a sign-out on the app host, unless the app keeps it', async () => {
    expect(siteData(await ada.post(`${app.origin}/.einlass/sign-out`))).toBe('"cache", "storage"')
    Object.assign(desk.wiki, { keepStorage: true })
    expect(siteData(await ada.post(`${app.origin}/.einlass/sign-out`))).toBe('"cache"')
  })

  test('is emptied after a sign-out on the gateway host, by an image of each app used', async () => {
    const used = { ...desk.parts, lastUsed: async () => desk.house.now() }
    Object.assign(desk.parts, used)
    const left = await ada.post('/sign-out')
    expect(siteData(left)).toBe('"cache"')
    const page = await ada.get('/signed-out')
    expect(imagesOf(page)).toEqual([image])
    expect(headersOf(page).get('content-security-policy')).toContain(`img-src 'self' ${app.origin};`)
    const emptied = await ada.request(image, { navigation: false })
    expect(emptied.status).toBe(200)
    expect(siteData(emptied)).toBe('"cache", "storage"')
    expect(ada.cookies.get(app.host)!.has('__Host-einlass')).toBe(false)
    // Once.
    expect(imagesOf(await ada.get('/signed-out'))).toEqual([])
    expect(siteData(await ada.request(image, { navigation: false }))).toBeUndefined()
  })

  test('is emptied on the way to the page after sign-out, by a navigation, at an app of another site', async () => {
    const settings = desk.parts.config()
    Object.assign(desk.parts, { config: () => ({ ...settings, gateway: { ...gateway, host: 'einlass.example.net' } }) })
    await ada.post('/sign-out', { app: 'wiki' })
    const step = await ada.get(locationOf(await ada.get('/signed-out')))
    expect(siteData(step)).toBe('"cache", "storage"')
    expect(locationOf(step)).toBe(`${gateway.origin}/signed-out`)
    expect((await ada.get(locationOf(step))).status).toBe(200)
    expect(ada.cookies.get(gateway.host)!.has('__Host-einlass-left')).toBe(false)
  })

  test('stays at apps that keep it, and apps not used in this session', async () => {
    await ada.post('/sign-out')
    expect(imagesOf(await ada.get('/signed-out'))).toEqual([])
    Object.assign(desk.wiki, { keepStorage: true })
    Object.assign(desk.parts, { lastUsed: async () => desk.house.now() })
    await ada.get(locationOf(await ada.signIn(await journeyTo(desk, ada, '/'))))
    await ada.post('/sign-out')
    expect(imagesOf(await ada.get('/signed-out'))).toEqual([])
  })

  test('stays while the session is live or unknown, whoever requests the image', async () => {
    for (const visitor of [ada, desk.browser()]) {
      for (const navigation of [false, true]) {
        const reply = await visitor.request(image, { navigation, headers: { 'sec-fetch-site': 'same-site' } })
        expect(reply.status).toBe(navigation ? 303 : 200)
        expect(siteData(reply)).toBeUndefined()
        expect(cookiesOf(reply)).toEqual([])
      }
    }
    expect(await live()).toBe(1)
  })

  test('names in a forged cookie lead nowhere', async () => {
    ada.cookies.get(gateway.host)!.set('__Host-einlass-left', 'nothing.evil-test.__proto__')
    const page = await ada.get('/signed-out')
    expect(page.status).toBe(200)
    expect(imagesOf(page)).toEqual([])
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
