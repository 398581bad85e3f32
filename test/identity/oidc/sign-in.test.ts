// Sign-in flow: authorization request, callback, several providers, step-up, handoff tickets, return contexts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  app,
  gateway,
  environmentAtProvider,
  createSignInEnvironment,
  origin,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))

async function begin(start: Partial<Parameters<SignInEnvironment['signIn']['authorize']>[0]> = {}) {
  const started = await environment.signIn.authorize({
    provider: 'corp',
    journey: undefined,
    stepUp: undefined,
    loginHint: undefined,
    binding: undefined,
    address: '192.0.2.7',
    ...start,
  })
  if (started.state === 'failed') throw new Error(`${started.failure.code}: ${started.failure.detail}`)
  return started
}

function back(query: string, binding: string | undefined, name = 'corp') {
  return environment.signIn.callback({ provider: name, query, binding, previous: undefined, origin })
}

describe('a sign-in', () => {
  test('creates a session from the verified claims, and is recorded once', async () => {
    const session = signedIn(await environment.enter(provider.visit))
    expect(session.subject).toMatchObject({
      provider: 'corp',
      sub: 'person-1',
      email: 'ada@example.com',
      groups: ['staff'],
      groupsComplete: true,
    })
    expect(session.authentication).toMatchObject({ amr: ['pwd'], acr: '1', mfa: false })
    expect(session.providerSession).toBe('sid-1')
    const { refresh } = await environment.tokens(session)
    expect(refresh).toBeDefined()
    expect(environment.events).toHaveLength(1)
    expect(environment.events[0]).toMatchObject({ kind: 'authentication', activity: 'sign_in', outcome: 'success' })
    expect(JSON.stringify(environment.events)).not.toContain(refresh)
  })

  test('sends PKCE, state and nonce of 256 bits, and the configured redirect_uri', async () => {
    await environment.enter(provider.visit)
    const asked = provider.authorization
    expect(asked.get('code_challenge_method')).toBe('S256')
    for (const name of ['code_challenge', 'state', 'nonce']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/)
    expect(asked.get('redirect_uri')).toBe(`${gateway.origin}/callback/corp`)
    expect(asked.get('response_type')).toBe('code')
    expect(asked.get('response_mode')).toBe('query')
    expect(asked.has('acr_values')).toBe(false)
    expect(provider.tokenRequests[0]!.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  })

  test('uses a pushed authorization request (PAR) when supported, so that the browser carries no parameters', async () => {
    provider.deviation = {
      metadata: (metadata) => ({ ...metadata, pushed_authorization_request_endpoint: `${provider.issuer}/par` }),
    }
    const started = await begin()
    const location = new URL(started.location)
    expect([...location.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    signedIn(await back(await provider.visit(started.location), started.binding))
    expect(provider.hits.get('/par')).toBe(1)
  })

  test('fetches UserInfo for claims the ID token lacks', async () => {
    provider.userInfoOnly = ['groups', 'email']
    const session = signedIn(await environment.enter(provider.visit))
    expect(session.subject).toMatchObject({ groups: ['staff'], email: 'ada@example.com' })
    expect(provider.hits.get('/userinfo')).toBe(1)
  })

  test('works in parallel tabs, completed in any order, each with its own target', async () => {
    const wiki = await environment.signIn.createReturnContext(
      { ...app, target: '/a', app: 'wiki', stepUp: undefined, provider: undefined },
      undefined,
    )
    const erp = await environment.signIn.createReturnContext(
      { ...app, target: '/b', app: 'erp', stepUp: undefined, provider: undefined },
      wiki.nonce,
    )
    expect(erp.nonce).toBe(wiki.nonce)
    const first = await begin({ journey: wiki.id })
    const second = await begin({ journey: erp.id, binding: first.binding })
    expect(second.binding).toBe(first.binding)
    const firstQuery = await provider.visit(first.location)
    const later = await back(await provider.visit(second.location), first.binding)
    const earlier = await back(firstQuery, first.binding)
    expect(later).toMatchObject({ state: 'signed_in', returnContext: { target: '/b' } })
    expect(earlier).toMatchObject({ state: 'signed_in', returnContext: { target: '/a' } })
  })

  test('rejects a replayed callback without a token request', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    signedIn(await back(query, started.binding))
    const again = await back(query, started.binding)
    expect(again).toMatchObject({ state: 'failed', failure: { code: 'transaction_unknown' } })
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('accepts one of two concurrent callbacks', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    const both = await Promise.all([back(query, started.binding), back(query, started.binding)])
    expect(both.map(({ state }) => state).sort()).toEqual(['failed', 'signed_in'])
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test.each([
    ['none', undefined],
    ['another', 'A'.repeat(43)],
    ['a malformed one', 'x'],
  ])('that returns to a browser with binding %s fails, and uses up the state', async (_name, binding) => {
    const started = await begin()
    const query = await provider.visit(started.location)
    expect(await back(query, binding)).toMatchObject({ state: 'failed', failure: { code: 'browser_mismatch' } })
    expect(await back(query, started.binding)).toMatchObject({ failure: { code: 'transaction_unknown' } })
    expect(provider.tokenRequests).toHaveLength(0)
  })

  test('fails more than ten minutes after it started', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    environment.advance(600_001)
    expect(await back(query, started.binding)).toMatchObject({ failure: { code: 'transaction_unknown' } })
  })

  test.each(['', '?', '?state=', '?code=x', `?state=${'A'.repeat(43)}&code=x`, `?state=${'A'.repeat(20_000)}`])(
    'with an unknown state fails without a request to the provider: %.40s',
    async (query) => {
      const result = await back(query, 'A'.repeat(43))
      expect(result).toMatchObject({ state: 'failed', failure: { code: 'transaction_unknown' } })
      expect(environment.events).toMatchObject([{ outcome: 'failure', actor: { kind: 'stranger' } }])
      expect(provider.hits.size).toBe(0)
    },
  )

  test('with an injected code of another user fails: the provider gets the verifier of this browser', async () => {
    const attacker = await begin()
    const stolen = new URLSearchParams(await provider.visit(attacker.location)).get('code')!
    const victim = await begin()
    const query = new URLSearchParams(await provider.visit(victim.location))
    query.set('code', stolen)
    const result = await back(`?${query}`, victim.binding)
    expect(result).toMatchObject({ failure: { code: 'provider_refused', detail: 'invalid_grant' } })
  })

  test.each([
    ['access_denied', 'cancelled'],
    ['login_required', 'provider_refused'],
    ['temporarily_unavailable', 'provider_unreachable'],
    ['unmet_authentication_requirements', 'step_up_not_proven'],
    ['a\r\nb', 'provider_refused'],
  ])('for which the provider returns %j fails as %s, without a token request', async (error, code) => {
    const started = await begin()
    const parameters = new URLSearchParams(await provider.visit(started.location))
    parameters.delete('code')
    parameters.set('error', error)
    expect(await back(`?${parameters}`, started.binding)).toMatchObject({ state: 'failed', failure: { code } })
    expect(provider.tokenRequests).toHaveLength(0)
    expect(JSON.stringify(environment.events)).not.toContain('\\n')
  })
})

describe('two providers', () => {
  let other: ProviderUnderTest
  beforeEach(async () => {
    other = await startProviderUnderTest()
    environment.providers.update(
      new Map([
        ['corp', settingsOf(provider)],
        [
          'partner',
          settingsOf(other, { name: 'partner', title: 'Partner', external: true, domains: ['partner.test'] }),
        ],
      ]),
    )
  })
  afterEach(() => other.stop())

  test('are both offered, and found by the domain of an address', () => {
    expect(environment.signIn.providerChoices()).toEqual([
      { name: 'corp', title: 'Corp' },
      { name: 'partner', title: 'Partner' },
    ])
    expect(environment.signIn.providerOf('Bob@Partner.Test')).toBe('partner')
    expect(environment.signIn.providerOf('bob@corp.test@partner.test')).toBeUndefined()
    expect(environment.signIn.providerOf('bob@nowhere.test')).toBeUndefined()
  })

  test('give two different subjects, even with the same sub and address', async () => {
    const here = signedIn(await environment.enter(provider.visit))
    const there = signedIn(await environment.enter(other.visit, { provider: 'partner' }))
    expect([here.subject.provider, there.subject.provider]).toEqual(['corp', 'partner'])
    expect([here.subject.external, there.subject.external]).toEqual([false, true])
  })

  test('are never mixed up: a response at the wrong callback is not sent to a token endpoint', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    const result = await back(query, started.binding, 'partner')
    expect(result).toMatchObject({ failure: { code: 'token_invalid', detail: 'provider_mismatch' } })
    expect([...provider.tokenRequests, ...other.tokenRequests]).toEqual([])
  })

  test.each([
    ['names the other', (parameters: URLSearchParams) => parameters.set('iss', other.issuer), 'iss_mismatch'],
    ['is missing although announced', (parameters: URLSearchParams) => parameters.delete('iss'), 'iss_missing'],
    ['is empty', (parameters: URLSearchParams) => parameters.set('iss', ''), 'iss_mismatch'],
    ['comes twice', (parameters: URLSearchParams) => parameters.append('iss', other.issuer), 'iss_repeated'],
  ])('are distinguished by iss: when it %s, no code is sent to a token endpoint', async (_name, callback, detail) => {
    provider.deviation = { callback }
    const result = await environment.enter(provider.visit)
    expect(result).toMatchObject({ failure: { code: 'token_invalid', detail } })
    expect([...provider.tokenRequests, ...other.tokenRequests]).toEqual([])
  })
})

describe('a step-up', () => {
  const mfa = { level: 'mfa', maxAge: undefined } as const

  test('requests an essential acr, and steps up the session when it is proven', async () => {
    const previous = signedIn(await environment.enter(provider.visit))
    provider.person = { ...provider.person, acr: 'urn:two', amr: ['pwd', 'otp'] }
    const session = signedIn(
      await environment.enter(provider.visit, { stepUp: { level: 'mfa', maxAge: 90_500 }, previous }),
    )
    expect(session).toMatchObject({
      id: previous.id,
      generation: previous.generation + 1,
      authentication: { mfa: true },
    })
    const asked = provider.authorization
    // Core 5.5.1.1 does not define the combination; oidc-provider then ignores that the claim is essential.
    expect(asked.get('acr_values')).toBeNull()
    expect(JSON.parse(asked.get('claims')!)).toEqual({ id_token: { acr: { essential: true, values: ['urn:two'] } } })
    expect(asked.get('max_age')).toBe('90')
    expect(environment.events.at(-1)).toMatchObject({ activity: 'step_up', outcome: 'success', mfa: true })
  })

  test('requests an authentication context of Microsoft Entra, and accepts it when it is returned', async () => {
    const stepUp = { acrValues: ['c1'], essential: false, prompt: undefined, maxAge: undefined }
    const entra = createSignInEnvironment([
      settingsOf(provider, { kind: 'entra', mfa: { amrAny: [], acrAny: ['c1'] }, stepUp }),
    ])
    provider.person = { ...provider.person, acr: undefined, amr: undefined, acrs: ['c1'] }
    const session = signedIn(await entra.enter(provider.visit, { stepUp: mfa }))
    expect(session.authentication).toMatchObject({ mfa: true, acr: 'c1' })
    expect(JSON.parse(provider.authorization.get('claims')!)).toEqual({
      id_token: { acrs: { essential: true, value: 'c1' } },
    })
    await entra.stop()
  })

  test('at Google requests the claims that are returned only on request', async () => {
    const google = createSignInEnvironment([settingsOf(provider, { kind: 'google' })])
    signedIn(await google.enter(provider.visit))
    const asked = JSON.parse(provider.authorization.get('claims')!) as { id_token: object }
    expect(Object.keys(asked.id_token)).toEqual(['auth_time', 'amr'])
    await google.stop()
  })

  test('for phishing resistance requests its acr values', async () => {
    provider.person = { ...provider.person, acr: 'phr' }
    await environment.enter(provider.visit, { stepUp: { level: 'phishing_resistant', maxAge: undefined } })
    expect(JSON.parse(provider.authorization.get('claims')!)).toEqual({
      id_token: { acr: { essential: true, values: ['phr'] } },
    })
  })

  test.each([
    ['no amr', { acr: undefined, amr: undefined }],
    ['an empty amr', { acr: undefined, amr: [] }],
    ['amr as text', { acr: undefined, amr: 'mfa' }],
    ['a password only', { acr: undefined, amr: ['pwd'] }],
    ['another spelling', { acr: undefined, amr: ['MFA'] }],
    ['a lower acr', { acr: '0', amr: ['pwd'] }],
    ['another acr', { acr: 'urn:other', amr: ['pwd'] }],
  ])('that returns %s is not proven, and the session is unchanged', async (_name, claims) => {
    const previous = signedIn(await environment.enter(provider.visit))
    provider.person = { ...provider.person, ...claims }
    const result = await environment.enter(provider.visit, { stepUp: mfa, previous })
    expect(result).toMatchObject({ state: 'failed', failure: { code: 'step_up_not_proven' } })
    expect(await environment.sessions.read(previous.id)).toMatchObject({
      state: 'live',
      session: { generation: previous.generation, authentication: { mfa: false } },
    })
    expect(environment.events.at(-1)).toMatchObject({ activity: 'step_up', outcome: 'failure', session: previous.id })
  })

  test.each([
    ['from too long ago', () => Math.floor(Date.now() / 1000) - 3600, 'auth_time_too_old'],
    ['without auth_time', () => undefined, 'auth_time_missing'],
  ])('that requires a recent authentication and returns one %s is not proven', async (_name, time, detail) => {
    provider.person = { ...provider.person, acr: 'urn:two' }
    provider.deviation = { claims: (claims) => ({ ...claims, auth_time: time() }) }
    const result = await environment.enter(provider.visit, { stepUp: { level: 'mfa', maxAge: 60_000 } })
    expect(result).toMatchObject({ failure: { code: 'step_up_not_proven', detail } })
  })

  test('to phishing resistance is not satisfied by MFA', async () => {
    provider.person = { ...provider.person, acr: 'urn:two' }
    const result = await environment.enter(provider.visit, {
      stepUp: { level: 'phishing_resistant', maxAge: undefined },
    })
    expect(result).toMatchObject({ failure: { code: 'step_up_not_proven', detail: 'mfa_too_weak' } })
  })

  test('by another user gives them a new session, ends the previous one, and steps up nothing', async () => {
    const previous = signedIn(await environment.enter(provider.visit))
    provider.person = { ...provider.person, sub: 'person-2', email: 'bob@example.com' }
    const session = signedIn(await environment.enter(provider.visit, { stepUp: mfa, previous }))
    expect(session.id).not.toBe(previous.id)
    expect(session.authentication.mfa).toBe(false)
    expect(await environment.sessions.read(previous.id)).toMatchObject({ state: 'none' })
  })
})

describe('a ticket', () => {
  async function issued() {
    const { id, nonce } = await environment.signIn.createReturnContext(
      { ...app, target: '/page/7?x=1', app: 'wiki', stepUp: undefined, provider: undefined },
      undefined,
    )
    const returned = await environment.enter(provider.visit, { journey: id })
    const session = signedIn(returned)
    const url = new URL(await environment.signIn.ticket(session, returned.returnContext!))
    return { url, nonce, session, ticket: url.searchParams.get('ticket')! }
  }

  test('is redeemed once on the app host, by the browser that started there, and returns to its target', async () => {
    const { url, nonce, session, ticket } = await issued()
    expect(url.origin + url.pathname).toBe(`${app.origin}/.einlass/arrive`)
    const arrived = await environment.signIn.redeemTicket({ ticket, host: app.host, nonce })
    if (arrived.state !== 'arrived') throw new Error('refused')
    expect(arrived.target).toBe('/page/7?x=1')
    expect(await environment.sessions.find(arrived.cookie, app.host)).toMatchObject({ session: { id: session.id } })
    expect(await environment.sessions.find(arrived.cookie, 'erp.example.com')).toMatchObject({ state: 'none' })
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test.each([
    ['at another host', { host: 'erp.example.com' }, 0],
    ['in another browser', { nonce: 'A'.repeat(43) }, 0],
    ['in a browser without nonce', { nonce: undefined }, 0],
    ['after half a minute', {}, 30_001],
  ])('presented %s is rejected, and used up', async (_name, changed, wait) => {
    const { nonce, ticket } = await issued()
    environment.advance(wait)
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, nonce, ...changed })).toEqual({
      state: 'refused',
    })
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test('of a session that ended meanwhile is rejected', async () => {
    const { nonce, ticket, session } = await issued()
    await environment.sessions.end(session.id, 'session_revoked', { kind: 'system' })
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test('from before a step-up is rejected: the generation of the session has changed', async () => {
    const { nonce, ticket, session } = await issued()
    expect(signedIn(await environment.enter(provider.visit, { previous: session })).id).toBe(session.id)
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test('that is malformed is rejected without reading the store', async () => {
    for (const ticket of ['', '*', 'session:1', '{a}', 'A\r\nDEL x', 'A'.repeat(44)]) {
      expect(await environment.signIn.redeemTicket({ ticket, host: app.host, nonce: 'A'.repeat(43) })).toEqual({
        state: 'refused',
      })
    }
  })
})

describe('a return context', () => {
  const plain = { ...app, app: 'wiki', stepUp: undefined, provider: undefined }

  test.each(['https://evil.test/', '/\\evil.test', 'evil', '/a\r\nb', '/a b', `/${'a'.repeat(9000)}`])(
    'to %.30j returns to the front page instead',
    async (target) => {
      const { id } = await environment.signIn.createReturnContext({ ...plain, target }, undefined)
      expect(await environment.signIn.returnContext(id)).toMatchObject({ target: '/' })
    },
  )

  test('on the gateway host needs no nonce', async () => {
    const { id } = await environment.signIn.createReturnContext(
      { ...plain, ...gateway, target: '/requests' },
      undefined,
    )
    const journey = await environment.signIn.returnContext(id)
    expect(journey).toMatchObject({ target: '/requests' })
    expect(journey?.nonceHash).toBeUndefined()
  })

  test('expires after 15 minutes, and its id cannot be guessed', async () => {
    const { id } = await environment.signIn.createReturnContext({ ...plain, target: '/' }, undefined)
    expect(await environment.signIn.returnContext(`${id}x`)).toBeUndefined()
    environment.advance(900_001)
    expect(await environment.signIn.returnContext(id)).toBeUndefined()
  })

  test('with a path starting with `//` stays on its host', async () => {
    const { id, nonce } = await environment.signIn.createReturnContext({ ...plain, target: '//evil.test/x' }, undefined)
    const returned = await environment.enter(provider.visit, { journey: id })
    const url = new URL(await environment.signIn.ticket(signedIn(returned), returned.returnContext!))
    const arrived = await environment.signIn.redeemTicket({
      ticket: url.searchParams.get('ticket')!,
      host: app.host,
      nonce,
    })
    const target = arrived.state === 'arrived' ? arrived.target : ''
    expect(new URL(target, app.origin).href).toBe(`${app.origin}//evil.test/x`)
  })
})

test('the store contains no usable secrets, and forged records are rejected', async () => {
  const started = await begin()
  const state = new URL(started.location).searchParams.get('state')!
  const { hashToken } = await import('../../../src/identity/session/opaque-token.ts')
  const key = `transaction:${hashToken(state)}`
  const kept = await environment.store.get(key)
  for (const secret of [state, started.binding, new URL(started.location).searchParams.get('nonce')!]) {
    expect(kept).not.toContain(secret)
  }
  const forged = await begin()
  const other = new URL(forged.location).searchParams.get('state')!
  await environment.store.set(`transaction:${hashToken(other)}`, kept!, 60_000)
  const query = new URLSearchParams(await provider.visit(forged.location))
  expect(await back(`?${query}`, forged.binding)).toMatchObject({ failure: { code: 'transaction_unknown' } })
})
