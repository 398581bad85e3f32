// Sign-in flow: authorization request, callback, several providers, step-up, handoff tickets, return contexts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReturnContexts } from '../../../src/identity/oidc/return-contexts.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  app,
  browserCookies,
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
    returnContext: undefined,
    stepUp: undefined,
    loginHint: undefined,
    cookies: undefined,
    address: '192.0.2.7',
    ...start,
  })
  if (started.state === 'failed') throw new Error(`${started.failure.code}: ${started.failure.detail}`)
  return { ...started, browser: browserCookies(started.cookies, start.cookies) }
}

function back(query: string, cookies: string | undefined, name = 'corp') {
  return environment.signIn.callback({ provider: name, query, cookies, previous: undefined, origin })
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
    signedIn(await back(await provider.visit(started.location), started.browser))
    expect(provider.hits.get('/par')).toBe(1)
  })

  test('fetches UserInfo for claims the ID token lacks', async () => {
    provider.userInfoOnly = ['groups', 'email']
    const session = signedIn(await environment.enter(provider.visit))
    expect(session.subject).toMatchObject({ groups: ['staff'], email: 'ada@example.com' })
    expect(provider.hits.get('/userinfo')).toBe(1)
  })

  test('works in ten parallel tabs, completed in any order, each with its own target', async () => {
    const { create, open } = environment.signIn.returnContexts
    const at = (target: string) => ({ ...app, target, app: 'wiki', stepUp: undefined, provider: undefined })
    // Ten tabs restored at once: none of the requests carries a cookie yet.
    const tabs = Array.from({ length: 10 }, (_, index) => create(at(`/${index}`), undefined))
    const onApp = browserCookies(tabs.flatMap(({ cookies }) => cookies))
    const left = await Promise.all(tabs.map(({ journey }) => begin({ returnContext: open(journey) })))
    let onGateway = browserCookies(left.flatMap(({ cookies }) => cookies))
    expect(onGateway.length).toBeLessThan(6000)
    for (const index of [3, 9, 0, 8, 1, 7, 2, 6, 4, 5]) {
      const returned = await back(await provider.visit(left[index]!.location), onGateway)
      onGateway = browserCookies(returned.cookies, onGateway)
      const session = signedIn(returned)
      const url = new URL(await environment.signIn.ticket(session, returned.returnContext!))
      const ticket = url.searchParams.get('ticket')!
      const arrived = await environment.signIn.redeemTicket({ ticket, host: app.host, cookies: onApp })
      expect(arrived).toMatchObject({ state: 'arrived', target: `/${index}` })
    }
    expect(onGateway).toBe('')
  })

  test('rejects a replayed callback without a token request', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    signedIn(await back(query, started.browser))
    const again = await back(query, started.browser)
    expect(again).toMatchObject({ state: 'failed', failure: { code: 'transaction_unknown' } })
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('accepts one of two concurrent callbacks', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    const both = await Promise.all([back(query, started.browser), back(query, started.browser)])
    expect(both.map(({ state }) => state).sort()).toEqual(['failed', 'signed_in'])
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test.each([
    ['none', undefined, 'browser_mismatch'],
    ['that of another', () => begin(), 'transaction_unknown'],
    ['a forged one', async () => ({ browser: '__Host-einlass-signin-x=1.AAAAAAAA.AAAA' }), 'transaction_unknown'],
  ])('that returns to a browser with %s cookie fails there, without a token request', async (_name, other, code) => {
    const started = await begin()
    const query = await provider.visit(started.location)
    expect(await back(query, (await other?.())?.browser)).toMatchObject({ state: 'failed', failure: { code } })
    expect(provider.tokenRequests).toHaveLength(0)
    // Whoever only knows the URL cannot spoil the sign-in of the browser that began it.
    signedIn(await back(query, started.browser))
  })

  test.each([
    ['under the name of another', (name: string, value: string) => `${name.slice(0, -1)}_=${value}`],
    ['changed', (name: string, value: string) => `${name}=${value.slice(0, -2)}AA`],
    ['twice, with two values', (name: string, value: string) => `${name}=${value}; ${name}=${value}x`],
    ['sealed for another purpose', (name: string) => `${name}=${createSeal([]).seal('x', name, '[]')}`],
  ])('whose cookie comes back %s is unknown', async (_name, change) => {
    const started = await begin()
    const query = await provider.visit(started.location)
    const [, name, value] = /^([^=]+)=(.*)$/.exec(started.browser)!
    const result = await back(query, change(name!, value!))
    expect(result).toMatchObject({ state: 'failed', failure: { code: 'transaction_unknown' } })
    expect(provider.tokenRequests).toHaveLength(0)
  })

  test('fails more than ten minutes after it started', async () => {
    const started = await begin()
    const query = await provider.visit(started.location)
    environment.advance(600_001)
    expect(await back(query, started.browser)).toMatchObject({ failure: { code: 'transaction_unknown' } })
  })

  test.each(['', '?', '?state=', '?code=x', `?state=${'A'.repeat(43)}&code=x`, `?state=${'A'.repeat(16_000)}`])(
    'with an unknown state fails without a request to the provider: %.40s',
    async (query) => {
      const result = await back(query, '__Host-einlass=x')
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
    const result = await back(`?${query}`, victim.browser)
    expect(result).toMatchObject({ failure: { code: 'provider_refused', detail: 'invalid_grant' } })
  })

  test.each([
    ['access_denied', 'cancelled'],
    ['login_required', 'provider_error'],
    ['temporarily_unavailable', 'provider_error'],
    ['unmet_authentication_requirements', 'step_up_not_proven'],
    ['a\r\nb', 'provider_error'],
  ])('for which the provider returns %j fails as %s, without a token request', async (error, code) => {
    const started = await begin()
    const parameters = new URLSearchParams(await provider.visit(started.location))
    parameters.delete('code')
    parameters.set('error', error)
    expect(await back(`?${parameters}`, started.browser)).toMatchObject({ state: 'failed', failure: { code } })
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
    const result = await back(query, started.browser, 'partner')
    expect(result).toMatchObject({ failure: { code: 'response_invalid', detail: 'provider_mismatch' } })
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
    expect(result).toMatchObject({ failure: { code: 'response_invalid', detail } })
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
    ['from too long ago', () => Math.floor(Date.now() / 1000) - 3600, 'step_up_not_proven', 'auth_time_too_old'],
    ['without auth_time', () => undefined, 'auth_time_missing', 'auth_time_missing'],
  ])('that requires a recent authentication and returns one %s is not proven', async (_name, time, code, detail) => {
    provider.person = { ...provider.person, acr: 'urn:two' }
    provider.deviation = { claims: (claims) => ({ ...claims, auth_time: time() }) }
    const result = await environment.enter(provider.visit, { stepUp: { level: 'mfa', maxAge: 60_000 } })
    expect(result).toMatchObject({ failure: { code, detail } })
  })

  test('to phishing resistance is not satisfied by MFA', async () => {
    provider.person = { ...provider.person, acr: 'urn:two' }
    const result = await environment.enter(provider.visit, {
      stepUp: { level: 'phishing_resistant', maxAge: undefined },
    })
    expect(result).toMatchObject({ failure: { code: 'step_up_not_proven', detail: 'mfa_too_weak' } })
  })

  test('by another user fails, and the session goes on as it was', async () => {
    const previous = signedIn(await environment.enter(provider.visit))
    const before = await environment.tokens(previous)
    provider.person = { ...provider.person, sub: 'person-2', email: 'bob@example.com', acr: 'urn:two' }
    expect(await environment.enter(provider.visit, { stepUp: mfa, previous })).toMatchObject({
      failure: { code: 'other_account' },
    })
    expect(await environment.sessions.read(previous.id)).toMatchObject({ session: { subject: { sub: 'person-1' } } })
    expect(await environment.tokens(previous)).toEqual(before)
    expect(await environment.sessions.all()).toHaveLength(1)
  })

  test('without interaction by another user gives them a new session, ends the previous one, and steps up nothing', async () => {
    const previous = signedIn(await environment.enter(provider.visit))
    provider.person = { ...provider.person, sub: 'person-2', email: 'bob@example.com' }
    const stepUp = { level: 'any', maxAge: undefined, silent: true } as const
    const session = signedIn(await environment.enter(provider.visit, { stepUp, previous }))
    expect(session.id).not.toBe(previous.id)
    expect(session.authentication.mfa).toBe(false)
    expect(await environment.sessions.read(previous.id)).toMatchObject({ state: 'none' })
  })
})

describe('a ticket', () => {
  async function issued() {
    const { journey, cookies: set } = environment.signIn.returnContexts.create(
      { ...app, target: '/page/7?x=1', app: 'wiki', stepUp: undefined, provider: undefined },
      undefined,
    )
    const returnContext = environment.signIn.returnContexts.open(journey)!
    const returned = await environment.enter(provider.visit, { returnContext })
    const session = signedIn(returned)
    const url = new URL(await environment.signIn.ticket(session, returned.returnContext!))
    return { url, cookies: browserCookies(set), session, ticket: url.searchParams.get('ticket')! }
  }

  test('is redeemed once on the app host, by the browser that started there, and returns to its target', async () => {
    const { url, cookies, session, ticket } = await issued()
    expect(url.origin + url.pathname).toBe(`${app.origin}/.einlass/arrive`)
    const arrived = await environment.signIn.redeemTicket({ ticket, host: app.host, cookies })
    if (arrived.state !== 'arrived') throw new Error('refused')
    expect(arrived.target).toBe('/page/7?x=1')
    expect(await environment.sessions.find(arrived.cookie, app.host)).toMatchObject({ session: { id: session.id } })
    expect(await environment.sessions.find(arrived.cookie, 'erp.example.com')).toMatchObject({ state: 'none' })
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, cookies })).toEqual({ state: 'refused' })
  })

  test.each([
    ['at another host', { host: 'erp.example.com' }, 0],
    ['in another browser', { cookies: `__Host-einlass-page-x=1.a.${'A'.repeat(43)}` }, 0],
    ['in a browser without cookies', { cookies: undefined }, 0],
    ['after half a minute', {}, 30_001],
  ])('presented %s is rejected, and used up', async (_name, changed, wait) => {
    const { cookies, ticket } = await issued()
    environment.advance(wait)
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, cookies, ...changed })).toEqual({
      state: 'refused',
    })
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, cookies })).toEqual({ state: 'refused' })
  })

  test('of a session that ended meanwhile is rejected', async () => {
    const { cookies, ticket, session } = await issued()
    await environment.sessions.end(session.id, 'session_revoked', { kind: 'system' })
    expect(await environment.signIn.redeemTicket({ ticket, host: app.host, cookies })).toEqual({ state: 'refused' })
  })

  test('from before a step-up in another tab opens what its own sign-in proved', async () => {
    const { cookies, ticket, session } = await issued()
    provider.person['amr'] = ['otp']
    const steppedUp = signedIn(await environment.enter(provider.visit, { previous: session }))
    expect(steppedUp).toMatchObject({ id: session.id, generation: 2, authentication: { mfa: true } })
    const arrived = await environment.signIn.redeemTicket({ ticket, host: app.host, cookies })
    if (arrived.state !== 'arrived') throw new Error('refused')
    expect(await environment.sessions.find(arrived.cookie, app.host)).toMatchObject({
      session: { id: session.id, generation: 1, authentication: { mfa: false } },
    })
  })

  test('that is malformed is rejected without reading the store', async () => {
    for (const ticket of ['', '*', 'session:1', '{a}', 'A\r\nDEL x', 'A'.repeat(44)]) {
      expect(await environment.signIn.redeemTicket({ ticket, host: app.host, cookies: undefined })).toEqual({
        state: 'refused',
      })
    }
  })
})

describe('a return context', () => {
  const plain = { ...app, app: 'wiki', stepUp: undefined, provider: undefined }
  const { create, open, takePage } = {
    create: (...given: Parameters<ReturnContexts['create']>) => environment.signIn.returnContexts.create(...given),
    open: (journey: string) => environment.signIn.returnContexts.open(journey),
    takePage: (...given: Parameters<ReturnContexts['takePage']>) =>
      (environment.signIn.returnContexts as ReturnContexts).takePage(...given),
  }
  const targetOf = ({ journey, cookies }: ReturnType<ReturnContexts['create']>, host = app.host) =>
    takePage(host, browserCookies(cookies), open(journey)!.page!)?.target

  test.each([
    ['https://evil.test/', '/'],
    ['/\\evil.test', '/%5Cevil.test'],
    ['evil', '/'],
    ['/a\r\nb', '/'],
    ['/a b', '/'],
    [`/${'a'.repeat(9000)}`, '/'],
    [`/page?${'a'.repeat(9000)}`, '/page'],
    [`/page?${'a'.repeat(2600)}`, `/page?${'a'.repeat(2600)}`],
  ])('to %.30j returns to %.30j', (target, returned) => {
    const made = create({ ...plain, target }, undefined)
    expect(made.cookies).toHaveLength(1)
    expect(made.cookies[0]!.split(';')[0]!.length).toBeLessThan(4096)
    expect(targetOf(made)).toBe(returned)
  })

  test('keeps the target in a cookie of the app host, and nothing readable in the URL', () => {
    const made = create({ ...plain, target: '/secret-page' }, undefined)
    for (const text of [made.journey, ...made.cookies]) {
      expect(text).not.toContain('secret-page')
      expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('secret-page')
    }
    expect(made.cookies[0]).toMatch(
      /^__Host-einlass-page-[\w-]{16}=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=57600$/,
    )
  })

  test('of one app is worth nothing at another, nor in another browser', () => {
    const made = create({ ...plain, target: '/a' }, undefined)
    expect(targetOf(made, 'erp.example.com')).toBeUndefined()
    const theirs = create({ ...plain, target: '/theirs' }, undefined)
    expect(takePage(app.host, browserCookies(theirs.cookies), open(made.journey)!.page!)).toBeUndefined()
    // Their sealed page under the name of ours.
    const swapped = browserCookies(theirs.cookies).replace(open(theirs.journey)!.page!.id, open(made.journey)!.page!.id)
    expect(takePage(app.host, swapped, open(made.journey)!.page!)).toBeUndefined()
  })

  test('on the gateway host needs no cookie', () => {
    const { journey, cookies } = create({ ...plain, ...gateway, target: '/requests' }, undefined)
    expect(open(journey)).toMatchObject({ target: '/requests', page: undefined })
    expect(cookies).toEqual([])
  })

  test('outlives a working day, however often it is sealed again, and cannot be forged', () => {
    const { journey } = create({ ...plain, target: '/' }, undefined)
    expect(open(`${journey}x`)).toBeUndefined()
    expect(open(journey.replace(/^../, 'AA'))).toBeUndefined()
    environment.advance(57_500_000)
    const again = environment.signIn.returnContexts.seal(open(journey)!)
    environment.advance(100_001)
    expect([open(journey), open(again)]).toEqual([undefined, undefined])
  })

  test('of scripts that ask again and again is one cookie', () => {
    const first = create({ ...plain, target: '/' }, undefined, true)
    const again = create({ ...plain, target: '/' }, browserCookies(first.cookies), true)
    expect(again.cookies).toEqual([])
    expect(takePage(app.host, browserCookies(first.cookies), open(again.journey)!.page!)?.target).toBe('/')
  })

  test('with a path starting with `//` stays on its host', async () => {
    const made = create({ ...plain, target: '//evil.test/x' }, undefined)
    const returned = await environment.enter(provider.visit, { returnContext: open(made.journey)! })
    const url = new URL(await environment.signIn.ticket(signedIn(returned), returned.returnContext!))
    const arrived = await environment.signIn.redeemTicket({
      ticket: url.searchParams.get('ticket')!,
      host: app.host,
      cookies: browserCookies(made.cookies),
    })
    const target = arrived.state === 'arrived' ? arrived.target : ''
    expect(new URL(target, app.origin).href).toBe(`${app.origin}//evil.test/x`)
  })
})

describe('what strangers begin is kept by strangers', () => {
  test('a thousand of them leave nothing in the store, and shut nobody out', async () => {
    const keys: string[] = []
    const { store } = environment
    const watched: Store = {
      ...store,
      set: (key, ...rest) => (keys.push(key), store.set(key, ...rest)),
      add: (key, ...rest) => (keys.push(key), store.add(key, ...rest)),
      addMember: (key, ...rest) => (keys.push(key), store.addMember(key, ...rest)),
      increment: (key, ...rest) => (keys.push(key), store.increment(key, ...rest)),
    }
    const own = createSignInEnvironment([settingsOf(provider)], { store: watched })
    for (let index = 0; index < 1000; index++) {
      const { journey } = own.signIn.returnContexts.create(
        { ...app, target: `/${index}`, app: 'wiki', stepUp: undefined, provider: undefined },
        undefined,
      )
      const started = await own.signIn.authorize({
        provider: 'corp',
        returnContext: own.signIn.returnContexts.open(journey),
        stepUp: undefined,
        loginHint: undefined,
        cookies: undefined,
        address: `198.51.100.${index % 250}`,
      })
      if (started.state !== 'redirect') throw new Error(started.failure.code)
      const state = new URL(started.location).searchParams.get('state')!
      // Every fourth comes back with a code it made up.
      if (index % 4 === 0) {
        const query = `?${new URLSearchParams({ state, code: 'made-up', iss: provider.issuer })}`
        const cookies = browserCookies(started.cookies)
        await own.signIn.callback({ provider: 'corp', query, cookies, previous: undefined, origin })
      }
      await own.signIn.drafts.keep({ reason: 'x' }, { signedIn: false, address: '198.51.100.1', cookies: undefined })
    }
    expect(keys).toEqual([])
    signedIn(await own.enter(provider.visit))
    expect(keys.some((key) => key.startsWith('signin:'))).toBe(true)
    await own.stop()
  })

  test('cookies of one browser are bounded in number and bytes: the oldest are dropped', async () => {
    let onGateway = ''
    let onApp = ''
    for (let index = 0; index < 60; index++) {
      const target = `/${index}?${'x'.repeat(index % 7 === 0 ? 2500 : 40)}`
      const made = environment.signIn.returnContexts.create(
        { ...app, target, app: 'wiki', stepUp: undefined, provider: undefined },
        onApp,
      )
      onApp = browserCookies(made.cookies, onApp)
      const started = await begin({
        returnContext: environment.signIn.returnContexts.open(made.journey),
        cookies: onGateway,
      })
      onGateway = started.browser
      for (const field of [onApp, onGateway]) {
        expect(field.length).toBeLessThanOrEqual(6000)
        expect(field.split('; ').length).toBeLessThanOrEqual(20)
      }
      signedIn(await back(await provider.visit(started.location), onGateway))
    }
  })

  test('a sign-in begun on one node ends on another, once', async () => {
    const [seal, clock] = [createSeal([Buffer.alloc(32, 1)]), { offset: 0 }]
    const store = createMemoryStore({ now: Date.now })
    const [a, b] = [0, 1].map(() => createSignInEnvironment([settingsOf(provider)], { store, seal, clock }))
    const started = await a!.signIn.authorize({
      provider: 'corp',
      returnContext: undefined,
      stepUp: undefined,
      loginHint: undefined,
      cookies: undefined,
      address: origin.address,
    })
    if (started.state !== 'redirect') throw new Error(started.failure.code)
    const query = await provider.visit(started.location)
    const answer = { provider: 'corp', query, cookies: browserCookies(started.cookies), previous: undefined, origin }
    signedIn(await b!.signIn.callback(answer))
    // With the cookie that was removed, as from a copy of the browser profile.
    expect(await a!.signIn.callback(answer)).toMatchObject({ failure: { code: 'transaction_unknown', detail: 'used' } })
    expect(await b!.signIn.callback(answer)).toMatchObject({ failure: { code: 'transaction_unknown', detail: 'used' } })
    expect(provider.tokenRequests).toHaveLength(1)
    await a!.stop()
    await b!.stop()
    await store.close()
  })

  test('a key that was rotated out opens no pending sign-in; one that is still configured does', async () => {
    const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    const store = createMemoryStore({ now: Date.now })
    const withKeys = (...keys: Buffer[]) =>
      createSignInEnvironment([settingsOf(provider)], { store, seal: createSeal(keys) })
    const [before, rotated, gone] = [withKeys(old), withKeys(fresh, old), withKeys(fresh)]
    const { journey } = before.signIn.returnContexts.create(
      { ...gateway, target: '/requests', app: undefined, stepUp: undefined, provider: undefined },
      undefined,
    )
    expect(rotated.signIn.returnContexts.open(journey)).toMatchObject({ target: '/requests' })
    expect(gone.signIn.returnContexts.open(journey)).toBeUndefined()
    for (const one of [before, rotated, gone]) await one.stop()
    await store.close()
  })
})
