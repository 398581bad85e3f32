// Sizes of tokens that a provider may send: a session is read on every request, and an ID token becomes part of a URL.

import type { TokenEndpointResponse } from 'openid-client'
import { describe, expect, test } from 'vitest'
import { providerTiming } from '../../../src/identity/oidc/provider-timing.ts'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import { createGroupSource } from '../../../src/identity/oidc/groups/group-source.ts'
import type { Connection } from '../../../src/identity/oidc/provider.ts'
import {
  idTokenHint,
  verifyClaims,
  type Tokens,
  type VerifyOptions,
} from '../../../src/identity/oidc/verified-claims.ts'

const issuer = 'https://login.example.com'
const now = Date.UTC(2026, 10, 30, 12)
const claims = { iss: issuer, aud: 'einlass', sub: 's', iat: now / 1000, exp: now / 1000 + 300, nonce: 'n' }
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const groupsClaim = { claim: 'groups', shape: 'list', field: undefined }
const settings = {
  clientId: 'einlass',
  claims: { groups: groupsClaim },
  hostedDomains: [] as readonly string[],
} as unknown as ProviderSettings
const fetch = () => Promise.reject(new Error('no directory'))
const connection = {
  metadata: { issuer },
  timing: providerTiming,
  keys: { verify: async () => new Uint8Array() },
} as unknown as Connection

/** A token response whose signature counts as verified. */
function tokens(idToken: string | undefined, refreshToken?: string): Tokens {
  const body: TokenEndpointResponse = {
    access_token: 'a',
    token_type: 'bearer',
    id_token: idToken,
    refresh_token: refreshToken,
  }
  return Object.assign(body, {
    claims: () => (idToken === undefined ? undefined : claims),
    expiresIn: () => 300,
  })
}

/** Of this length, by a long signature. */
function idTokenOf(length: number): string {
  const signed = `${part({ alg: 'ES256' })}.${part(claims)}.`
  return signed + 'x'.repeat(length - signed.length)
}

const options: VerifyOptions = {
  connection,
  settings,
  groups: createGroupSource({ settings, fetch, now: () => now, log: () => {} }),
  expected: { nonce: { required: 'n' }, authTimeRequired: false, now },
  expectedSub: undefined,
}

describe('a token response', () => {
  test('may hold an ID token and a refresh token of 256 KiB', async () => {
    const limit = 256 * 1024
    expect(await verifyClaims(tokens(idTokenOf(limit), 'r'.repeat(limit)), options)).toMatchObject({ sub: 's' })
  })

  test('with a larger ID token is invalid', async () => {
    expect(await verifyClaims(tokens(idTokenOf(256 * 1024 + 1)), options)).toEqual({
      kind: 'invalid',
      detail: 'token_too_large',
    })
  })

  test('with a larger refresh token is invalid', async () => {
    expect(await verifyClaims(tokens(idTokenOf(1000), 'r'.repeat(256 * 1024 + 1)), options)).toEqual({
      kind: 'invalid',
      detail: 'token_too_large',
    })
  })

  test('without ID token is invalid at sign-in, and not at a refresh', async () => {
    expect(await verifyClaims(tokens(undefined), options)).toEqual({ kind: 'invalid', detail: 'id_token_missing' })
    expect(await verifyClaims(tokens(undefined), { ...options, expectedSub: 's' })).toMatchObject({
      kind: 'stated',
      sub: 's',
      statement: { idToken: undefined, userInfo: undefined },
    })
  })

  test('of another user is invalid at a refresh', async () => {
    expect(await verifyClaims(tokens(idTokenOf(1000)), { ...options, expectedSub: 't' })).toEqual({
      kind: 'invalid',
      detail: 'sub_changed',
    })
  })
})

test('an ID token is a hint up to 8 KiB: an over-long URL would be refused', () => {
  expect(idTokenHint('x'.repeat(8192))).toHaveLength(8192)
  expect(idTokenHint('x'.repeat(8193))).toBeUndefined()
  expect(idTokenHint(undefined)).toBeUndefined()
})
