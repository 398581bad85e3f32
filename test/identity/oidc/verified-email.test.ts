// An e-mail address counts only when the provider proves it, by what each kind of provider documents.

import { beforeEach, describe, expect, test } from 'vitest'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import { subjectOf } from '../../../src/identity/oidc/claims.ts'
import { refreshedSubject } from '../../../src/identity/oidc/refreshed-subject.ts'
import type { ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  createSignInEnvironment,
  environmentAtProvider,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

const base = settingsOf({ issuer: 'https://login.example.com', clientId: 'x', clientSecret: 'y' })
const iss = 'https://login.example.com'

function emailOf(kind: ProviderSettings['kind'], idToken: object, userInfo?: object, changed = {}) {
  const claims = { idToken: { iss, sub: 's', ...idToken }, userInfo: userInfo as Record<string, unknown> | undefined }
  const { email, claims: rules } = subjectOf('s', claims, { ...base, kind, ...changed })
  // A rule on the claim sees what a rule on the user sees.
  expect(rules.email).toEqual(email === undefined ? undefined : [email])
  return email
}

const mail = { email: 'ada@corp.example' }

describe.each(['generic', 'keycloak', 'okta'] as const)('kind %s', (kind) => {
  test.each<[string, object, object | undefined, string | undefined]>([
    ['verified', { ...mail, email_verified: true }, undefined, 'ada@corp.example'],
    ['verified, as text', { ...mail, email_verified: 'true' }, undefined, 'ada@corp.example'],
    ['no word about it', mail, undefined, undefined],
    ['not verified', { ...mail, email_verified: false }, undefined, undefined],
    ['null', { ...mail, email_verified: null }, undefined, undefined],
    ['a number', { ...mail, email_verified: 1 }, undefined, undefined],
    ['verified in UserInfo', mail, { ...mail, email_verified: true }, 'ada@corp.example'],
    ['verified in UserInfo for another address', mail, { email: 'x@y.example', email_verified: true }, undefined],
    ['denied in UserInfo', { ...mail, email_verified: true }, { email_verified: false }, undefined],
  ])('%s', (_name, idToken, userInfo, email) => {
    expect(emailOf(kind, idToken, userInfo)).toBe(email)
  })

  test('is assumed where the configuration says so, but not against the provider', () => {
    expect(emailOf(kind, mail, undefined, { emailVerified: 'assumed' })).toBe('ada@corp.example')
    expect(emailOf(kind, { ...mail, email_verified: false }, undefined, { emailVerified: 'assumed' })).toBeUndefined()
  })
})

describe('kind entra', () => {
  const upn = { preferred_username: 'ada.l@corp.example' }
  test.each<[string, object, string | undefined]>([
    ['an address that somebody wrote into the directory', { email: 'admin@corp.example' }, undefined],
    ['the same with email_verified, which Entra does not send', { ...mail, email_verified: true }, undefined],
    ['an address whose domain is verified', { ...mail, xms_edov: true }, 'ada@corp.example'],
    ['the same as a number', { ...mail, xms_edov: 1 }, 'ada@corp.example'],
    ['the same as text', { ...mail, xms_edov: '1' }, 'ada@corp.example'],
    ['an address whose domain is not verified', { ...mail, xms_edov: false }, undefined],
    ['the same as a number', { ...mail, xms_edov: 0 }, undefined],
    ['an unverified address beside the name of a member', { ...mail, ...upn }, 'ada.l@corp.example'],
    ['the name of a member alone', upn, 'ada.l@corp.example'],
    ['the name of a guest', { ...upn, idp: 'https://sts.windows.net/other/' }, undefined],
    ['the name of a guest, by account type', { ...upn, acct: 1 }, undefined],
    ['the name of a guest, by its form', { preferred_username: 'ada_x.test#EXT#@corp.example' }, undefined],
    ['a name that is no address', { preferred_username: '+49 30 1234' }, undefined],
  ])('%s', (_name, idToken, email) => {
    expect(emailOf('entra', idToken)).toBe(email)
  })
})

describe('kind google', () => {
  test.each<[string, object, string | undefined]>([
    ['an account of an organisation', { ...mail, email_verified: true, hd: 'corp.example' }, 'ada@corp.example'],
    ['a Gmail account', { email: 'ada@gmail.com', email_verified: true }, 'ada@gmail.com'],
    ['an account with an address from elsewhere', { ...mail, email_verified: true }, undefined],
    ['an unverified one', { ...mail, hd: 'corp.example' }, undefined],
    ['a lookalike', { email: 'ada@gmail.com.evil.test', email_verified: true }, undefined],
  ])('%s', (_name, idToken, email) => {
    expect(emailOf('google', idToken)).toBe(email)
  })
})

test('a refresh whose UserInfo repeats the address without its proof takes nothing away; another address is not proven', () => {
  const before = subjectOf('s', { idToken: { ...mail, email_verified: true }, userInfo: undefined }, base)
  const after = (userInfo: Record<string, unknown>) =>
    refreshedSubject(
      { subject: before, unconfirmed: undefined },
      { idToken: undefined, userInfo: { sub: 's', ...userInfo } },
      base,
    ).subject.email
  expect(after(mail)).toBe('ada@corp.example')
  expect(after({ email: 'admin@corp.example' })).toBeUndefined()
  expect(after({ ...mail, email_verified: false })).toBeUndefined()
  expect(after({})).toBe('ada@corp.example')
})

describe('at the provider', () => {
  let provider: ProviderUnderTest
  let environment: SignInEnvironment
  beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))

  test('an unproven address signs in without an address, and the audit says so', async () => {
    delete provider.person['email_verified']
    const session = signedIn(await environment.enter(provider.visit))
    expect(session.subject.email).toBeUndefined()
    expect(environment.events.at(-1)).toMatchObject({ outcome: 'success', detail: 'email_unverified' })
  })

  test('hosted_domain lets in accounts of the organisation only, at sign-in and at each refresh', async () => {
    const google = createSignInEnvironment([
      settingsOf(provider, { kind: 'google', hostedDomains: ['corp.example', 'corp.test'] }),
    ])
    for (const hd of [undefined, 'evil.test', 'xcorp.example', '', ['corp.example'], true]) {
      provider.person['hd'] = hd
      expect(await google.enter(provider.visit)).toMatchObject({
        state: 'failed',
        failure: { code: 'account_not_allowed' },
      })
    }
    expect(provider.authorization.get('hd')).toBe('*')
    provider.person['hd'] = 'Corp.Example'
    const session = signedIn(await google.enter(provider.visit))
    delete provider.person['hd']
    expect(await google.revalidation.revalidate(session)).toEqual({ state: 'ended' })
    await google.stop()
  })
})
