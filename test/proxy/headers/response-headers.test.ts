// Response headers for the client: hop-by-hop fields, cookies, Clear-Site-Data, trailers, Location rewriting.

import { describe, expect, test } from 'vitest'
import {
  createResponseHeaderRules,
  responseTrailers,
  earlyHintHeaders,
} from '../../../src/proxy/headers/response-headers.ts'
import { createReferenceMapping } from '../../../src/proxy/headers/public-references.ts'
import { setsOwnCookie } from '../../../src/identity/session/cookies.ts'

const rules = createResponseHeaderRules({ hostname: 'erp.example.com', setsGatewayCookie: setsOwnCookie })
const filter = (...received: string[]): string[] | undefined =>
  rules(
    received.map((text) => Buffer.from(text, 'latin1')),
    200,
    false,
  )

test('hop-by-hop fields and those listed in Connection are removed', () => {
  expect(
    filter(
      'Connection',
      'close, X-Hop',
      'X-Hop',
      '1',
      'Keep-Alive',
      'timeout=5',
      'Transfer-Encoding',
      'chunked',
      'Upgrade',
      'h2c',
      'Proxy-Authenticate',
      'Basic',
      'Alt-Svc',
      'h3=":443"',
      'X-Einlass-Jwt-Assertion',
      'x',
      'Server',
      'up',
      'X-Powered-By',
      'y',
    ),
  ).toEqual(['Server', 'up', 'X-Powered-By', 'y'])
})

test('Connection cannot remove fields that frame or protect the response', () => {
  const fields = ['Content-Length', '2', 'Set-Cookie', 'a=1', 'Cache-Control', 'no-store']
  expect(filter(...fields, 'Connection', 'content-length, set-cookie, cache-control')).toEqual(fields)
})

test('an invalid field name or value makes the response invalid', () => {
  expect(filter('Bad Name', '1')).toBeUndefined()
  expect(filter('', '1')).toBeUndefined()
  expect(filter('X-A', 'a\rb')).toBeUndefined()
  expect(filter('X-A', 'a\0b')).toBeUndefined()
  expect(filter('X-A', 'caf\u00e9')).toEqual(['X-A', 'caf\u00e9'])
})

test('a response for an authenticated user is private unless the app sets Cache-Control', () => {
  expect(rules([], 200, true)).toEqual(['Cache-Control', 'private'])
  expect(rules(['cache-control', 'public'], 200, true)).toEqual(['cache-control', 'public'])
  expect(filter()).toEqual([])
})

test('a 204 has no Content-Length', () => {
  expect(rules(['Content-Length', '5'], 204, false)).toEqual([])
})

describe('Set-Cookie', () => {
  test.each([
    '__Host-einlass=x; Path=/; Secure',
    ' __host-EINLASS =x',
    '=__Host-einlass=x',
    '__Host-einlass-nonce=x',
    '__Host-einlass',
  ])('a cookie of the gateway is removed: %s', (cookie) => expect(filter('Set-Cookie', cookie)).toEqual([]))

  test.each([
    ['a=1; Path=/; HttpOnly', 'a=1; Path=/; HttpOnly'],
    ['a=1; Domain=erp.example.com', 'a=1; Domain=erp.example.com'],
    ['a=1; domain=.ERP.example.com; Secure', 'a=1; domain=.ERP.example.com; Secure'],
    ['a=1; Domain=example.com; Secure', 'a=1; Secure'],
    ['a=1;DOMAIN = .example.com ;Secure', 'a=1;Secure'],
    ['a=1; Domain=erp.example.com; Domain=com', 'a=1'],
    ['a=domain=example.com', 'a=domain=example.com'],
  ])('%s becomes %s', (cookie, expected) => expect(filter('Set-Cookie', cookie)).toEqual(['Set-Cookie', expected]))

  test.each(['a=1; Domain=intern.local', 'a=1; Domain=p.example.com', 'a=1; Domain=evilerp.example.com'])(
    'a cookie for another domain is one of the host alone: %s',
    (cookie) => expect(filter('Set-Cookie', cookie)).toEqual(['Set-Cookie', 'a=1']),
  )
})

test('Clear-Site-Data cannot clear the cookies of other hosts', () => {
  expect(filter('Clear-Site-Data', '"cookies"')).toEqual([])
  expect(filter('Clear-Site-Data', '"cache", "cookies"')).toEqual(['Clear-Site-Data', '"cache"'])
  expect(filter('Clear-Site-Data', '"*"')).toEqual(['Clear-Site-Data', '"cache", "storage", "executionContexts"'])
})

test('trailers contain no framing, cookies or identity; early hints only fields a browser may act on', () => {
  expect(
    responseTrailers([
      'X-Sum',
      '1',
      'Set-Cookie',
      'a=1',
      'Content-Length',
      '5',
      'X_Einlass.Jwt',
      '1',
      'Content-Digest',
      'd',
      'A\0',
      '1',
    ]),
  ).toEqual(['X-Sum', '1', 'Content-Digest', 'd'])
  expect(earlyHintHeaders(['Link', '</a>; rel=preload', 'Set-Cookie', 'a=1', 'Link', 'bad\r\n'])).toEqual([
    'Link',
    '</a>; rel=preload',
  ])
})

describe('a Location with the origin of an upstream', () => {
  const address = { origin: 'https://erp.example.com', paths: undefined }
  const mapReference = createReferenceMapping(address, [address], ['http://10.0.0.5:8080', 'http://10.0.0.6'])
  const rewriting = createResponseHeaderRules({
    hostname: 'erp.example.com',
    setsGatewayCookie: setsOwnCookie,
    mapReference,
  })

  test.each([
    ['http://10.0.0.5:8080/x?y#z', 'https://erp.example.com/x?y#z'],
    ['HTTP://10.0.0.5:8080/x', 'https://erp.example.com/x'],
    ['http://10.0.0.6', 'https://erp.example.com'],
    ['http://10.0.0.6?a', 'https://erp.example.com?a'],
    ['http://10.0.0.6.evil.test/', 'http://10.0.0.6.evil.test/'],
    ['http://10.0.0.6:81/', 'http://10.0.0.6:81/'],
    ['http://10.0.0.5:80801/', 'http://10.0.0.5:80801/'],
    ['//10.0.0.6/x', 'https://erp.example.com/x'],
    ['/x', '/x'],
    ['https://login.example.com/', 'https://login.example.com/'],
  ])('%s becomes %s', (sent, expected) => {
    expect(rewriting(['Location', sent, 'Content-Location', sent], 302, false)).toEqual([
      'Location',
      expected,
      'Content-Location',
      expected,
    ])
  })
})

test.each([
  ['/', true],
  ['/app/', true],
  ['../', true],
  ['/.einlass/', false],
  ['/.EINLASS/sub', false],
  ['/%2eeinlass/', false],
  ['./%2E%65inlass', false],
  ['%', false],
])('Service-Worker-Allowed %j is kept: %s', (scope, kept) => {
  expect(filter('Service-Worker-Allowed', scope)).toEqual(kept ? ['Service-Worker-Allowed', scope] : [])
})
