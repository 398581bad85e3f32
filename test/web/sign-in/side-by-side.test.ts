// Several sign-ins side by side in one browser: each tab at its own page, one session, whatever the order and whatever is stale.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { settingsOf } from '../../identity/sign-in-environment.ts'
import type { Destination } from '../../../src/identity/oidc/sign-in.ts'
import { cookiesOf } from '../reply-headers.ts'
import { app, gateway, locationOf, openDesk, type Desk, type Visitor } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk
let ada: Visitor

beforeEach(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
  ada = desk.browser()
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

const live = async (): Promise<number> =>
  (await desk.house.sessions.all()).filter(({ ended }) => ended === undefined).length

/** A tab that was sent away from this page of the app, beside the other tabs of the browser. */
function tab(target: string, changes: Partial<Destination> = {}): string {
  const { journey, cookies } = desk.house.signIn.returnContexts.create(
    { ...app, target, app: 'wiki', stepUp: undefined, provider: undefined, ...changes },
    undefined,
  )
  const jar = ada.cookies.get(app.host) ?? new Map<string, string>()
  ada.cookies.set(app.host, jar)
  for (const line of cookies) jar.set(line.split('=')[0]!, /=([^;]*)/.exec(line)![1]!)
  return `/sign-in?journey=${journey}`
}

/** Path of the callback, as the provider redirects to it. */
async function atProvider(path: string): Promise<string> {
  return `/callback/corp${await provider.visit(locationOf(await ada.get(path)))}`
}

async function arrive(ticket: string): Promise<string> {
  return locationOf(await ada.get(ticket))
}

/** Advances the clocks of gateway and provider. */
function laterBy(milliseconds: number): void {
  desk.house.advance(milliseconds)
  const shifted = (at: unknown): number => Number(at) + milliseconds / 1000
  provider.deviation = { claims: (claims) => ({ ...claims, iat: shifted(claims['iat']), exp: shifted(claims['exp']) }) }
}

const pages = Array.from({ length: 10 }, (_, index) => `/folder/${index}?page=${index}`)

describe('ten tabs at once, without any session', () => {
  test.each([
    ['one after the other', (all: readonly string[]) => all],
    ['last first', (all: readonly string[]) => all.toReversed()],
  ])('with callbacks %s, and tickets redeemed at the end, all arrive in one session', async (_name, order) => {
    const callbacks: string[] = []
    for (const page of pages) callbacks.push(await atProvider(tab(page)))
    const tickets: string[] = []
    for (const path of order(callbacks)) tickets.push(locationOf(await ada.get(path)))
    const arrived: string[] = []
    for (const ticket of tickets) arrived.push(await arrive(ticket))
    expect(arrived).toEqual(order(pages).map((page) => app.origin + page))
    expect(await live()).toBe(1)
  })

  test('with all callbacks sent before the first answer came, all arrive in one session, and sign-out ends it', async () => {
    const callbacks: string[] = []
    for (const page of pages) callbacks.push(await atProvider(tab(page)))
    // Every request has the cookies of all departures, and none has a session.
    const returned = await Promise.all(callbacks.map((path) => ada.get(path)))
    const arrived = await Promise.all(returned.map((reply) => arrive(locationOf(reply))))
    expect(arrived).toEqual(pages.map((page) => app.origin + page))
    expect(await live()).toBe(1)
    const cookie = ada.cookies.get(app.host)!.get('__Host-einlass')!
    await ada.post('/sign-out')
    expect(await live()).toBe(0)
    expect(await desk.house.sessions.find(cookie, app.host)).toMatchObject({ state: 'none' })
  })

  test('of which the first two know of each other by one cookie only, still share one session', async () => {
    const first = await atProvider(tab('/a'))
    const before = new Map(ada.cookies.get(gateway.host))
    const second = await atProvider(tab('/b'))
    const cookieOf = (jar: Map<string, string>): string => [...jar].map((pair) => pair.join('=')).join('; ')
    // The first callback left before the second departure, and is answered last.
    const later = ada.request(first, { headers: { cookie: cookieOf(before) } })
    const replies = await Promise.all([ada.get(second), later])
    for (const [index, page] of ['/b', '/a'].entries()) {
      expect(await arrive(locationOf(replies[index]!))).toBe(app.origin + page)
    }
    expect(await live()).toBe(1)
  })
})

describe('a sign-in of another browser', () => {
  test('beside a session is not redeemed, and chooses no page (login CSRF)', async () => {
    await ada.get(locationOf(await ada.get(await atProvider(tab('/own')))))
    const mallory = desk.browser()
    const away = locationOf(await mallory.get('/sign-in'))
    const asked = provider.tokenRequests.length
    const cookies = new Map(ada.cookies.get(gateway.host))
    const reply = await ada.get(`/callback/corp${await provider.visit(away)}`)
    expect(locationOf(reply)).toBe('/')
    expect(cookiesOf(reply)).toEqual([])
    expect(ada.cookies.get(gateway.host)).toEqual(cookies)
    expect(provider.tokenRequests).toHaveLength(asked)
    expect(desk.house.events.at(-1)).toMatchObject({ outcome: 'failure', reason: 'transaction_unknown' })
  })

  test('named by the cookie of another tab joins no session of another person', async () => {
    const [own, other] = [await atProvider(tab('/own')), await atProvider(tab('/other'))]
    const jar = new Map(ada.cookies.get(gateway.host))
    await ada.get(own)
    ada.cookies.set(gateway.host, jar)
    provider.person['sub'] = 'person-2'
    expect(await arrive(locationOf(await ada.get(other)))).toBe(`${app.origin}/other`)
    const left = (await desk.house.sessions.all()).filter(({ ended }) => ended === undefined)
    expect(left.map(({ subject }) => subject.sub)).toEqual(['person-2'])
  })
})

describe('a callback that does not fit any more', () => {
  test('goes on to its page when the browser has a session by now', async () => {
    const path = await atProvider(tab('/page/7?a=1'))
    const jar = new Map(ada.cookies.get(gateway.host))
    await ada.get(path)
    // The cookie of the sign-in is still there: the answer of the first request was lost.
    for (const [name, value] of jar) ada.cookies.get(gateway.host)!.set(name, value)
    const again = await ada.get(path)
    expect(await arrive(locationOf(again))).toBe(`${app.origin}/page/7?a=1`)
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('goes on to the portal when it is a bookmark', async () => {
    const path = await atProvider(tab('/page/7'))
    await ada.get(path)
    expect(locationOf(await ada.get(path))).toBe('/')
  })

  test('is a page with a button that keeps the page, as far as it is known, without a session', async () => {
    const path = await atProvider(tab('/page/7'))
    const jar = new Map(ada.cookies.get(gateway.host))
    await ada.get(path)
    ada.cookies.set(gateway.host, new Map(jar))
    for (const _time of ['once', 'loaded again']) {
      const reply = await ada.get(path)
      expect(reply.status).toBe(400)
      expect(String(reply.body)).toContain('This sign-in is no longer valid')
      const again = /href="(\/sign-in\?journey=[^"]+)"/.exec(String(reply.body))![1]!
      expect(
        desk.house.signIn.returnContexts.open(new URL(again, gateway.origin).searchParams.get('journey')!),
      ).toMatchObject({ app: 'wiki' })
    }
    ada.cookies.delete(gateway.host)
    expect(String((await ada.get(path)).body)).toContain('href="/sign-in"')
  })

  test('begins anew with its page when the page of the provider was open since the morning', async () => {
    const path = await atProvider(tab('/page/7'))
    laterBy(9 * 3_600_000)
    const again = locationOf(await ada.get(path))
    expect(again).toMatch(/^\/sign-in\?journey=/)
    expect(await arrive(locationOf(await ada.get(await atProvider(again))))).toBe(`${app.origin}/page/7`)
  })

  test('goes on to its page when the sign-in page was open since the morning, and another tab signed in', async () => {
    const morning = tab('/page/7')
    await ada.get(morning)
    laterBy(9 * 3_600_000)
    await ada.get(await atProvider(tab('/other')))
    expect(await arrive(locationOf(await ada.get(morning)))).toBe(`${app.origin}/page/7`)
  })
})

describe('a ticket that is used up', () => {
  test('goes on to the page with a session, and without leads there by a button', async () => {
    const ticket = locationOf(await ada.get(await atProvider(tab('/page/7'))))
    const page = new Map(ada.cookies.get(app.host))
    await ada.get(ticket)
    expect(locationOf(await ada.get(ticket))).toBe(`${app.origin}/`)
    for (const [name, value] of page) ada.cookies.get(app.host)!.set(name, value)
    expect(locationOf(await ada.get(ticket))).toBe(`${app.origin}/page/7`)
    ada.cookies.set(app.host, page)
    const alone = await ada.get(ticket)
    expect(alone.status).toBe(400)
    expect(String(alone.body)).toContain(`href="${app.origin}/page/7"`)
    // In another browser the address tells nothing.
    expect(String((await desk.browser().get(ticket)).body)).toContain(`href="${app.origin}/"`)
  })
})

describe('a step-up in two tabs', () => {
  const strong = { level: 'mfa', maxAge: undefined, from: 1 } as const

  test('asks once: the second tab is handed the proof of the first', async () => {
    await ada.get(locationOf(await ada.get(await atProvider(tab('/')))))
    const cookie = ada.cookies.get(app.host)!.get('__Host-einlass')!
    provider.person['amr'] = ['otp']
    const [first, second] = [tab('/vault', { stepUp: strong }), tab('/safe', { stepUp: strong })]
    expect(await arrive(locationOf(await ada.get(await atProvider(first))))).toBe(`${app.origin}/vault`)
    const asked = provider.tokenRequests.length
    expect(await arrive(locationOf(await ada.get(second)))).toBe(`${app.origin}/safe`)
    expect(provider.tokenRequests).toHaveLength(asked)
    // Once: from the host that has the newest proof already, it is a step-up again.
    const again = tab('/vault', { stepUp: { ...strong, from: 2 } })
    expect(locationOf(await ada.get(again))).toContain(`${provider.issuer}/authorize`)
    // The cookie that other pages of this host still use is worth what it was worth.
    expect(await desk.house.sessions.find(cookie, app.host)).toMatchObject({
      session: { authentication: { mfa: false } },
    })
  })

  test('that both are at the provider already both arrive, in any order, and the session goes on', async () => {
    await ada.get(locationOf(await ada.get(await atProvider(tab('/')))))
    provider.person['amr'] = ['otp']
    const paths = [
      await atProvider(tab('/vault', { stepUp: strong })),
      await atProvider(tab('/safe', { stepUp: strong })),
    ]
    const replies = await Promise.all(paths.toReversed().map((path) => ada.get(path)))
    expect(await arrive(locationOf(replies[1]!))).toBe(`${app.origin}/vault`)
    expect(await arrive(locationOf(replies[0]!))).toBe(`${app.origin}/safe`)
    expect(await live()).toBe(1)
  })
})

describe('the provider chosen last', () => {
  const titles = (body: unknown): string[] => [...String(body).matchAll(/provider=(\w+)"/g)].map(([, name]) => name!)

  test('is offered first; a name from elsewhere changes nothing', async () => {
    await desk.house.stop()
    desk = openDesk(provider, [settingsOf(provider, { name: 'partners', title: 'Partners', domains: [] })])
    ada = desk.browser()
    expect(titles((await ada.get('/sign-in')).body)).toEqual(['corp', 'partners'])
    const away = locationOf(await ada.get('/sign-in?provider=partners'))
    const returned = await ada.get(`/callback/partners${await provider.visit(away)}`)
    expect(cookiesOf(returned)).toContainEqual(
      '__Host-einlass-provider=partners; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=15552000',
    )
    await ada.post('/sign-out')
    const jar = ada.cookies.get(gateway.host)!
    expect(titles((await ada.get('/sign-in')).body)).toEqual(['partners', 'corp'])
    for (const forged of ['nobody', '__proto__', 'a'.repeat(200), 'corp"><script>']) {
      jar.set('__Host-einlass-provider', forged)
      expect(titles((await ada.get('/sign-in')).body)).toEqual(['corp', 'partners'])
    }
  })
})
