// One application on several hosts: a sign-in reaches all of them by redirects, and ends at the page that was wanted.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import type { PublicAddress } from '../../../src/config/configuration.ts'
import type { Destination } from '../../../src/identity/oidc/sign-in.ts'
import { StoreUnreachable } from '../../../src/store/store.ts'
import { cookiesOf } from '../reply-headers.ts'
import { app, gateway, locationOf, onwardOf, openDesk, type Desk, type Visitor } from '../web-client.ts'

const address = (host: string): PublicAddress => ({ origin: `https://${host}`, host, secure: true, path: '' })
const [api, files] = ['api.example.com', 'files.example.com']

let provider: ProviderUnderTest
let desk: Desk
let ada: Visitor

async function open(...hosts: string[]): Promise<void> {
  await desk?.house.stop()
  desk = openDesk(provider, [], { addresses: [address(app.host), ...hosts.map(address)] })
  ada = desk.browser()
}

beforeEach(async () => {
  provider = await startProviderUnderTest()
  await open(api, files)
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

/** A tab that was sent away from this page of the app; `at`: its host. */
function tab(target: string, changes: Partial<Destination> = {}, at = app.host): string {
  const { journey, cookies } = desk.house.signIn.returnContexts.create(
    { origin: `https://${at}`, host: at, target, app: 'wiki', stepUp: undefined, provider: undefined, ...changes },
    undefined,
  )
  const jar = ada.cookies.get(at) ?? new Map<string, string>()
  ada.cookies.set(at, jar)
  for (const line of cookies) jar.set(line.split('=')[0]!, /=([^;]*)/.exec(line)![1]!)
  return `${gateway.origin}/sign-in?journey=${journey}`
}

/** Follows redirects and onward pages until a page of the app; the addresses on the way, without their queries. */
async function travel(url: string, by = ada): Promise<{ readonly way: readonly string[]; readonly end: string }> {
  const way: string[] = []
  for (let next = url; ;) {
    const { origin, pathname, host } = new URL(next, gateway.origin)
    if (way.length > 40) throw new Error(`no end: ${way.join(' ')}`)
    if (next.startsWith(provider.issuer)) {
      next = `${gateway.origin}/callback/corp${await provider.visit(next)}`
      continue
    }
    if (host !== gateway.host && !pathname.startsWith('/.einlass/')) return { way, end: next }
    way.push(`${host}${pathname}`)
    const reply = await by.get(next)
    if (reply.status === 400) return { way, end: 'refused' }
    next = reply.status === 200 ? onwardOf(reply) : locationOf(reply)
    if (next.startsWith('/')) next = origin + next
  }
}

async function sessionAt(host: string, by = ada) {
  const cookie = by.cookies.get(host)?.get('__Host-einlass')
  const found = cookie === undefined ? undefined : await desk.house.sessions.find(cookie, host)
  return found?.state === 'live' ? found.session : undefined
}

const join = (host: string): string => `${host}/.einlass/join`
const arrive = `${app.host}/.einlass/arrive`

describe('a sign-in', () => {
  test('of a fresh browser reaches every host, the wanted one last, and ends at the page', async () => {
    const { way, end } = await travel(tab('/page?x=1'))
    expect(end).toBe(`${app.origin}/page?x=1`)
    expect(way.slice(-6)).toEqual([
      join(api),
      join(files),
      `${gateway.host}/sign-in/hosts`,
      join(api),
      join(files),
      arrive,
    ])
    const ids = new Set<string | undefined>()
    for (const host of [app.host, api, files]) ids.add((await sessionAt(host))?.id)
    expect(ids.size).toBe(1)
    expect(ids.has(undefined)).toBe(false)
    // Each cookie opens its own host only.
    const cookie = ada.cookies.get(api)!.get('__Host-einlass')!
    expect(await desk.house.sessions.find(cookie, app.host)).toMatchObject({ state: 'none' })
    expect([...ada.cookies.get(app.host)!.keys()]).toEqual(['__Host-einlass'])
  })

  test('that begins at another host than the first ends there', async () => {
    const { way, end } = await travel(tab('/v1/docs', {}, api))
    expect(end).toBe(`https://${api}/v1/docs`)
    expect(way.filter((one) => one.endsWith('/arrive'))).toEqual([`${api}/.einlass/arrive`])
    for (const host of [app.host, api, files]) expect(await sessionAt(host)).toBeDefined()
  })

  test('of an application with one host goes the old way', async () => {
    await open()
    const { way, end } = await travel(tab('/page'))
    expect(end).toBe(`${app.origin}/page`)
    expect(way.slice(1)).toEqual([`${gateway.host}/callback/corp`, arrive])
  })

  test('of eight hosts breaks the redirects by a page, so that the browser follows all of them', async () => {
    await open(...Array.from({ length: 7 }, (_, one) => `h${one}.example.com`))
    const begun = tab('/page')
    const { way, end } = await travel(begun)
    expect(end).toBe(`${app.origin}/page`)
    // Before and after the page, at the callback: 20 is where browsers give up.
    const page = way.findIndex((one) => one.includes('/callback/'))
    expect(page).toBeLessThan(6)
    expect(way.length - page).toBeLessThan(18)
    for (let one = 0; one < 7; one += 1) expect(await sessionAt(`h${one}.example.com`)).toBeDefined()
  })

  test('in a frame has no page between, which could not be framed', async () => {
    await open(...Array.from({ length: 4 }, (_, one) => `h${one}.example.com`))
    const callback = `${gateway.origin}/callback/corp${await provider.visit(locationOf(await ada.get(tab('/page'))))}`
    expect((await ada.get(callback, { 'sec-fetch-dest': 'iframe' })).status).toBe(303)
  })
})

describe('with the session of the gateway alive', () => {
  beforeEach(async () => void (await travel(tab('/'))))

  test('and the cookies of all hosts gone, all get one again', async () => {
    for (const host of [app.host, api, files]) ada.cookies.delete(host)
    expect((await travel(tab('/again'))).end).toBe(`${app.origin}/again`)
    for (const host of [app.host, api, files]) expect(await sessionAt(host)).toBeDefined()
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('and the cookie of the wanted host gone, the others are passed by', async () => {
    const before = ada.cookies.get(api)!.get('__Host-einlass')
    ada.cookies.delete(app.host)
    const { way, end } = await travel(tab('/again'))
    expect(end).toBe(`${app.origin}/again`)
    expect(way).toEqual([`${gateway.host}/sign-in`, join(api), join(files), `${gateway.host}/sign-in/hosts`, arrive])
    expect(ada.cookies.get(api)!.get('__Host-einlass')).toBe(before)
  })

  test('and the cookie of another host gone, a page of that host brings it back', async () => {
    ada.cookies.delete(api)
    expect((await travel(tab('/v1', {}, api))).end).toBe(`https://${api}/v1`)
    expect((await sessionAt(api))?.id).toBe((await sessionAt(app.host))?.id)
  })

  test('a stronger sign-in reaches every host', async () => {
    provider.person['amr'] = ['otp']
    const from = (await sessionAt(app.host))!.generation
    const stepUp = { level: 'mfa', maxAge: undefined, from } as const
    expect((await travel(tab('/strong', { stepUp, provider: 'corp' }))).end).toBe(`${app.origin}/strong`)
    for (const host of [app.host, api, files]) {
      expect(await sessionAt(host)).toMatchObject({ generation: from + 1, authentication: { mfa: true } })
    }
  })

  test('a sign-out ends it on every host', async () => {
    await ada.post(`${gateway.origin}/sign-out`, { app: 'wiki' })
    for (const host of [app.host, api, files]) expect(await sessionAt(host)).toBeUndefined()
    const after = await ada.get('/signed-out')
    for (const host of [app.host, api, files])
      expect(String(after.body)).toContain(`https://${host}/.einlass/signed-out`)
    for (const host of [app.host, api, files]) {
      expect(cookiesOf(await ada.get(`https://${host}/.einlass/signed-out`))[0]).toContain('Max-Age=0')
    }
  })

  test('another user signs in: every host has the new session', async () => {
    provider.person['sub'] = 'person-2'
    ada.cookies.delete(gateway.host)
    ada.cookies.delete(app.host)
    await travel(tab('/'))
    for (const host of [app.host, api, files]) {
      expect(await sessionAt(host)).toMatchObject({ subject: { sub: 'person-2' } })
    }
  })
})

describe('a host that the browser cannot reach', () => {
  /** Up to the redirect to it. */
  async function stopped(): Promise<void> {
    const callback = `${gateway.origin}/callback/corp${await provider.visit(locationOf(await ada.get(tab('/page'))))}`
    expect(new URL(locationOf(await ada.get(callback))).host).toBe(api)
  }

  test('stops the chain, and when the application is called up again it opens', async () => {
    await stopped()
    desk.house.advance(10_000)
    const { way, end } = await travel(tab('/next'))
    expect(end).toBe(`${app.origin}/next`)
    expect(way).toEqual([`${gateway.host}/sign-in`, arrive])
    // The browser forgets it within an hour.
    ada.cookies.get(gateway.host)!.delete('__Host-einlass-chain')
    expect((await travel(tab('/later'))).way).toContain(join(api))
  })

  test('does not keep another tab from it that began meanwhile, nor an attempt soon after it for long', async () => {
    await stopped()
    desk.house.advance(6000)
    await ada.get(tab('/other'))
    desk.house.advance(4000)
    expect((await travel(tab('/next'))).way).toEqual([`${gateway.host}/sign-in`, arrive])
    ada.cookies.get(gateway.host)!.delete('__Host-einlass-chain')
    await ada.get(tab('/again'))
    expect((await travel(tab('/other'))).way).toContain(join(api))
  })

  test('is not what a chain that came back looks like', async () => {
    await travel(tab('/page'))
    expect(ada.cookies.get(gateway.host)!.has('__Host-einlass-chain')).toBe(false)
    desk.house.advance(60_000)
    expect((await travel(tab('/page'))).way).toContain(join(api))
  })
})

describe('a chain', () => {
  /** Parameter of the first step of Mallory's own chain. */
  async function chainOf(by: Visitor): Promise<string> {
    const { journey, cookies } = desk.house.signIn.returnContexts.create(
      { ...app, target: '/', app: 'wiki', stepUp: undefined, provider: undefined },
      undefined,
    )
    const pairs = cookies.map((line): [string, string] => [line.split('=')[0]!, /=([^;]*)/.exec(line)![1]!])
    by.cookies.set(app.host, new Map(pairs))
    return locationOf(await by.signIn(journey))
  }

  test('that another user sends begins a sign-in of one’s own, and signs nobody in as them (login CSRF)', async () => {
    const mallory = desk.browser()
    const chain = await chainOf(mallory)
    provider.person['sub'] = 'ada'
    const { way, end } = await travel(chain)
    expect(way.slice(0, 4)).toEqual([
      join(api),
      join(files),
      `${gateway.host}/sign-in/hosts`,
      `${gateway.host}/sign-in`,
    ])
    // The page is that of another browser.
    expect(end).toBe('refused')
    expect(await sessionAt(app.host)).toBeUndefined()
    for (const host of [api, files]) expect(await sessionAt(host)).toMatchObject({ subject: { sub: 'ada' } })
  })

  test('of another user leaves the session that a browser has', async () => {
    await travel(tab('/'))
    const own = await sessionAt(api)
    const mallory = desk.browser()
    provider.person['sub'] = 'mallory'
    await travel(await chainOf(mallory))
    expect(await sessionAt(api)).toEqual(own)
  })

  test('is refused where it is forged, and leads nowhere', async () => {
    for (const query of [
      '',
      '?chain=',
      '?chain=https://evil.test',
      '?chain=x.1.a.b',
      '?chain=a&chain=b',
      '?page=//evil.test',
    ]) {
      expect((await ada.get(`https://${api}/.einlass/join${query}`)).status).toBe(400)
      expect(locationOf(await ada.get(`${gateway.origin}/sign-in/hosts${query}`))).toBe('/')
    }
    const reply = await ada.get(`${app.origin}/.einlass/arrive?page=//evil.test`)
    expect(reply.status).toBe(400)
    expect(String(reply.body)).not.toContain('evil.test')
  })

  test('ends at hosts of the configuration only: one that left the application is none', async () => {
    const callback = `${gateway.origin}/callback/corp${await provider.visit(locationOf(await ada.get(tab('/page'))))}`
    const reply = await ada.get(callback)
    const wiki = desk.wiki as { addresses: unknown }
    wiki.addresses = [address(app.host)]
    expect(locationOf(await ada.get(locationOf(reply)))).toBe(`${gateway.origin}/`)
  })

  test('goes on to the page where a host gets no session for want of the store', async () => {
    const callback = `${gateway.origin}/callback/corp${await provider.visit(locationOf(await ada.get(tab('/page'))))}`
    let next = locationOf(await ada.get(callback))
    for (let hop = 0; hop < 3; hop += 1) next = locationOf(await ada.get(next))
    const { store } = desk.house
    const { take } = store
    Object.assign(store, { take: () => Promise.reject(new StoreUnreachable(undefined)) })
    for (let hop = 0; hop < 2; hop += 1) next = locationOf(await ada.get(next))
    Object.assign(store, { take })
    expect(new URL(next).pathname).toBe('/.einlass/arrive')
    expect(locationOf(await ada.get(next))).toBe(`${app.origin}/page`)
  })

  test('is not begun by HEAD, which link previews send', async () => {
    for (const url of [`https://${api}/.einlass/join`, `${gateway.origin}/sign-in/hosts`]) {
      expect((await ada.request(url, { method: 'HEAD' })).status).toBe(405)
    }
  })
})

describe('tabs of a fresh browser', () => {
  test('that sign in side by side each end at their page, with a session on every host as they do', async () => {
    const pages = Array.from({ length: 10 }, (_, one) => `/folder/${one}`)
    const ways = await Promise.all(pages.map((page) => travel(tab(page))))
    expect(ways.map(({ end }) => end)).toEqual(pages.map((page) => app.origin + page))
    const ids = new Set<string | undefined>()
    for (const host of [app.host, api, files]) ids.add((await sessionAt(host))?.id)
    expect(ids.size).toBe(1)
  })
})
