// ID token checks at their limits: clock tolerance, age, types of times, lengths, algorithms.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkSubject, checkToken, type TokenExpectations } from '../../../src/identity/oidc/token-checks.ts'

const now = Date.UTC(2026, 10, 30, 12)
const seconds = now / 1000
const header = { alg: 'ES256', typ: 'JWT' }
const claims = {
  iss: 'https://login.example.com',
  aud: 'einlass',
  sub: 'person-1',
  iat: seconds,
  exp: seconds + 300,
  nonce: 'n',
}
const expected: TokenExpectations = {
  issuer: 'https://login.example.com',
  clientId: 'einlass',
  nonce: { required: 'n' },
  accessToken: 'an access token',
  authTimeRequired: false,
  now,
}

function fault(change: object, changedHeader: object = {}, changed: Partial<TokenExpectations> = {}): unknown {
  return checkToken(
    { header: { ...header, ...changedHeader }, claims: { ...claims, ...change } },
    { ...expected, ...changed },
  )
}

describe('times of an ID token', () => {
  test.each<[string, object, string | undefined]>([
    ['exp a second before the tolerance ends', { exp: seconds - 59 }, undefined],
    ['exp at the end of the tolerance', { exp: seconds - 60 }, 'expired'],
    ['iat at the tolerance', { iat: seconds + 60 }, undefined],
    ['iat a second beyond the tolerance', { iat: seconds + 61 }, 'iat_in_future'],
    ['iat ten minutes ago', { iat: seconds - 600 }, undefined],
    ['iat a second older than ten minutes', { iat: seconds - 601 }, 'iat_too_old'],
    ['nbf in the past', { nbf: seconds - 1 }, undefined],
    ['nbf at the tolerance', { nbf: seconds + 60 }, undefined],
    ['nbf a second beyond the tolerance', { nbf: seconds + 61 }, 'nbf_in_future'],
    ['nbf as text', { nbf: String(seconds) }, 'nbf_in_future'],
    ['nbf null', { nbf: null }, 'nbf_in_future'],
    ['auth_time at the tolerance', { auth_time: seconds + 60 }, undefined],
    ['auth_time a second beyond the tolerance', { auth_time: seconds + 61 }, 'auth_time_in_future'],
    ['auth_time 0', { auth_time: 0 }, undefined],
    ['auth_time below 0', { auth_time: -1 }, 'auth_time_invalid'],
    ['auth_time -Infinity, as 1e999 is parsed', { auth_time: -Infinity }, 'auth_time_invalid'],
    ['auth_time Infinity', { auth_time: Infinity }, 'auth_time_invalid'],
    ['auth_time NaN', { auth_time: Number.NaN }, 'auth_time_invalid'],
    ['auth_time null', { auth_time: null }, 'auth_time_invalid'],
    ['exp Infinity', { exp: Infinity }, 'exp_invalid'],
    ['exp NaN', { exp: Number.NaN }, 'exp_invalid'],
    ['iat as text', { iat: String(seconds) }, 'iat_invalid'],
    ['iat NaN', { iat: Number.NaN }, 'iat_invalid'],
    ['iat -Infinity', { iat: -Infinity }, 'iat_invalid'],
  ])('%s', (_name, change, code) => {
    expect(fault(change)).toBe(code)
  })
})

describe('header of an ID token', () => {
  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'may be signed with %s',
    (alg) => expect(fault({}, { alg })).toBeUndefined(),
  )

  test.each([undefined, 'JWT', 'jwt', 'application/jwt', 'application/JWT'])('may have typ %j', (typ) => {
    expect(fault({}, { typ })).toBeUndefined()
  })

  test.each(['', 'xjwt', 'jwts', 'text/jwt', 'application/jwt; x', null])('may not have typ %j', (typ) => {
    expect(fault({}, { typ })).toBe('typ_unexpected')
  })

  test('may not have an empty list of critical extensions', () => {
    expect(fault({}, { crit: [] })).toBe('crit_unknown')
  })
})

describe('at_hash', () => {
  const half = (algorithm: string): string => {
    const digest = createHash(algorithm).update('an access token').digest()
    return digest.subarray(0, digest.length / 2).toString('base64url')
  }

  test.each([
    ['RS256', 'sha256'],
    ['PS384', 'sha384'],
    ['ES512', 'sha512'],
    ['Ed25519', 'sha512'],
  ])('of a token signed with %s is half of %s', (alg, algorithm) => {
    expect(fault({ at_hash: half(algorithm) }, { alg })).toBeUndefined()
    expect(fault({ at_hash: half(algorithm === 'sha256' ? 'sha512' : 'sha256') }, { alg })).toBe('at_hash_mismatch')
  })

  test('is not checked where there is no access token to check', () => {
    expect(fault({ at_hash: 'AAAA' }, {}, { accessToken: undefined })).toBeUndefined()
  })
})

test('a refreshed token may have any nonce when that of the sign-in is unknown', () => {
  const refreshed = { nonce: { original: undefined } }
  expect(fault({ nonce: 'm' }, {}, refreshed)).toBeUndefined()
  expect(fault({ nonce: undefined }, {}, refreshed)).toBeUndefined()
})

test('one audience in a list needs no authorized party, and one that is given must be us', () => {
  expect(fault({ aud: ['einlass'] })).toBeUndefined()
  expect(fault({ aud: ['einlass'], azp: 'other' })).toBe('azp_mismatch')
  expect(fault({ aud: [] })).toBe('aud_mismatch')
})

describe('a sub', () => {
  test.each(['x', 'a b', '~', '!', 'person|mailto:a@b.test'])('may be %j', (sub) => {
    expect(checkSubject(sub)).toBeUndefined()
  })

  test.each([' a', 'a ', ' ', 'a\tb', 'a\u007f', 'ä', 'Mailto:a@b.test', 'MAILTO:', null, undefined, ['a']])(
    'may not be %j',
    (sub) => {
      expect(checkSubject(sub)).toBe('sub_invalid')
    },
  )
})
