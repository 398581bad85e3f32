import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { favicon, stylesheet } from '../../src/web/kit/assets.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import { appReply, appRoutes, gatewayReply, gatewayRoutes } from '../../src/web/routes.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'
import { pageRequest } from './page-fixtures.ts'
import { headersOf } from './reply-headers.ts'
import { app, gateway, openDesk, type Desk } from './web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

beforeAll(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
})
afterAll(async () => {
  await desk.house.stop()
  await provider.stop()
})

const places = [
  ...gatewayRoutes.map((route) => ({ origin: gateway.origin, route })),
  ...appRoutes.map((route) => ({ origin: app.origin, route })),
].map(({ origin, route }) => ({
  url: origin + route.path.replace(':provider', 'corp'),
  allowed: [...(route.GET ? (route.once ? ['GET'] : ['GET', 'HEAD']) : []), ...(route.POST ? ['POST'] : [])],
}))

describe.each(places)('$url', ({ url, allowed }) => {
  test.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get'])(
    'answers %s as its row says',
    async (method) => {
      const reply = await desk.browser().request(url, { method })
      if (allowed.includes(method)) return expect(reply.status).not.toBe(405)
      expect(reply.status).toBe(405)
      expect(headersOf(reply).get('allow')).toBe(allowed.join(', '))
    },
  )

  test('ignores method override headers', async () => {
    const reply = await desk.browser().request(url, {
      method: 'DELETE',
      headers: { 'x-http-method-override': 'GET', 'x-http-method': 'GET', 'x-method-override': 'POST' },
    })
    expect(reply.status).toBe(405)
  })

  test('is never cached and always has security headers', async () => {
    for (const method of allowed) {
      const headers = headersOf(await desk.browser().request(url, { method }))
      if (!url.endsWith('jwks.json')) expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })
})

test.each([
  '/x',
  '/sign-in/',
  '/sign-in/x',
  '//',
  '/callback/',
  '/callback/a/b',
  '/Sign-In',
  '/.einlass/session',
  '/.einlass/',
])('the gateway host has nothing at %s', async (path) => {
  const reply = await gatewayReply(desk.parts, pageRequest({ path, host: gateway.host }))
  expect(reply.status).toBe(404)
  expect(String(reply.body)).toContain('There is nothing here')
})

test.each(['/.einlass/', '/.einlass/x', '/.einlass/arrive/', '/.einlass/sign-in', '/.einlass/session/x'])(
  'an app host has nothing of ours at %s, for pages and programs',
  async (path) => {
    const page = await desk.browser().get(app.origin + path)
    expect(page.status).toBe(404)
    expect(String(page.body)).toContain(`href="${gateway.origin}/"`)
    const program = await desk.browser().request(app.origin + path, { navigation: false })
    expect(program.status).toBe(404)
    expect(JSON.parse(String(program.body))).toMatchObject({
      status: 404,
      type: 'urn:einlass:problem:not_found',
      reasons: [],
    })
  },
)

test.each([stylesheet, favicon])('$path is served on every host, for ever', async (asset) => {
  for (const origin of [gateway.origin, app.origin]) {
    const reply = await desk.browser().get(origin + asset.path)
    expect(reply.status).toBe(200)
    expect(reply.body).toBe(asset.body)
    expect(headersOf(reply).get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(headersOf(reply).get('content-type')).toBe(asset.type)
    expect((await desk.browser().request(origin + asset.path, { method: 'POST' })).status).toBe(405)
  }
})

test('HEAD is answered as GET; the response writer omits the body', async () => {
  const get = await desk.browser().get('/signed-out')
  expect(await desk.browser().request('/signed-out', { method: 'HEAD' })).toEqual(get)
})

test('the JWKS is cacheable for minutes', async () => {
  const reply = await desk.browser().request('/.well-known/einlass/jwks.json', { navigation: false })
  expect(JSON.parse(String(reply.body))).toEqual({ keys: [] })
  expect(headersOf(reply).get('cache-control')).toBe('public, max-age=300')
})

test.each([
  ['cannot be asked', () => Promise.resolve({ state: 'unreachable' } as const)],
  ['breaks', () => Promise.reject(new StoreUnreachable('gone'))],
])('a store that %s gets a 503 page and no access', async (_how, find) => {
  const owned = () => Promise.reject(new StoreUnreachable('gone'))
  const failing = { ...desk.parts, sessions: { ...desk.parts.sessions, find, owned } }
  const cookie = `__Host-einlass=${'A'.repeat(43)}`
  for (const path of ['/', '/sign-in', '/sign-out', '/callback/corp']) {
    const page = await gatewayReply(failing, pageRequest({ path, host: gateway.host, headers: { cookie } }))
    expect(page.status).toBe(503)
    expect(headersOf(page).get('retry-after')).toBe('10')
    expect(headersOf(page).has('location')).toBe(false)
  }
  const status = pageRequest({ path: '/.einlass/session', host: app.host, headers: { cookie }, navigation: false })
  const program = await appReply(failing, status, desk.wiki)
  expect(program.status).toBe(503)
})

test('an unexpected error rejects: the gateway reports it', async () => {
  const failing = {
    ...desk.parts,
    jwks: () => {
      throw new Error('unforeseen')
    },
  }
  const asked = gatewayReply(failing, pageRequest({ path: '/.well-known/einlass/jwks.json', host: gateway.host }))
  await expect(asked).rejects.toThrow('unforeseen')
})
