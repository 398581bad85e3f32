// What `einlass init` concludes from the claims of a trial sign-in, and what it does not.

import { describe, expect, test } from 'vitest'
import { findingsOf, type TrialFindings } from '../../../src/cli/init/propose-settings.ts'
import { openDraft } from '../../../src/cli/init/provider-draft.ts'
import type { ProviderKind, ProviderSettings } from '../../../src/config/provider-settings.ts'

async function settingsOf(kind: ProviderKind): Promise<ProviderSettings> {
  const draft = { kind, issuer: 'https://login.example.com', client_id: 'einlass' }
  const opened = await openDraft(kind === 'google' ? { ...draft, hosted_domain: 'example.com' } : draft, 'x', {
    directory: '/nowhere',
    env: {},
  })
  if (!opened.ok) throw new Error(opened.problem)
  await opened.stop()
  return opened.provider.settings
}

async function found(
  claims: object,
  kind: ProviderKind = 'generic',
  listed: readonly string[] = [],
): Promise<TrialFindings> {
  const idToken = { sub: '4711', ...claims }
  const result = {
    idToken,
    userInfo: undefined,
    sub: '4711',
    requestedScopes: ['openid', 'profile'],
    refreshToken: true,
  }
  return findingsOf(result, await settingsOf(kind), { scopes_supported: [...listed] }, Date.now())
}

describe('groups', () => {
  test.each([
    ['another name', { roles: ['a', 'b'] }, { claim: 'roles', shape: 'list' }],
    ['a nested claim', { realm_access: { roles: ['a', 'b'] } }, { claim: 'realm_access.roles', shape: 'list' }],
    [
      'a URL as its name',
      { 'https://example.com/groups': ['a', 'b'] },
      { claim: 'https://example.com/groups', shape: 'list' },
    ],
    ['full paths', { groups: ['/a', '/b'] }, { claim: 'groups', shape: 'path' }],
    [
      'keys of an object',
      { 'urn:zitadel:iam:org:project:roles': { a: { 1: 'x' }, b: { 1: 'x' } } },
      { claim: 'urn:zitadel:iam:org:project:roles', shape: 'keys' },
    ],
    [
      'a list of objects',
      {
        groups: [
          { id: '1', name: 'a' },
          { id: '2', name: 'b' },
        ],
      },
      { claim: 'groups', shape: 'list', field: 'name' },
    ],
  ])('are found in %s', async (_what, claims, expected) => {
    const { groupsClaim } = await found(claims)
    expect(groupsClaim).toMatchObject({ ...expected, names: ['a', 'b'] })
  })

  test.each([
    ['where they are already', { groups: ['a'] }],
    ['none', { name: 'Anna' }],
    ['a claim whose name is a secret reference', { 'env:groups': ['a'] }],
    ['an empty list', { groups: [] }],
  ])('nothing is proposed for %s', async (_what, claims) => {
    expect((await found(claims)).groupsClaim).toBeUndefined()
  })

  test('a scope is proposed where the provider lists it, but not for Keycloak, whose list is that of the realm', async () => {
    expect((await found({}, 'generic', ['openid', 'roles'])).scope).toBe('roles')
    expect((await found({}, 'keycloak', ['openid', 'roles'])).scope).toBeUndefined()
    expect((await found({ groups: ['a'] }, 'generic', ['openid', 'roles'])).scope).toBeUndefined()
  })
})

describe('a second factor', () => {
  test('is proved by what the kind defines', async () => {
    expect((await found({ amr: ['pwd', 'mfa'] })).mfa).toEqual({ kind: 'proved' })
  })

  test.each<[object, ProviderKind, object]>([
    [{ acr: '2' }, 'keycloak', { setting: 'acr_any', values: ['2'] }],
    [{ acrs: ['c1'] }, 'entra', { setting: 'acr_any', values: ['c1'] }],
    [{ amr: ['pwd', 'otp'] }, 'generic', { setting: 'amr_any', values: ['otp'] }],
    [{ acr: 'gold' }, 'generic', { setting: 'acr_any', values: ['gold'] }],
  ])('%j at %s may be proposed, to be confirmed', async (claims, kind, expected) => {
    expect((await found(claims, kind)).mfa).toMatchObject({ kind: 'values', ...expected })
  })

  // Whoever counts one of these as proof opens every rule with `mfa` by the password alone.
  test.each<[object, ProviderKind]>([
    [{ acr: '0' }, 'keycloak'],
    [{ acr: '1' }, 'keycloak'],
    [{ acr: '1', amr: ['pwd'] }, 'keycloak'],
    [{ acr: 'gold', amr: ['pwd'] }, 'generic'],
    [{ acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport' }, 'generic'],
    [{ amr: ['fed'] }, 'generic'],
    [{ acr: 'env:HOME' }, 'generic'],
  ])('is never concluded from %j at %s', async (claims, kind) => {
    expect((await found(claims, kind)).mfa.kind).toBe('unclear')
  })
})

test('an address that is not verified is told apart', async () => {
  expect(await found({ email: 'anna@example.com', email_verified: true })).toMatchObject({
    email: 'anna@example.com',
    unverifiedEmail: undefined,
  })
  expect(await found({ email: 'anna@example.com' })).toMatchObject({
    email: undefined,
    unverifiedEmail: 'anna@example.com',
  })
})
