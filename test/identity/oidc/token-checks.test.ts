// ID token checks of OIDC Core 3.1.3.7, one failing claim or header parameter at a time.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkToken, type TokenExpectations } from '../../../src/identity/oidc/token-checks.ts'

const now = Date.UTC(2026, 10, 30, 12)
const seconds = now / 1000
const accessToken = 'an access token'
const header = { alg: 'ES256', typ: 'JWT', kid: 'k' }
const claims = {
  iss: 'https://login.example.com',
  aud: 'einlass',
  sub: 'person-1',
  iat: seconds - 1,
  exp: seconds + 300,
  nonce: 'n',
  auth_time: seconds - 30,
  at_hash: hash('sha256', 16),
}
const expected: TokenExpectations = {
  issuer: 'https://login.example.com',
  clientId: 'einlass',
  nonce: { required: 'n' },
  accessToken,
  authTimeRequired: true,
  now,
}

function hash(algorithm: string, bytes: number): string {
  return createHash(algorithm).update(accessToken).digest().subarray(0, bytes).toString('base64url')
}

function fault(change: object, changedHeader: object = {}, changedExpected: Partial<TokenExpectations> = {}): unknown {
  return checkToken(
    { header: { ...header, ...changedHeader }, claims: { ...claims, ...change } },
    { ...expected, ...changedExpected },
  )
}

describe('an ID token', () => {
  test('that is valid passes', () => {
    expect(fault({})).toBeUndefined()
  })

  test.each([
    ['lists us among its audiences and names us as authorized party', { aud: ['einlass', 'other'], azp: 'einlass' }],
    ['has us as its only audience in a list', { aud: ['einlass'] }],
    ['is issued within the tolerated clock difference', { iat: seconds + 59 }],
    ['expired within the tolerated clock difference', { exp: seconds - 59 }],
    ['expires in the far future', { exp: 1e300 }],
    ['carries no at_hash', { at_hash: undefined }],
    ['has a sub of 255 characters', { sub: 'x'.repeat(255) }],
  ])('that %s passes', (_name, change) => {
    expect(fault(change)).toBeUndefined()
  })

  test.each([
    ['iss_mismatch', 'of another issuer', { iss: 'https://evil.test' }],
    ['iss_mismatch', 'whose issuer has a trailing slash', { iss: 'https://login.example.com/' }],
    ['iss_mismatch', 'whose issuer is in upper case', { iss: 'HTTPS://LOGIN.EXAMPLE.COM' }],
    ['aud_mismatch', 'for another client', { aud: 'other' }],
    ['aud_mismatch', 'for a list without us', { aud: ['other', 'another'] }],
    ['aud_mismatch', 'without audience', { aud: undefined }],
    ['aud_mismatch', 'whose audience is an object', { aud: {} }],
    ['aud_mismatch', 'whose audience holds something else than text', { aud: ['einlass', 1], azp: 'einlass' }],
    ['azp_missing', 'for several audiences without authorized party', { aud: ['einlass', 'other'] }],
    ['azp_mismatch', 'for several audiences, authorized for another', { aud: ['einlass', 'other'], azp: 'other' }],
    ['azp_mismatch', 'for us, authorized for another', { azp: 'other' }],
    ['expired', 'that expired ten minutes ago', { exp: seconds - 600 }],
    ['expired', 'with a negative expiry', { exp: -1 }],
    ['exp_invalid', 'without expiry', { exp: undefined }],
    ['exp_invalid', 'whose expiry is text', { exp: String(seconds + 300) }],
    ['iat_in_future', 'issued tomorrow', { iat: seconds + 86_400 }],
    ['iat_too_old', 'issued a month ago', { iat: seconds - 30 * 86_400 }],
    ['iat_invalid', 'without time of issue', { iat: undefined }],
    ['nbf_in_future', 'that is not good yet', { nbf: seconds + 3600 }],
    ['sub_invalid', 'with an empty sub', { sub: '' }],
    ['sub_invalid', 'with a sub of 256 characters', { sub: 'x'.repeat(256) }],
    ['sub_invalid', 'whose subject is a number', { sub: 1 }],
    ['sub_invalid', 'whose subject holds a line break', { sub: 'a\nb' }],
    ['sub_invalid', 'whose subject looks like a grant before the first sign-in', { sub: 'mailto:cfo@example.com' }],
    ['nonce_mismatch', 'without nonce', { nonce: undefined }],
    ['nonce_mismatch', 'with the nonce of another sign-in', { nonce: 'm' }],
    ['nonce_mismatch', 'that claims to need none', { nonce: 'm', nonce_supported: false }],
    ['auth_time_missing', 'without auth_time although max_age was asked', { auth_time: undefined }],
    ['auth_time_in_future', 'of a sign-in that is yet to happen', { auth_time: seconds + 7200 }],
    ['auth_time_invalid', 'whose auth_time is text', { auth_time: String(seconds) }],
    ['at_hash_mismatch', 'for another access token', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['at_hash_mismatch', 'whose at_hash is a number', { at_hash: 1 }],
  ])('fails with %s: one %s', (code, _name, change) => {
    expect(fault(change)).toBe(code)
  })

  test.each([
    ['alg_not_allowed', { alg: 'none' }],
    ['alg_not_allowed', { alg: 'HS256' }],
    ['alg_not_allowed', { alg: undefined }],
    ['typ_unexpected', { typ: 'at+jwt' }],
    ['typ_unexpected', { typ: 'logout+jwt' }],
    ['typ_unexpected', { typ: ['JWT'] }],
    ['crit_unknown', { crit: ['x'] }],
  ])('fails with %s for the header %j', (code, changed) => {
    expect(fault({}, changed)).toBe(code)
  })

  test('without auth_time is valid when no max_age was requested', () => {
    expect(fault({ auth_time: undefined }, {}, { authTimeRequired: false })).toBeUndefined()
  })

  test('signed with Ed25519 has an at_hash of SHA-512', () => {
    expect(fault({ at_hash: hash('sha512', 32) }, { alg: 'EdDSA' })).toBeUndefined()
    expect(fault({}, { alg: 'EdDSA' })).toBe('at_hash_mismatch')
  })

  test('that was refreshed may repeat the nonce of the sign-in, or none, but no other', () => {
    const refreshed = { nonce: { original: 'n' } }
    expect(fault({}, {}, refreshed)).toBeUndefined()
    expect(fault({ nonce: undefined }, {}, refreshed)).toBeUndefined()
    expect(fault({ nonce: 'm' }, {}, refreshed)).toBe('nonce_mismatch')
  })
})
