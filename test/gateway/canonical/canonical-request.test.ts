// Canonicalization of requests: one interpretation or a rejection, against request smuggling and header spoofing.

import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalize, canonicalHost, canonicalRules } from '../../../src/gateway/canonical/canonical-request.ts'
import type { Exchange, Received } from '../../../src/http/exchange.ts'
import { cidrMatcher } from '../../../src/gateway/ip-networks.ts'

const rules = canonicalRules({ headerCount: 100, headerBytes: 16_384, proxies: cidrMatcher(['10.0.0.0/8']) })

const ordinary: Received = {
  method: 'GET',
  target: '/page/7',
  version: '1.1',
  headers: ['Host', 'wiki.example.com', 'Accept', 'text/html'],
  authority: undefined,
  omittedCookies: 0,
  address: '192.0.2.7',
  port: 50_000,
  serverName: undefined,
  secure: true,
  bodyEnded: false,
}

function exchange(changes: Partial<Received>, kind: 'http' | 'upgrade' = 'http'): Exchange {
  const received = { ...ordinary, ...changes }
  // Without `answer`: `canonicalize` must not write a response.
  return { kind, received, startedAt: 0, body: Readable.from([]), proceed: () => {} } as unknown as Exchange
}

const view = (changes: Partial<Received>, kind: 'http' | 'upgrade' = 'http') =>
  canonicalize(exchange(changes, kind), rules)
const withHeaders = (...headers: string[]) => ({ headers: [...ordinary.headers, ...headers] })
const handshake = withHeaders(
  'Connection',
  'Upgrade',
  'Upgrade',
  'websocket',
  'Sec-WebSocket-Version',
  '13',
  'Sec-WebSocket-Key',
  'dGhlIHNhbXBsZSBub25jZQ==',
)

describe('an ordinary request', () => {
  test('has a canonical form', () => {
    expect(view({})).toMatchObject({
      kind: 'request',
      request: {
        host: 'wiki.example.com',
        path: '/page/7',
        target: '/page/7',
        scheme: 'https',
        contentLength: 0,
        navigation: true,
      },
    })
  })

  test('without a version is rejected', () => {
    expect(view({ version: 'unknown' })).toMatchObject({ kind: 'rejected', status: 400, detail: 'version' })
  })

  test('in absolute-form equals the origin-form', () => {
    expect(view({ target: 'https://WIKI.example.com:443/page/7' })).toMatchObject({ request: { target: '/page/7' } })
  })

  test('over HTTP/2 takes its host from :authority', () => {
    const headers = ['accept', 'text/html']
    expect(view({ version: '2', authority: 'wiki.example.com', headers, bodyEnded: true })).toMatchObject({
      request: { host: 'wiki.example.com', contentLength: 0 },
    })
    expect(view({ version: '2', authority: 'wiki.example.com', headers })).toMatchObject({
      request: { contentLength: undefined },
    })
  })

  test('may be a WebSocket handshake', () => {
    expect(view(handshake, 'upgrade')).toMatchObject({ request: { upgrade: 'websocket' } })
  })

  test('joins Cookie fields split by HTTP/2', () => {
    const seen = view(withHeaders('cookie', 'a=1', 'cookie', 'b=2'))
    expect(seen.kind === 'request' && seen.request.header('cookie')).toBe('a=1; b=2')
  })
})

describe('rejected', () => {
  test.each<[string, Partial<Received>, ('http' | 'upgrade')?]>([
    ['no Host', { headers: [] }],
    ['two Hosts', withHeaders('Host', 'wiki.example.com')],
    ['Host with user info', { headers: ['Host', 'a@wiki.example.com'] }],
    ['Host with a path', { headers: ['Host', 'wiki.example.com/x'] }],
    ['Host with a list', { headers: ['Host', 'wiki.example.com, evil.test'] }],
    ['Host with raw UTF-8', { headers: ['Host', 'wiki。example.com'] }],
    ['an empty Host', { headers: ['Host', ''] }],
    ['port 0', { headers: ['Host', 'wiki.example.com:0'] }],
    ['absolute form of another host', { target: 'https://evil.test/' }],
    ['absolute form of another scheme', { target: 'http://wiki.example.com/' }],
    ['absolute form with user info', { target: 'https://x@wiki.example.com/' }],
    [
      'Host unlike :authority',
      { version: '2', authority: 'wiki.example.com', headers: ['host', 'payroll.example.com'] },
    ],
    ['TRACE in any case', { method: 'Trace' }],
    ['TRACK', { method: 'TRACK' }],
    ['a method of 33 characters', { method: 'X'.repeat(33) }],
    ['a method that is no token', { method: 'GE(T' }],
    ['TRACE', { method: 'TRACE' }],
    ['CONNECT', { method: 'CONNECT' }],
    ['two Content-Length fields', withHeaders('Content-Length', '1', 'Content-Length', '1')],
    ['a list of lengths', withHeaders('Content-Length', '1, 1')],
    ['a signed length', withHeaders('Content-Length', '+1')],
    ['a hexadecimal length', withHeaders('Content-Length', '0x1')],
    ['Content-Length with Transfer-Encoding', withHeaders('Content-Length', '1', 'Transfer-Encoding', 'chunked')],
    ['chunked twice', withHeaders('Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked')],
    ['another transfer coding', withHeaders('Transfer-Encoding', 'gzip, chunked')],
    ['an obfuscated transfer coding', withHeaders('Transfer-Encoding', '\vchunked')],
    ['chunked over HTTP/1.0', { version: '1.0', ...withHeaders('Transfer-Encoding', 'chunked') }],
    ['another expectation', withHeaders('Expect', '200-maybe')],
    ['a name with a space', withHeaders('X Forwarded', '1')],
    ['a name with a colon', withHeaders('X:', '1')],
    ['a value with CR', withHeaders('X', 'a\rb')],
    ['a value with LF', withHeaders('X', 'a\nb')],
    ['a value with NUL', withHeaders('X', 'a\0b')],
    ['two Authorizations', withHeaders('Authorization', 'a', 'authorization', 'b')],
    ['a WebSocket offer without Connection: Upgrade', withHeaders('Upgrade', 'websocket')],
    ['Upgrade in HTTP/2', { version: '2', authority: 'wiki.example.com', ...withHeaders('Upgrade', 'h2c') }],
    ['an upgrade with a body', { headers: [...handshake.headers, 'Content-Length', '5'] }, 'upgrade'],
    [
      'an upgrade with Transfer-Encoding',
      { headers: [...handshake.headers, 'Transfer-Encoding', 'chunked'] },
      'upgrade',
    ],
    ['an upgrade with trailers', { headers: [...handshake.headers, 'Trailer', 'X'] }, 'upgrade'],
    ['an upgrade with Expect', { headers: [...handshake.headers, 'Expect', '100-continue'] }, 'upgrade'],
    ['an upgrade by POST', { method: 'POST', ...handshake }, 'upgrade'],
    ['an upgrade over HTTP/1.0', { version: '1.0', ...handshake }, 'upgrade'],
    ['too many headers', withHeaders(...Array.from({ length: 220 }, () => 'X'))],
    ['too long headers', withHeaders('X', 'a'.repeat(20_000))],
  ])('%s', (_name, changes, kind) => {
    expect(view(changes, kind)).toMatchObject({ kind: 'rejected', status: expect.any(Number) })
  })
})

describe('an upgrade', () => {
  const changed = (name: string, ...value: string[]) => ({
    headers: handshake.headers.flatMap((text, i, all) =>
      i % 2 === 1 ? [] : text === name ? value.flatMap((one) => [name, one]) : [text, all[i + 1]!],
    ),
  })

  test.each(['h2c', 'TLS/1.0', 'websocket/13', 'totally-made-up/1.0, websocket', ''])(
    'offered to %j, which is not WebSocket, is ignored',
    (protocol) => {
      const seen = view({ ...withHeaders('Connection', 'Upgrade', 'Upgrade', protocol), method: 'POST' })
      expect(seen).toMatchObject({ kind: 'request', request: { upgrade: undefined } })
    },
  )

  test.each([[['12']], [['8']], [['']], [['13, 8']], [[]]])('of the WebSocket version %j is a 426', (version) => {
    const seen = view(changed('Sec-WebSocket-Version', ...version), 'upgrade')
    expect(seen).toMatchObject({ kind: 'rejected', status: 426, detail: 'websocket_version' })
  })

  test.each([
    [[]],
    [['']],
    [['short']],
    [['dGhlIHNhbXBsZSBub25jZQ']],
    [['dGhlIHNhbXBsZSBub25jZR==']],
    [['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==']],
  ])('with the WebSocket key %j is a 400', (key) => {
    expect(view(changed('Sec-WebSocket-Key', ...key), 'upgrade')).toMatchObject({ kind: 'rejected', status: 400 })
  })
})

describe('X-Forwarded-For and -Proto: the client address', () => {
  const behind = (...headers: string[]) => {
    const seen = view({ address: '10.0.0.1', secure: false, ...withHeaders(...headers) })
    return seen.kind === 'request' ? [seen.request.address, seen.request.scheme] : seen.detail
  }

  test('is the rightmost untrusted address', () => {
    expect(behind('X-Forwarded-For', '203.0.113.9, 198.51.100.4, 10.0.0.2')).toEqual(['198.51.100.4', 'http'])
  })

  test('is unknown when the entry is not an IP address, and counted under the proxy', () => {
    const seen = view({ address: '10.0.0.1', ...withHeaders('X-Forwarded-For', '198.51.100.4, unknown') })
    expect(seen).toMatchObject({
      request: {
        address: undefined,
        addressGap: 'x_forwarded_for_unreadable',
        client: 'unknown via 10.0.0.1',
        peer: '10.0.0.1',
      },
    })
  })

  test('has the scheme https when a trusted proxy states it', () => {
    expect(behind('X-Forwarded-For', '198.51.100.4', 'X-Forwarded-Proto', 'https')).toEqual(['198.51.100.4', 'https'])
  })

  test('is not looked for when the scheme is unreadable: the request is rejected', () => {
    expect(behind('X-Forwarded-For', '198.51.100.4', 'X-Forwarded-Proto', 'httpsx')).toBe('x_forwarded_proto')
  })

  test('cannot be set by an untrusted peer', () => {
    const seen = view(withHeaders('X-Forwarded-For', '10.0.0.9', 'X-Forwarded-Proto', 'http'))
    expect(seen).toMatchObject({ request: { address: '192.0.2.7', scheme: 'https' } })
  })
})

describe('navigation requests', () => {
  test.each<[boolean, string[]]>([
    [true, ['Sec-Fetch-Dest', 'document']],
    [false, ['Sec-Fetch-Dest', 'empty']],
    [false, ['Sec-Fetch-Dest', 'image']],
    [false, ['X-Requested-With', 'XMLHttpRequest']],
    [true, []],
  ])('%s: %j', (page, headers) => {
    expect(view(withHeaders(...headers))).toMatchObject({ request: { navigation: page } })
  })
})

describe('properties', () => {
  test('never throws', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    const received = fc.record({
      method: fc.oneof(text, fc.constantFrom('GET', 'POST')),
      target: fc.oneof(
        text,
        text.map((path) => `/${path}`),
      ),
      version: fc.constantFrom('1.0' as const, '1.1' as const, '2' as const),
      headers: fc
        .array(fc.tuple(fc.oneof(text, fc.constantFrom('Host', 'Content-Length', 'Upgrade')), text))
        .map((list) => list.flat()),
      authority: fc.option(text, { nil: undefined }),
      address: text,
    })
    fc.assert(
      fc.property(received, fc.constantFrom('http' as const, 'upgrade' as const), (changes, kind) => {
        expect(['request', 'rejected']).toContain(view(changes, kind).kind)
      }),
      { numRuns: 3000 },
    )
  })

  test('canonicalization of a host is idempotent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((ip) => `[${ip}]`),
          fc.string(),
        ),
        (host) => {
          const once = canonicalHost(host, 'https')
          if (once !== undefined) expect(canonicalHost(once, 'https')).toBe(once)
        },
      ),
    )
  })
})
