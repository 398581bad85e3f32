// Authorization request by kind of provider: scopes by discovery, prompts, extra parameters, levels, and what is said when nothing can be asked.

import { expect, onTestFinished, test } from 'vitest'
import { presets } from '../../../src/config/build/provider-presets.ts'
import type { ProviderKind, ProviderSettings } from '../../../src/config/provider-settings.ts'
import { hasChooseAccountCookie, setChooseAccountCookie } from '../../../src/identity/session/choose-account-cookie.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import type { StepUp } from '../../../src/identity/oidc/sign-in.ts'
import { startProviderUnderTest, type Json, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  browserCookies,
  createSignInEnvironment,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

interface Place {
  readonly provider: ProviderUnderTest
  readonly environment: SignInEnvironment
}

/** As the preset of the kind says, at a provider that lists `scopes`. */
async function at(
  kind: ProviderKind,
  {
    scopes,
    metadata = {},
    ...changed
  }: Partial<ProviderSettings> & { metadata?: Json; scopes?: readonly string[] } = {},
): Promise<Place> {
  const provider = await startProviderUnderTest()
  const listed = scopes === undefined ? {} : { scopes_supported: scopes }
  provider.deviation.metadata = (right) => ({ ...right, ...listed, ...metadata })
  const preset = presets[kind]
  const environment = createSignInEnvironment([
    settingsOf(provider, {
      kind,
      scopes: preset.scopes,
      scopesWhereListed: preset.whereListed,
      mfa: preset.mfa,
      phishingResistant: preset.phishingResistant,
      stepUp: {
        acrValues: preset.mfa.acrAny.length > 0 ? preset.mfa.acrAny : (preset.acrValues ?? []),
        essential: preset.essential,
        prompt: preset.prompt,
        maxAge: undefined,
      },
      ...changed,
    }),
  ])
  onTestFinished(async () => {
    await environment.stop()
    await provider.stop()
  })
  return { provider, environment }
}

async function depart(
  { environment }: Place,
  more: { cookies?: string; stepUp?: StepUp; session?: Session; level?: StepUp['level'] } = {},
) {
  const started = await environment.signIn.authorize({
    provider: 'corp',
    returnContext: undefined,
    stepUp: undefined,
    loginHint: undefined,
    cookies: undefined,
    address: '192.0.2.7',
    ...more,
  })
  if (started.state === 'failed') return { failure: started.failure, asked: new URLSearchParams(), cookies: [] }
  return { failure: undefined, asked: new URL(started.location).searchParams, cookies: started.cookies }
}

const common = ['openid', 'profile', 'email']

test.each<[string, ProviderKind, readonly string[] | undefined, string]>([
  ['no list: nothing that a provider may refuse', 'generic', undefined, 'openid profile email'],
  ['Dex lists both', 'dex', [...common, 'groups', 'offline_access'], 'openid profile email offline_access groups'],
  ['Canaille lists groups', 'generic', [...common, 'groups', 'address'], 'openid profile email groups'],
  ['GitLab refuses both', 'gitlab', [...common, 'api', 'read_user'], 'openid profile email'],
  ['Cognito refuses both', 'cognito', [...common, 'phone'], 'openid profile email'],
  ['Okta’s org server', 'okta', [...common, 'offline_access', 'groups'], 'openid profile email offline_access groups'],
  ['Okta’s custom server', 'okta', [...common, 'offline_access', 'device_sso'], 'openid profile email offline_access'],
  ['Entra has no scope for groups', 'entra', [...common, 'offline_access'], 'openid profile email offline_access'],
  [
    'Keycloak lists what the client may not have',
    'keycloak',
    [...common, 'offline_access', 'groups'],
    'openid profile email',
  ],
  ['Google refuses offline_access', 'google', common, 'openid profile email'],
])('scopes: %s', async (_name, kind, scopes, expected) => {
  const { asked } = await depart(await at(kind, scopes === undefined ? {} : { scopes }))
  expect(asked.get('scope')).toBe(expected)
})

test('scopes that are configured are requested as they are, listed or not', async () => {
  const provider = await startProviderUnderTest()
  provider.deviation.metadata = (right) => ({ ...right, scopes_supported: [...common, 'groups'] })
  const environment = createSignInEnvironment([
    settingsOf(provider, { scopes: ['openid', 'roles'], scopesWhereListed: [] }),
  ])
  onTestFinished(async () => {
    await environment.stop()
    await provider.stop()
  })
  expect((await depart({ provider, environment })).asked.get('scope')).toBe('openid roles')
})

test('scopes a provider leaves out of its answer are known to the administrator, and forgotten once it grants them', async () => {
  const place = await at('generic', { scopes: [...common, 'groups', 'offline_access'] })
  const { provider, environment } = place
  const report = () => environment.providers.get('corp')!.scopes.report()
  provider.deviation.tokens = (answer) => ({ ...answer, scope: 'openid email profile' })
  signedIn(await environment.enter(provider.visit))
  // The refresh token was issued: that `offline_access` is not listed means nothing (Entra).
  expect(report()).toEqual({ requested: [...common, 'offline_access', 'groups'], missing: ['groups'] })
  provider.deviation.tokens = (answer) => answer
  signedIn(await environment.enter(provider.visit))
  expect(report()).toBeUndefined()
})

test.each(['front channel', 'pushed'])('a refused scope has a page of its own and is reported: %s', async (kind) => {
  const metadata = kind === 'pushed' ? { pushed_authorization_request_endpoint: '' } : {}
  const place = await at('generic', { metadata })
  const { provider, environment } = place
  if (kind === 'pushed') {
    provider.deviation.metadata = (right) => ({
      ...right,
      pushed_authorization_request_endpoint: `${provider.issuer}/par`,
    })
    provider.deviation.reply = (path, response) => {
      if (path !== '/par') return false
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_scope"}')
      return true
    }
  }
  provider.deviation.callback = (back) => {
    back.delete('code')
    back.set('error', 'invalid_scope')
  }
  const result = await environment.enter(provider.visit)
  expect(result).toMatchObject({ state: 'failed', failure: { code: 'scope_refused', detail: 'invalid_scope' } })
  expect(environment.providers.get('corp')!.scopes.report()).toEqual({ requested: common, missing: [] })
})

test('extra parameters are sent, but never in place of the protocol’s own or of a step-up', async () => {
  const place = await at('keycloak', {
    authorizationParams: { kc_idp_hint: 'company', prompt: 'login', state: 'x', acr_values: '1' },
    stepUp: { acrValues: ['2'], essential: false, prompt: undefined, maxAge: undefined },
  })
  const first = (await depart(place)).asked
  expect(first.get('kc_idp_hint')).toBe('company')
  expect(first.get('prompt')).toBe('login')
  expect(first.get('acr_values')).toBe('1')
  expect(first.get('state')).not.toBe('x')
  const stepUp = (await depart(place, { stepUp: { level: 'mfa', maxAge: undefined } })).asked
  expect(stepUp.get('acr_values')).toBe('2')
})

test('Google is asked for a consent, and with it for a refresh token, only where none is held', async () => {
  const place = await at('google')
  const { provider, environment } = place
  expect((await depart(place)).asked.get('prompt')).toBe('consent')
  const session = signedIn(await environment.enter(provider.visit))
  expect((await depart(place, { session })).asked.get('prompt')).toBeNull()
  const silent = { level: 'any', maxAge: undefined, silent: true } as const
  expect((await depart(place, { stepUp: silent, session })).asked.get('prompt')).toBe('none')
  const chosen = await at('google', { authorizationParams: { prompt: 'select_account' } })
  expect((await depart(chosen)).asked.get('prompt')).toBe('select_account')
})

test('a refresh token survives a step-up whose answer brings none', async () => {
  const { provider, environment } = await at('google')
  const session = signedIn(await environment.enter(provider.visit))
  const { refresh } = await environment.tokens(session)
  provider.refreshTokens = false
  const again = signedIn(
    await environment.enter(provider.visit, { previous: session, stepUp: { level: 'any', maxAge: 60_000 } }),
  )
  expect(again.id).toBe(session.id)
  expect((await environment.tokens(again)).refresh).toBe(refresh)
})

test('after a sign-out that the provider takes no part in, the account is chosen again, once', async () => {
  const noEnd = { end_session_endpoint: undefined }
  const place = await at('generic', { metadata: noEnd })
  const cookies = browserCookies([setChooseAccountCookie()])
  const first = await depart(place, { cookies })
  expect(first.asked.get('prompt')).toBe('select_account')
  const after = browserCookies(first.cookies, cookies)
  expect(hasChooseAccountCookie(after)).toBe(false)
  expect((await depart(place, { cookies: after })).asked.get('prompt')).toBeNull()
  const asks = async (other: Place) => (await depart(other, { cookies })).asked.get('prompt')
  expect(await asks(await at('generic'))).toBeNull()
  expect(await asks(await at('cognito', { metadata: noEnd }))).toBeNull()
  expect(await asks(await at('gitlab', { metadata: noEnd }))).toBeNull()
  expect(await asks(await at('google', { metadata: noEnd }))).toBe('select_account consent')
  const unable = { ...noEnd, prompt_values_supported: ['none', 'login'] }
  expect(await asks(await at('generic', { metadata: unable }))).toBeNull()
})

test.each<[ProviderKind, object]>([
  ['auth0', { acr_values: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor' }],
  ['okta', { acr_values: 'urn:okta:loa:2fa:any' }],
  ['adfs', { amr_values: 'ngcmfa' }],
  ['zitadel', { prompt: 'login' }],
])('a step-up at %s asks for %o', async (kind, expected) => {
  const place = await at(kind)
  const session = signedIn(await place.environment.enter(place.provider.visit))
  const { asked } = await depart(place, { stepUp: { level: 'mfa', maxAge: undefined }, session })
  expect(Object.fromEntries(asked)).toMatchObject(expected)
})

test.each<ProviderKind>(['generic', 'gitlab', 'dex', 'cognito', 'google'])(
  'a step-up with nothing to ask %s for says so at once, without a round trip',
  async (kind) => {
    const place = await at(kind)
    const session = signedIn(await place.environment.enter(place.provider.visit))
    const visits = place.provider.hits.get('/authorize')
    const mfa = { level: 'mfa', maxAge: undefined } as const
    expect((await depart(place, { stepUp: mfa, session })).failure).toEqual({
      code: 'step_up_unavailable',
      detail: 'nothing_to_ask_for',
    })
    expect(place.provider.hits.get('/authorize')).toBe(visits)
    // Something can be asked for, or nobody is signed in yet.
    expect((await depart(place, { stepUp: { level: 'mfa', maxAge: 60_000 }, session })).failure).toBeUndefined()
    expect((await depart(place, { stepUp: mfa })).failure).toBeUndefined()
    expect((await depart(place, { stepUp: { level: 'any', maxAge: undefined }, session })).failure).toBeUndefined()
  },
)

test('a first sign-in asks for the level its application requires, without insisting', async () => {
  const stepUp = { acrValues: ['2'], essential: true, prompt: 'login', maxAge: 60_000 }
  const place = await at('keycloak', { stepUp })
  const { asked } = await depart(place, { level: 'mfa' })
  expect(asked.get('acr_values')).toBe('2')
  expect([asked.get('claims'), asked.get('prompt'), asked.get('max_age')]).toEqual([null, null, null])
  const entra = await at('entra', { stepUp: { ...stepUp, acrValues: ['c1'] } })
  expect(JSON.parse((await depart(entra, { level: 'mfa' })).asked.get('claims')!)).toEqual({
    id_token: { acrs: { essential: true, value: 'c1' } },
  })
  // What comes back decides nothing here: the application's rules do.
  expect((await place.environment.enter(place.provider.visit)).state).toBe('signed_in')
})

test('a sign-out at Cognito carries its own parameters, whether its metadata has the endpoint or not', async () => {
  for (const end of [undefined, 'https://pool.auth.example.com/logout']) {
    const place = await at('cognito', { metadata: { end_session_endpoint: end } })
    const session = signedIn(await place.environment.enter(place.provider.visit))
    const url = new URL((await place.environment.signIn.logoutUrl(session, 'an id token'))!)
    expect(`${url.origin}${url.pathname}`).toBe(end ?? `${place.provider.issuer}/logout`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'einlass',
      logout_uri: 'https://access.example.com/signed-out',
    })
  }
})

test('an address of an internationalised domain is known by its ASCII form, and leads to its provider', async () => {
  const place = await at('generic', { domains: ['xn--mnchen-3ya.example'] })
  place.provider.person = { ...place.provider.person, email: 'Kim@München.example' }
  const session = signedIn(await place.environment.enter(place.provider.visit))
  expect(session.subject.email).toBe('kim@xn--mnchen-3ya.example')
  expect(place.environment.signIn.providerOf('kim@MÜNCHEN.example')).toBe('corp')
  expect(place.environment.signIn.providerOf('kim@mu\u0308nchen.example')).toBe('corp')
})
