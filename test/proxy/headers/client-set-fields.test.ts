// Header fields that applications trust, by what they are trusted for: none reaches an upstream as a client sent it.

import { describe, expect, test } from 'vitest'
import { createHeaderRules } from '../../../src/proxy/headers/request-headers.ts'
import { isEndToEnd, normalizeName } from '../../../src/config/header-names/reserved-names.ts'
import { serialize, toRawHeaders } from '../../../src/proxy/headers/serialized-headers.ts'

const rules = createHeaderRules([], (cookie) => cookie)
const forwarding = {
  host: 'erp.example.com',
  scheme: 'https',
  address: '203.0.113.7',
  requestId: 'r1',
  identity: serialize([]),
} as const

const valuesSent = (name: string): string[] => {
  const sent = toRawHeaders(rules.request([name, 'evil'], forwarding))
  return sent.filter((value, index) => index % 2 === 1 && value === 'evil')
}

describe('a field that a client sets is removed', () => {
  test.each([
    'Forwarded',
    'X-Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Prefix',
    'X-Real-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'True-Client-IP',
    'Fastly-Client-IP',
    'X-Azure-ClientIP',
    'X-Azure-SocketIP',
    'X-Envoy-External-Address',
    'CF-Connecting-IP',
  ])('as the address of a client: %s', (name) => expect(valuesSent(name)).toEqual([]))

  test.each([
    'X-Host',
    'X-HTTP-Host-Override',
    'X-Scheme',
    'X-URL-Scheme',
    'Front-End-Https',
    'X-Original-URL',
    'X-Rewrite-URL',
    'Proxy',
    'Proxy-Authorization',
  ])('as the target of a request: %s', (name) => expect(valuesSent(name)).toEqual([]))

  test.each(['X-HTTP-Method', 'X-HTTP-Method-Override', 'X-Method-Override'])('as its method: %s', (name) =>
    expect(valuesSent(name)).toEqual([]),
  )

  test.each([
    'X-Einlass-User',
    'X-User',
    'X-Email',
    'X-Groups',
    'X-Token-Subject',
    'Remote-User',
    'X-Remote-User',
    'X-Auth-Request-User',
    'X-Authenticated-User',
    'X-Pomerium-Jwt-Assertion',
    'X-Goog-Authenticated-User-Email',
    'X-Goog-IAP-JWT-Assertion',
    'X-WebAuth-User',
    'X-authentik-username',
    'X-Vouch-User',
    'X-Amzn-Oidc-Identity',
    'X-MS-Client-Principal-Name',
    'X-MS-Token-AAD-Id-Token',
    'X-AppEngine-User-Email',
    'OIDC-Claim-Sub',
    'Cf-Access-Jwt-Assertion',
  ])('as the identity of a user: %s', (name) => expect(valuesSent(name)).toEqual([]))

  test.each(['X-Device-Id', 'Device-Posture', 'Client-Cert', 'X-Client-Cert', 'SSL-Client-Verify', 'X-SSL-Client-DN'])(
    'as a device or its certificate: %s',
    (name) => expect(valuesSent(name)).toEqual([]),
  )

  test.each(['X-Request-Id', 'Traceparent'])('as the trace of a request: %s', (name) =>
    expect(valuesSent(name)).toEqual([]),
  )

  test.each(['Keep-Alive', 'Transfer-Encoding', 'Upgrade', 'HTTP2-Settings', 'Trailer', 'Proxy-Connection'])(
    'as a field of a single hop (RFC 9110 7.6.1): %s',
    (name) => expect(valuesSent(name)).toEqual([]),
  )
})

test('other fields reach the app', () => {
  for (const name of ['X-Mine', 'Accept', 'X-Users', 'X-Hosts', 'Remote', 'X-Client']) {
    expect(valuesSent(name)).toEqual(['evil'])
  }
})

test('names that CGI and PHP cannot distinguish are one name', () => {
  expect(normalizeName('X_Forwarded.User')).toBe('x-forwarded-user')
  expect(normalizeName('X-Real-IP9')).toBe('x-real-ip9')
})

test('Connection cannot remove a field that an app needs end to end', () => {
  for (const name of ['host', 'cookie', 'authorization', 'origin', 'content-type', 'sec-fetch-site']) {
    expect(isEndToEnd(name), name).toBe(true)
  }
  for (const name of ['x-mine', 'hosts', 'accept', 'contentx', 'x-content-type', 'x-sec-a']) {
    expect(isEndToEnd(name), name).toBe(false)
  }
})
