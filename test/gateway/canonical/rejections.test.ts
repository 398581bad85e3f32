// Rejections of the canonical request: the status and the detail of each check, and what just passes it.

import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import {
  canonicalHost,
  canonicalize,
  canonicalRules,
  type CanonicalRequest,
} from '../../../src/gateway/canonical/canonical-request.ts'
import { cidrMatcher } from '../../../src/gateway/ip-networks.ts'
import type { Exchange, Received } from '../../../src/http/exchange.ts'

const proxies = cidrMatcher(['10.0.0.0/8'])
const rules = canonicalRules({ headerCount: 100, headerBytes: 16_384, proxies })
const host = ['Host', 'wiki.example.com']
const ordinary: Received = {
  method: 'GET',
  target: '/page/7',
  version: '1.1',
  headers: host,
  authority: undefined,
  address: '192.0.2.7',
  port: 50_000,
  serverName: 'wiki.example.com',
  secure: true,
  bodyEnded: false,
  omittedCookies: 0,
}

type Kind = 'http' | 'upgrade'

function read(changes: Partial<Received>, kind: Kind = 'http', limits = rules) {
  const received = { ...ordinary, ...changes }
  const exchange = { kind, received, startedAt: 0, body: Readable.from([]), proceed: () => {} } as unknown as Exchange
  return canonicalize(exchange, limits)
}

/** `400 host`, or `passed`. */
function told(changes: Partial<Received>, kind: Kind = 'http'): string {
  const result = read(changes, kind)
  return result.kind === 'rejected' ? `${result.status} ${result.detail}` : 'passed'
}

function requestOf(changes: Partial<Received>, kind: Kind = 'http'): CanonicalRequest {
  const result = read(changes, kind)
  if (result.kind === 'rejected') throw new Error(result.detail)
  return result.request
}

const withHeaders = (...headers: string[]): Partial<Received> => ({ headers: [...host, ...headers] })

describe('a check names itself', () => {
  test.each<[string, Partial<Received>, Kind?]>([
    ['400 version', { version: 'unknown' }],
    ['501 method', { method: 'TRACE' }],
    ['501 method', { method: 'track' }],
    ['501 method', { method: '' }],
    ['501 method', { method: 'G T' }],
    ['501 method', { method: 'X'.repeat(33) }],
    ['431 header_size', withHeaders('X', 'a'.repeat(16_384))],
    ['400 header_name', withHeaders('X Y', 'a')],
    ['400 header_value', withHeaders('X', 'a\nb')],
    ['400 header_twice', withHeaders('Host', 'wiki.example.com')],
    ['417 expect', withHeaders('Expect', '200-ok')],
    ['400 content_length', withHeaders('Content-Length', 'x')],
    ['400 transfer_encoding', withHeaders('Transfer-Encoding', 'gzip')],
    ['400 transfer_encoding', { ...withHeaders('Transfer-Encoding', 'chunked'), version: '1.0' }],
    ['400 transfer_encoding', { ...withHeaders('Transfer-Encoding', 'chunked'), version: '2' }],
    ['400 content_length_and_transfer_encoding', withHeaders('Content-Length', '1', 'Transfer-Encoding', 'chunked')],
    ['400 upgrade', withHeaders('Upgrade', 'websocket')],
    ['400 host', { headers: [] }],
    ['400 target', { target: '/../b' }],
    ['400 query', { target: '/a?b c' }],
    ['400 reserved_path', { target: '//.einlass/session' }],
    ['400 host', { target: 'wiki.example.com' }],
    ['400 host', { target: '*' }],
    ['400 host', { target: 'https://wiki.example.com?x' }],
  ])('%s', (detail, changes, kind) => expect(told(changes, kind)).toBe(detail))
})

describe('a method', () => {
  // Which of them an app accepts is its own setting (`route.ts`).
  test.each([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'VERSION-CONTROL',
    'X'.repeat(32),
  ])('may be %s', (method) => {
    expect(told({ method })).toBe('passed')
  })
})

describe('limits of header fields', () => {
  const limited = canonicalRules({ headerCount: 3, headerBytes: 40, proxies })

  test('count fields, not names and values', () => {
    expect(read(withHeaders('A', '1', 'B', '2'), 'http', limited).kind).toBe('request')
    expect(read(withHeaders('A', '1', 'B', '2', 'C', '3'), 'http', limited)).toMatchObject({ detail: 'header_size' })
  })

  test('count bytes of names and values', () => {
    // The target `/page/7` has 7, `Host: wiki.example.com` has 20.
    expect(read(withHeaders('A', 'x'.repeat(12)), 'http', limited).kind).toBe('request')
    expect(read(withHeaders('A', 'x'.repeat(13)), 'http', limited)).toMatchObject({ detail: 'header_size' })
  })
})

describe('a field that may occur once only', () => {
  test.each(
    `content-length content-type transfer-encoding authorization proxy-authorization expect upgrade origin referer
    user-agent range content-range if-modified-since if-unmodified-since if-range max-forwards from date
    sec-websocket-key sec-websocket-version sec-fetch-dest sec-fetch-mode sec-fetch-site x-requested-with
    device-posture x-device-signature`.split(/\s+/),
  )('%s', (name) => {
    expect(told(withHeaders(name, '1', name.toUpperCase(), '1'))).toBe('400 header_twice')
  })

  test('others are joined, cookies by a semicolon', () => {
    const { header } = requestOf(withHeaders('Accept', 'a', 'accept', 'b', 'Cookie', 'c=1', 'cookie', 'd=2', 'X', 'y'))
    expect([header('accept'), header('cookie'), header('x'), header('none')]).toEqual([
      'a, b',
      'c=1; d=2',
      'y',
      undefined,
    ])
  })

  test('two different ones of these do not count as one', () => {
    expect(told(withHeaders('Origin', 'https://a.test', 'Referer', 'https://a.test', 'Date', 'x'))).toBe('passed')
  })
})

describe('framing', () => {
  test.each<[string, Partial<Received>, number | undefined]>([
    ['no body', {}, 0],
    ['a length', withHeaders('Content-Length', '5'), 5],
    ['no length at all', withHeaders('Content-Length', '0'), 0],
    ['chunks', withHeaders('Transfer-Encoding', 'CHUNKED'), undefined],
    [
      'an HTTP/2 stream that has ended',
      { version: '2', authority: 'wiki.example.com', headers: [], bodyEnded: true },
      0,
    ],
    ['an HTTP/2 stream that is open', { version: '2', authority: 'wiki.example.com', headers: [] }, undefined],
    [
      'an HTTP/2 stream with a length',
      { version: '2', authority: 'wiki.example.com', headers: ['content-length', '7'] },
      7,
    ],
    ['HTTP/1.0 without a length', { version: '1.0' }, 0],
  ])('by %s', (_name, changes, length) => expect(requestOf(changes).contentLength).toBe(length))

  test('an expectation to continue passes in any case', () => {
    expect(told(withHeaders('Expect', '100-Continue'))).toBe('passed')
  })
})

describe('a WebSocket handshake', () => {
  const fields = {
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  const handshake = (changed: Record<string, string | undefined> = {}) =>
    withHeaders(
      ...Object.entries({ ...fields, ...changed }).flatMap(([name, value]) =>
        value === undefined ? [] : [name, value],
      ),
    )

  test('passes, in any case of its protocol', () => {
    expect(requestOf(handshake(), 'upgrade').upgrade).toBe('websocket')
    expect(requestOf(handshake({ Upgrade: 'WebSocket' }), 'upgrade').upgrade).toBe('websocket')
  })

  test.each<[string, Record<string, string | undefined>]>([
    ['another protocol', { Upgrade: 'h2c' }],
    ['no protocol', { Upgrade: undefined }],
    ['no key', { 'Sec-WebSocket-Key': undefined }],
    ['a short key', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZ==' }],
    ['a long key', { 'Sec-WebSocket-Key': 'AdGhlIHNhbXBsZSBub25jZQ==' }],
    ['text after its key', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==x' }],
    ['a body', { 'Content-Length': '1' }],
    ['chunks', { 'Transfer-Encoding': 'chunked' }],
    ['trailers', { Trailer: 'X' }],
    ['an expectation', { Expect: '100-continue' }],
  ])('with %s is refused', (_name, changed) => expect(told(handshake(changed), 'upgrade')).toBe('400 upgrade'))

  test.each(['8', undefined])('with version %s is refused, with its own status', (version) =>
    expect(told(handshake({ 'Sec-WebSocket-Version': version }), 'upgrade')).toBe('426 websocket_version'),
  )

  test.each<[string, Partial<Received>]>([
    ['by POST', { method: 'POST' }],
    ['over HTTP/1.0', { version: '1.0' }],
  ])('%s is refused', (_name, changes) => {
    expect(told({ ...handshake(), ...changes }, 'upgrade')).toBe('400 upgrade')
  })

  test('of no length is one without a body', () => {
    expect(told(handshake({ 'Content-Length': '0' }), 'upgrade')).toBe('passed')
  })
})

describe('a host', () => {
  test.each<[string, string, string | undefined]>([
    ['Wiki.Example.COM', 'https', 'wiki.example.com'],
    ['wiki:443', 'https', 'wiki'],
    ['wiki:443', 'http', 'wiki:443'],
    ['wiki:80', 'http', 'wiki'],
    ['wiki:80', 'https', 'wiki:80'],
    ['wiki:1', 'http', 'wiki:1'],
    ['wiki:65535', 'http', 'wiki:65535'],
    ['wiki:65536', 'http', undefined],
    ['wiki:0', 'http', undefined],
    ['wiki:', 'http', undefined],
    ['wiki:123456', 'http', undefined],
    ['wiki:x', 'http', undefined],
    [':80', 'http', undefined],
    ['', 'http', undefined],
    ['a', 'http', 'a'],
    ['-a', 'http', undefined],
    ['a-', 'http', 'a-'],
    ['a..b', 'http', undefined],
    ['.a', 'http', undefined],
    ['a.', 'http', 'a'],
    ['wiki.example.com.', 'https', 'wiki.example.com'],
    ['wiki.example.com.:8443', 'https', 'wiki.example.com:8443'],
    ['a..', 'http', undefined],
    ['.', 'http', undefined],
    ['[::1].', 'http', undefined],
    ['a_b', 'http', undefined],
    ['192.0.2.1:8080', 'http', '192.0.2.1:8080'],
    ['[2001:DB8::1]', 'https', '[2001:db8::1]'],
    ['[2001:db8::1]:443', 'https', '[2001:db8::1]'],
    ['[::ffff:192.0.2.1]', 'https', '[::ffff:192.0.2.1]'],
    ['[1.2.3.4]', 'https', undefined],
    ['[::1', 'https', undefined],
    ['::1', 'https', undefined],
    ['[fe80::1%25eth0]', 'https', undefined],
    ['x[::1]', 'https', undefined],
    [`${'a'.repeat(63)}.b`, 'http', `${'a'.repeat(63)}.b`],
    [`${'a'.repeat(64)}.b`, 'http', undefined],
  ])('%j over %s is %j', (value, scheme, canonical) => {
    expect(canonicalHost(value, scheme)).toBe(canonical)
  })

  test('has at most 253 characters, its port aside', () => {
    const name = (length: number) => `${'a.'.repeat(length / 2)}a`.slice(0, length).replace(/\.$/, 'a')
    expect(canonicalHost(name(253), 'http')).toBe(name(253))
    expect(canonicalHost(name(254), 'http')).toBeUndefined()
    expect(canonicalHost(`${name(253)}:65535`, 'http')).toBe(`${name(253)}:65535`)
  })

  test('is the same at the second request, from the cache, and apart for each scheme', () => {
    for (let turn = 0; turn < 2; turn++) {
      expect(rules.hostOf('Wiki.example.com:443', 'https')).toBe('wiki.example.com')
      expect(rules.hostOf('Wiki.example.com:443', 'http')).toBe('wiki.example.com:443')
      expect(rules.hostOf('-bad', 'http')).toBeUndefined()
    }
  })

  test('is not confused by any number of hosts that clients invent', () => {
    for (let index = 0; index < 5000; index++) expect(rules.hostOf(`H${index}`, 'http')).toBe(`h${index}`)
    expect(rules.hostOf('H1', 'http')).toBe('h1')
  })
})

describe('the authority', () => {
  const over2 = (authority: string | undefined, ...headers: string[]): Partial<Received> => ({
    version: '2',
    authority,
    headers,
  })

  test('over HTTP/2 is :authority, or Host without it, and both must agree', () => {
    expect(requestOf(over2('wiki.example.com')).host).toBe('wiki.example.com')
    expect(requestOf(over2(undefined, 'host', 'wiki.example.com')).host).toBe('wiki.example.com')
    expect(requestOf(over2('Wiki.example.com:443', 'host', 'wiki.example.com')).host).toBe('wiki.example.com')
    expect(told(over2('wiki.example.com', 'host', 'erp.example.com'))).toBe('400 host')
    expect(told(over2('wiki.example.com', 'host', '-'))).toBe('400 host')
    expect(told(over2(undefined))).toBe('400 host')
  })

  test.each<[string, string | undefined]>([
    ['https://wiki.example.com/a?b', '/a?b'],
    ['HTTPS://WIKI.example.com:443/a', '/a'],
    ['https://wiki.example.com', '/'],
    ['http://wiki.example.com/a', undefined],
    ['https://erp.example.com/a', undefined],
    ['https://wiki.example.com@erp.example.com/', undefined],
    ['https://wiki.example.com\\a', undefined],
    ['https://wiki.example.com#a', undefined],
    ['xhttps://wiki.example.com/', undefined],
    ['ftp://wiki.example.com/', undefined],
    ['https:///a', undefined],
  ])('of the absolute form %s', (target, wanted) => {
    const result = read({ target })
    expect(result.kind === 'request' ? result.request.target : undefined).toBe(wanted)
  })
})

describe('a navigation', () => {
  test.each<[string[], 'tab' | 'frame' | 'none']>([
    [['Sec-Fetch-Dest', 'document'], 'tab'],
    // Which embedders are accepted, the app says: `embedder.ts`.
    [['Sec-Fetch-Dest', 'iframe', 'Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Site', 'cross-site'], 'frame'],
    [['Sec-Fetch-Dest', 'frame', 'Sec-Fetch-Mode', 'navigate'], 'frame'],
    [['Sec-Fetch-Dest', 'object', 'Sec-Fetch-Mode', 'navigate'], 'frame'],
    [['Sec-Fetch-Dest', 'embed', 'Sec-Fetch-Mode', 'navigate'], 'frame'],
    [['Sec-Fetch-Dest', 'iframe', 'Accept', 'text/html'], 'frame'],
    // A service worker that passes the navigation on.
    [['Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'navigate', 'Accept', '*/*'], 'tab'],
    [['Sec-Fetch-Mode', 'navigate'], 'tab'],
    // What scripts can send, whatever they write into Accept.
    [['Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'cors', 'Accept', 'text/html'], 'none'],
    [['Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'no-cors', 'Accept', 'text/html'], 'none'],
    [['Sec-Fetch-Dest', 'empty', 'Sec-Fetch-Mode', 'same-origin', 'Accept', 'text/html'], 'none'],
    [['Sec-Fetch-Dest', 'empty', 'Accept', 'text/html'], 'none'],
    [['Sec-Fetch-Dest', 'object', 'Sec-Fetch-Mode', 'no-cors', 'Accept', 'text/html'], 'none'],
    [['Sec-Fetch-Mode', 'websocket', 'Accept', 'text/html'], 'none'],
    [['Sec-Fetch-Dest', 'image', 'Sec-Fetch-Site', 'same-site'], 'none'],
    [['X-Requested-With', 'x', 'Accept', 'text/html'], 'none'],
    [['Accept', 'TEXT/HTML'], 'tab'],
    [['Accept', 'application/json'], 'none'],
    [[], 'none'],
  ])('%j: %s', (headers, kind) => {
    const { navigation, framed } = requestOf(withHeaders(...headers))
    expect([navigation, framed]).toEqual([kind !== 'none', kind === 'frame'])
  })
})

describe('the client', () => {
  const behind = (...headers: string[]) => {
    const { address, scheme, peer } = requestOf({ address: '10.0.0.1', secure: false, ...withHeaders(...headers) })
    return `${address} ${scheme} ${peer}`
  }

  test.each<[string[], string]>([
    [[], 'undefined http 10.0.0.1'],
    [['X-Forwarded-For', '203.0.113.9'], '203.0.113.9 http 10.0.0.1'],
    [['X-Forwarded-For', '203.0.113.9,10.0.0.3 , 10.0.0.2'], '203.0.113.9 http 10.0.0.1'],
    [['X-Forwarded-For', '1.2.3.4, 203.0.113.9, 10.0.0.2'], '203.0.113.9 http 10.0.0.1'],
    [['X-Forwarded-For', '10.0.0.3, 10.0.0.2'], 'undefined http 10.0.0.1'],
    [['X-Forwarded-For', '203.0.113.9, unknown, 10.0.0.2'], 'undefined http 10.0.0.1'],
    [['X-Forwarded-For', ''], 'undefined http 10.0.0.1'],
    [['X-Forwarded-Proto', 'HTTPS '], 'undefined https 10.0.0.1'],
    [['X-Forwarded-Proto', 'wss'], 'undefined https 10.0.0.1'],
  ])('behind a trusted proxy: %j', (headers, client) => expect(behind(...headers)).toBe(client))

  test.each(['http, ftp', 'https,', 'ftp'])('whose trusted proxy states the scheme `%s` is rejected', (scheme) => {
    expect(told({ address: '10.0.0.1', ...withHeaders('X-Forwarded-Proto', scheme) })).toBe('400 x_forwarded_proto')
  })

  test('of a secure proxy is secure, unless that says otherwise', () => {
    const from = (...headers: string[]) => requestOf({ address: '10.0.0.1', ...withHeaders(...headers) }).scheme
    expect([from(), from('X-Forwarded-Proto', 'http')]).toEqual(['https', 'http'])
  })
})

test('the canonical request keeps what was received', () => {
  const request = requestOf({ target: '/a%7eb?c=%20', headers: [...host, 'X', '1'] })
  expect(request).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    method: 'GET',
    path: '/a~b',
    query: '?c=%20',
    target: '/a%7eb?c=%20',
    normalTarget: '/a~b?c=%20',
    version: '1.1',
    headers: [...host, 'X', '1'],
    peer: '192.0.2.7',
    port: 50_000,
    serverName: 'wiki.example.com',
    upgrade: undefined,
  })
})
