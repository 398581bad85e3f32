// NTLM and Negotiate in Authorization and WWW-Authenticate: recognized in any spelling, removed without touching others.

import { describe, expect, test } from 'vitest'
import {
  connectionCredentials,
  offersConnectionAuth,
  withoutConnectionAuth,
} from '../../../src/proxy/headers/connection-auth.ts'
import { createHeaderRules } from '../../../src/proxy/headers/request-headers.ts'
import { noHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import { ntlmAuthenticate, ntlmNegotiate } from '../../support/ntlm-app.ts'

const negTokenResp = `Negotiate ${Buffer.from([0xa1, 0x14, 0x30, 0x12, 0xa0, 3, 10, 1, 1]).toString('base64')}`

describe('credentials', () => {
  test.each([
    ['NTLM', 'initial'],
    ['negotiate', 'initial'],
    ['Negotiate YIIGhgYGKwYBBQUCoIIGejCC', 'initial'],
    ['nTlM TlRMTVNTUAABAAAAB4IIogAAAAA=', 'initial'],
    ['  Negotiate\tYII=', 'initial'],
    [ntlmNegotiate, 'initial'],
    [ntlmAuthenticate('erika'), 'continuation'],
    [`Negotiate ${ntlmAuthenticate('erika').slice(5)}`, 'continuation'],
    [negTokenResp, 'continuation'],
    ['Basic YTpi, NTLM TlRMTVNTUAABAAAA', 'initial'],
    ['Basic bnRsbTpuZWdvdGlhdGU=', undefined],
    ['Bearer ntlm', undefined],
    ['NTLMv2 abc', undefined],
    ['Digest username="negotiate"', undefined],
    ['', undefined],
  ])('%s: %s', (value, expected) => expect(connectionCredentials(value)).toBe(expected))
})

test.each(['NTLM', 'Basic realm="a", negotiate', 'Basic realm=x,NTLM TlRM=', 'x, "y\\", NTLM'])(
  'the challenge %s takes the connection out of the pool',
  (value) => expect(offersConnectionAuth(value)).toBe(true),
)

test.each([
  ['NTLM', undefined],
  ['Negotiate, NTLM', undefined],
  ['Negotiate oYG2MIGz==', undefined],
  ['Basic realm="a"', 'Basic realm="a"'],
  ['Negotiate, Basic realm="a, NTLM, b", charset="UTF-8", NTLM', 'Basic realm="a, NTLM, b", charset="UTF-8"'],
  ['Digest realm="x", qop="auth,auth-int", nonce="n", NTLM TlRM==', 'Digest realm="x", qop="auth,auth-int", nonce="n"'],
  ['NTLM, Bearer error = "x" , scope="a \\" b, NTLM"', 'Bearer error = "x", scope="a \\" b, NTLM"'],
  ['ntlm realm="dropped", Basic', 'Basic'],
  [',, Negotiate ,', undefined],
])('without these schemes, %s is %s', (value, expected) => expect(withoutConnectionAuth(value)).toBe(expected))

test('a long challenge is read in linear time', () => {
  const since = performance.now()
  for (const text of ['a,'.repeat(15_000), '"'.repeat(30_000), `"${'\\'.repeat(30_000)}`, ' '.repeat(30_000)])
    withoutConnectionAuth(`NTLM, ${text}`)
  for (const text of [', '.repeat(15_000), '\t'.repeat(30_000)]) connectionCredentials(`${text}x`)
  expect(performance.now() - since).toBeLessThan(500)
})

describe('a request', () => {
  const rules = createHeaderRules([], (cookie) => cookie)
  const forwarding = {
    host: 'wiki.example.com',
    scheme: 'https',
    address: '203.0.113.7',
    requestId: 'r',
    identity: noHeaders,
  } as const
  const of = (value: string, connectionAuth: 'pinned' | 'strip') =>
    rules.request(['aUTHORIZATION', value], { ...forwarding, connectionAuth })

  test('with them is told apart', () => {
    expect(of('NTLM TlRM', 'pinned').credentials).toBe('initial')
    expect(of('NTLM TlRM', 'pinned').perRequest).toContain('aUTHORIZATION: NTLM TlRM\r\n')
    expect(of('Bearer x', 'pinned').credentials).toBeUndefined()
  })

  test('loses them where they are stripped, and keeps others', () => {
    expect(of('NTLM TlRM', 'strip').perRequest).not.toMatch(/authorization/i)
    expect(of('NTLM TlRM', 'strip').credentials).toBeUndefined()
    expect(of('Bearer x', 'strip').perRequest).toContain('aUTHORIZATION: Bearer x\r\n')
  })
})
