// Origin check of writes, WebSocket handshakes and preflights: a page of another origin would use the user's session.

import { describe, expect, test } from 'vitest'
import { withCorsHeaders } from '../../src/gateway/cors-headers.ts'
import { isCrossOrigin, isTrustedPreflight, originParameters, requestSource } from '../../src/gateway/origin-check.ts'

const own = 'https://wiki.example.com'
const shop = 'https://shop.example.com'
const board = 'https://board.example.com'
const evil = 'https://evil.test'
const address = { origin: own, host: 'wiki.example.com', secure: true, path: '' }
const app = {
  origin: own,
  addresses: [address] as const,
  trustedOrigins: [shop],
  websocketOrigins: [board],
  websocketWithoutOrigin: false,
}

type Fields = Readonly<Record<string, string>>

function source(method: string, fields: Fields = {}, length: { readonly is: number | undefined } = { is: 0 }) {
  const upgrade = method === 'CONNECT' ? 'websocket' : undefined
  const contentLength = length.is
  return requestSource({ method: upgrade ? 'GET' : method, upgrade, contentLength, header: (name) => fields[name] })
}
const refused = (method: string, fields: Fields, of = app): boolean => isCrossOrigin(of, source(method, fields))

describe('reading', () => {
  test.each(['GET', 'HEAD', 'OPTIONS'])('by %s is not concerned', (method) => {
    expect(source(method, { origin: evil, 'sec-fetch-site': 'cross-site' })).toBeUndefined()
  })
})

describe.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY', 'MKCOL', 'X-ANY'])('%s', (method) => {
  test.each<[Fields, boolean]>([
    [{ origin: own }, false],
    [{ origin: shop, 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ origin: evil }, true],
    [{ origin: board }, true],
    [{ origin: 'null' }, true],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ referer: `${evil}/` }, true],
    // No browser: curl, git.
    [{}, false],
    [{ 'user-agent': 'curl/8.5.0', 'content-type': 'application/x-www-form-urlencoded' }, false],
    [{ 'user-agent': 'git/2.39.5', 'content-type': 'application/x-git-receive-pack-request' }, false],
  ])('with %j: refused %s', (fields, expected) => expect(refused(method, fields)).toBe(expected))
})

describe('a client that calls itself a browser and states no origin', () => {
  const browser = { 'user-agent': 'Mozilla/5.0 (Windows NT 6.1; rv:60.0) Gecko/20100101 Firefox/60.0' }
  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'Text/Plain;charset=UTF-8', ''])(
    'may not post %j, which a page could have sent',
    (type) => expect(refused('POST', { ...browser, 'content-type': type })).toBe(true),
  )
  test('may not post without a content type', () => expect(refused('POST', browser)).toBe(true))
  test.each(['application/json', 'text/plainly', 'application/soap+xml'])(
    'may post %s, for which a page needs a preflight',
    (type) => expect(refused('POST', { ...browser, 'content-type': type })).toBe(false),
  )
  test('may use other methods, for which a page needs a preflight', () => {
    expect(refused('PUT', browser)).toBe(false)
    expect(refused('PROPFIND', browser)).toBe(false)
  })
})

describe('a WebSocket handshake', () => {
  test.each([own, shop, board])('from %s is accepted', (origin) => expect(refused('CONNECT', { origin })).toBe(false))

  test.each([
    'null',
    '',
    evil,
    'https://other.example.com',
    'http://wiki.example.com',
    `${own}:8443`,
    `${own}.evil.test`,
    `${own}, ${evil}`,
    'HTTPS://WIKI.EXAMPLE.COM',
    'none',
  ])('from %j is refused', (origin) => expect(refused('CONNECT', { origin })).toBe(true))

  test('that contradicts itself is refused', () => {
    expect(refused('CONNECT', { origin: own, 'sec-fetch-site': 'cross-site' })).toBe(true)
  })

  test('without Origin is refused unless `websocket_origins` has `none`', () => {
    const native = { ...app, websocketWithoutOrigin: true }
    const unnamed: readonly Fields[] = [{}, { referer: `${own}/` }, { 'sec-fetch-site': 'same-origin' }]
    for (const fields of unnamed) {
      expect(refused('CONNECT', fields)).toBe(true)
      expect(refused('CONNECT', fields, native)).toBe(false)
    }
    expect(refused('CONNECT', { 'sec-fetch-site': 'same-site' }, native)).toBe(true)
    expect(refused('CONNECT', { origin: evil }, native)).toBe(true)
    expect(refused('CONNECT', { origin: 'none' }, native)).toBe(true)
  })
})

describe('a preflight', () => {
  const asked = { origin: shop, 'access-control-request-method': 'PUT' }

  test('from a trusted origin needs no session', () => {
    expect(isTrustedPreflight(app, source('OPTIONS', asked))).toBe(true)
    expect(refused('OPTIONS', asked)).toBe(false)
  })

  test.each([evil, board, 'null', `${shop}, ${evil}`])('from %j is refused', (origin) => {
    expect(isTrustedPreflight(app, source('OPTIONS', { ...asked, origin }))).toBe(false)
    expect(refused('OPTIONS', { ...asked, origin })).toBe(true)
  })

  test.each<[string, Fields, number | undefined]>([
    ['credentials', { ...asked, cookie: 'a=b' }, 0],
    ['an Authorization field', { ...asked, authorization: 'Basic eA==' }, 0],
    ['a body', asked, 5],
    ['a body of unknown length', asked, undefined],
    ['two methods', { ...asked, 'access-control-request-method': 'PUT, GET' }, 0],
  ])('with %s is none, and needs a session', (_name, fields, length) => {
    expect(source('OPTIONS', fields, { is: length })).toBeUndefined()
  })

  test.each(['GET', 'POST', 'CONNECT'])('by %s is none', (method) => {
    expect(isTrustedPreflight(app, source(method, asked))).toBe(false)
  })
})

describe('pages of another host of the app', () => {
  const host = (origin: string) => ({ origin, host: new URL(origin).host, secure: true, path: '' })
  const api = 'https://api.example.com'
  const several = { ...app, addresses: [host(own), host(api)] as const }
  const at = (requested: string, method: string, fields: Fields): boolean =>
    isCrossOrigin(several, source(method, fields), requested)

  test.each(['POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS'])('are its own: %s', (method) => {
    const fields = { 'access-control-request-method': 'PUT', 'sec-fetch-site': 'same-site' }
    expect(at(api, method, { ...fields, origin: own })).toBe(false)
    expect(at(own, method, { ...fields, origin: api })).toBe(false)
    for (const origin of [
      evil,
      'https://other.example.com',
      'http://api.example.com',
      `${api}:8443`,
      `${api}.evil.test`,
    ])
      expect(at(own, method, { ...fields, origin })).toBe(true)
  })

  test('are recognised by their Referer, where a browser states no more', () => {
    expect(at(api, 'POST', { referer: `${own}/a` })).toBe(false)
    expect(at(api, 'POST', { referer: `${evil}/${own}` })).toBe(true)
  })

  test('of the host that was requested state no other site', () => {
    expect(at(api, 'POST', { origin: api, 'sec-fetch-site': 'same-origin' })).toBe(false)
    expect(at(api, 'POST', { 'sec-fetch-site': 'same-site' })).toBe(true)
  })

  test('send preflights that need no session', () => {
    const asked = { origin: own, 'access-control-request-method': 'PUT' }
    expect(isTrustedPreflight(several, source('OPTIONS', asked))).toBe(true)
    expect(isTrustedPreflight(several, source('OPTIONS', { ...asked, origin: evil }))).toBe(false)
    expect(isTrustedPreflight(app, source('OPTIONS', asked))).toBe(false)
  })
})

describe('the reason names', () => {
  test.each([
    [{ origin: evil }, { origin: evil, host: 'evil.test' }],
    [{ origin: 'https://evil.test:8443' }, { origin: 'https://evil.test:8443', host: 'evil.test:8443' }],
    [{ referer: `${evil}/a?b` }, { origin: evil, host: 'evil.test' }],
    [{ origin: 'https://[2001:db8::1]' }, { origin: 'https://[2001:db8::1]', host: '[2001:db8::1]' }],
    [{ origin: 'null' }, {}],
    [{ origin: '<script>alert(1)</script>' }, {}],
    [{ origin: 'https://evil.test/<b>call 0800' }, {}],
    [{ origin: 'https://evil.test"' }, {}],
    [{}, {}],
  ] as [Fields, Fields][])('of %j only an origin that could be trusted: %j', (fields, parameters) => {
    expect(originParameters(source('POST', fields)!)).toEqual(parameters)
  })
})

describe('CORS headers of our own answers', () => {
  const reply = { status: 401, headers: ['Content-Type', 'application/problem+json'], body: '' }
  const headers = (of: Parameters<typeof withCorsHeaders>[0], origin?: string): readonly string[] =>
    withCorsHeaders(of, { header: () => origin }, reply).headers.slice(2)

  test('name a trusted origin, never *', () => {
    expect(headers(app, shop)).toEqual([
      'Vary',
      'Origin',
      'Access-Control-Allow-Origin',
      shop,
      'Access-Control-Allow-Credentials',
      'true',
    ])
  })

  test.each([evil, own, board, 'null', undefined])('are absent for %s', (origin) => {
    expect(headers(app, origin)).toEqual(['Vary', 'Origin'])
  })

  test('vary in one field', () => {
    const varied = { ...reply, headers: ['Vary', 'Accept-Language', 'Vary-Not', 'Vary'] }
    expect(withCorsHeaders(app, { header: () => evil }, varied).headers).toEqual([
      'Vary',
      'Accept-Language, Origin',
      'Vary-Not',
      'Vary',
    ])
  })

  test('name another host of the app', () => {
    const hosts = { addresses: [app.addresses[0], { ...app.addresses[0], origin: board }] as const, trustedOrigins: [] }
    for (const origin of [own, board]) {
      expect(headers(hosts, origin)).toContain(origin)
      expect(headers(hosts, origin)).not.toContain('*')
    }
    expect(headers(hosts, evil)).toEqual(['Vary', 'Origin'])
  })

  test('are absent where no origin is trusted', () => {
    expect(headers({ ...app, trustedOrigins: [] }, shop)).toEqual([])
  })
})
