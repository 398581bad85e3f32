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
      expect(locationOf(asked)).toMatch(/^https:\/\/access\.example\.com\/sign-out\?app=wiki&session=[\w.-]+$/)
      asked = await ada.get(locationOf(asked))
      expect(String(asked.body)).toContain(`href="${app.origin}/"`)
    }
    expect(asked.status).toBe(200)
    expect(String(asked.body)).toContain('<form method="post" action="/sign-out">')
    expect(await live()).toBe(1)

    const done = await ada.post(url)
    expect(await live()).toBe(0)
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
    expect(cookiesOf(done)).toEqual([
      `__Host-einlass=; ${attributes}; Max-Age=0`,
      // No app was used; the page after sign-out only learns that there was a session.
      ...(host === app.host ? [] : [`__Host-einlass-left=.; ${attributes}; Max-Age=900`]),
    ])
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

  test('without a session clears the cookie, and claims nothing: the gateway host knows', async () => {
    ada.cookies.get(host)!.set('__Host-einlass', 'A'.repeat(43))
    const reply = await ada.post(url)
    expect(cookiesOf(reply)).toHaveLength(1)
    expect(String(reply.body)).not.toContain('You are signed out')
    expect(await live()).toBe(1)
    const next = await ada.get(onwardOf(reply))
    if (host === app.host) {
      expect(String(next.body)).toContain('Sign out?')
      await ada.post('/sign-out', { app: 'wiki' })
      expect(await live()).toBe(0)
    } else {
      expect(String(next.body)).toContain('You are not signed in')
      expect(String(next.body)).not.toContain('closed')
    }
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
    const visitor = desk.browser()
    visitor.cookies.set(gateway.host, new Map([['__Host-einlass-left', 'nothing.evil-test.__proto__']]))
    const page = await visitor.get('/signed-out')
    expect(page.status).toBe(200)
    expect(imagesOf(page)).toEqual([])
  })
})

describe('a sign-out says only what was done', () => {
  const heading = (reply: Reply): string => /<h1>([^<]*)</.exec(String(reply.body))![1]!

  test('on an app never visited it ends everything, and only then says so', async () => {
    ada.cookies.delete(app.host)
    const asked = await ada.get(locationOf(await ada.get(`${app.origin}/.einlass/sign-out`)))
    expect(heading(asked)).toBe('Sign out?')
    expect(await live()).toBe(1)
    await ada.post('/sign-out', { app: 'wiki' })
    expect(await live()).toBe(0)
    expect(heading(await ada.get('/signed-out'))).toBe('You are signed out')
    expect(heading(await ada.get('/signed-out'))).toBe('You are not signed in')
  })

  test('in a browser without any session it says that nothing was done', async () => {
    const stranger = desk.browser()
    const step = await stranger.get(locationOf(await stranger.get(`${app.origin}/.einlass/sign-out`)))
    const page = await stranger.get(locationOf(step))
    expect(heading(page)).toBe('You are not signed in')
    expect(String(page.body)).toContain('no session in this browser')
    expect(String((await stranger.get('/signed-out', { 'accept-language': 'de' })).body)).toContain(
      'Sie sind nicht angemeldet',
    )
    expect(await live()).toBe(1)
  })

  test('after a step-up in another tab it still ends the session, with the cookie from before on either host', async () => {
    const before = [app.host, gateway.host].map((host) => new Map(ada.cookies.get(host)))
    provider.person['amr'] = ['otp']
    await ada.signIn(await journeyTo(desk, ada, '/', { stepUp: { level: 'mfa', maxAge: undefined } }))
    ada.cookies.set(app.host, before[0]!)
    ada.cookies.set(gateway.host, before[1]!)
    expect((await ada.get('/')).status).toBe(303)
    const asked = await ada.get(locationOf(await ada.get(`${app.origin}/.einlass/sign-out`)))
    expect(heading(asked)).toBe('Sign out?')
    await ada.post('/sign-out')
    expect(await live()).toBe(0)
  })

  test('where only the app host has a session, that one is ended', async () => {
    ada.cookies.delete(gateway.host)
    const asked = await ada.get(locationOf(await ada.get(`${app.origin}/.einlass/sign-out`)))
    const session = /name="session" value="([^"]+)"/.exec(String(asked.body))![1]!
    expect(heading(asked)).toBe('Sign out?')
    await ada.post('/sign-out', { app: 'wiki', session })
    expect(await live()).toBe(0)
    expect(heading(await ada.get('/signed-out'))).toBe('You are signed out')
  })

  test.each(['', 'x', 'A.1.b.c', `${'A'.repeat(16)}.1.AAAA.BBBB`, 'x'.repeat(5000)])(
    'a forged note (%.20j) ends no session, nor one that is too old',
    async (session) => {
      const stranger = desk.browser()
      await stranger.post('/sign-out', { session })
      expect(await live()).toBe(1)
      const [own] = await desk.house.sessions.all()
      const note = desk.house.signIn.signOutNotes.write(own!.id)
      desk.house.advance(16 * 60_000)
      await stranger.post('/sign-out', { session: note })
      expect(await live()).toBe(1)
    },
  )

  test('the page after it is no place for somebody who is signed in again', async () => {
    expect(locationOf(await ada.get('/signed-out'))).toBe(`${gateway.origin}/sign-out`)
  })
})

describe('sign-out and back', () => {
  const from = (page: string) => ({ referer: page })

  test('returns to the page where the sign-out began, also after "Use another account"', async () => {
    const step = await ada.get(`${app.origin}/.einlass/sign-out`, from(`${app.origin}/page/7?a=1`))
    const asked = await ada.get(locationOf(step))
    const journey = /name="journey" value="([^"]+)"/.exec(String(asked.body))![1]!
    expect(String(asked.body)).toContain(`href="/sign-in?journey=${journey}"`)
    await ada.post('/sign-out', { app: 'wiki', journey })
    const again = /href="(\/sign-in\?journey=[^"]+)"/.exec(String((await ada.get('/signed-out')).body))![1]!
    const back = await ada.get(`/callback/corp${await provider.visit(locationOf(await ada.get(again)))}`)
    expect(locationOf(await ada.get(locationOf(back)))).toBe(`${app.origin}/page/7?a=1`)
  })

  test('without a session as well, and "Stay signed in" leads back to the page', async () => {
    const step = await ada.get(`${app.origin}/.einlass/sign-out`, from(`${app.origin}/page/8`))
    const asked = String((await ada.get(locationOf(step))).body)
    const stay = /href="(\/sign-in\?journey=[^"]+)"/.exec(asked)![1]!
    expect(locationOf(await ada.get(locationOf(await ada.get(stay))))).toBe(`${app.origin}/page/8`)
    const stranger = desk.browser()
    const none = await stranger.get(
      locationOf(await stranger.get(`${app.origin}/.einlass/sign-out`, from(`${app.origin}/page/9`))),
    )
    const page = String((await stranger.get(locationOf(none))).body)
    expect(page).toContain('You are not signed in')
    expect(page).toMatch(/href="\/sign-in\?journey=/)
  })

  test.each([
    'https://evil.example/page',
    `${app.origin}.evil.example/page`,
    `${app.origin}@evil.example/`,
    `${gateway.origin}/requests`,
    `${app.origin}/.einlass/session`,
    'not a url',
    '',
  ])('a page of others, here %j, is not returned to', async (referer) => {
    const step = await ada.get(`${app.origin}/.einlass/sign-out`, from(referer))
    expect(locationOf(step)).not.toContain('journey')
    expect(cookiesOf(step)).toEqual([])
  })

  test('a forged return context leads to the portal, and one of an earlier sign-out is forgotten', async () => {
    ada.cookies.get(gateway.host)!.set('__Host-einlass-back', 'forged.1.a.b')
    const done = await ada.post('/sign-out', { journey: 'forged.1.a.b' })
    expect(cookiesOf(done)).toContainEqual(expect.stringMatching(/^__Host-einlass-back=; .*Max-Age=0$/))
    expect(String((await ada.get('/signed-out')).body)).toContain('href="/sign-in"')
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
