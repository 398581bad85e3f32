import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  app,
  gateway,
  houseAtProvider,
  openHouse,
  origin,
  settingsOf,
  signedIn,
  type House,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let house: House

beforeEach(() => houseAtProvider((opened) => ({ provider, house } = opened)))

async function begin(start: Partial<Parameters<House['signIn']['authorize']>[0]> = {}) {
  const begun = await house.signIn.authorize({
    provider: 'corp',
    journey: undefined,
    stepUp: undefined,
    loginHint: undefined,
    binding: undefined,
    address: '192.0.2.7',
    ...start,
  })
  if (begun.state === 'failed') throw new Error(`${begun.failure.code}: ${begun.failure.detail}`)
  return begun
}

function back(query: string, binding: string | undefined, name = 'corp') {
  return house.signIn.callback({ provider: name, query, binding, previous: undefined, origin })
}

describe('a sign-in', () => {
  test('makes a session of what the tokens prove, and is recorded once', async () => {
    const session = signedIn(await house.enter(provider.visit))
    expect(session.subject).toMatchObject({
      provider: 'corp',
      sub: 'person-1',
      email: 'ada@example.com',
      groups: ['staff'],
      groupsComplete: true,
    })
    expect(session.authentication).toMatchObject({ amr: ['pwd'], acr: '1', mfa: false })
    expect(session.providerSession).toBe('sid-1')
    const { refresh } = await house.tokens(session)
    expect(refresh).toBeDefined()
    expect(house.events).toHaveLength(1)
    expect(house.events[0]).toMatchObject({ kind: 'authentication', activity: 'sign_in', outcome: 'success' })
    expect(JSON.stringify(house.events)).not.toContain(refresh)
  })

  test('asks with PKCE, state and nonce of 256 bits, and the configured redirect_uri', async () => {
    await house.enter(provider.visit)
    const asked = provider.authorization
    expect(asked.get('code_challenge_method')).toBe('S256')
    for (const name of ['code_challenge', 'state', 'nonce']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/)
    expect(asked.get('redirect_uri')).toBe(`${gateway.origin}/callback/corp`)
    expect(asked.get('response_type')).toBe('code')
    expect(asked.get('response_mode')).toBe('query')
    expect(asked.has('acr_values')).toBe(false)
    expect(provider.tokenRequests[0]!.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  })

  test('pushes the request where the provider takes it, so that the browser carries none of it', async () => {
    provider.deviation = {
      metadata: (metadata) => ({ ...metadata, pushed_authorization_request_endpoint: `${provider.issuer}/par` }),
    }
    const begun = await begin()
    const location = new URL(begun.location)
    expect([...location.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    signedIn(await back(await provider.visit(begun.location), begun.binding))
    expect(provider.hits.get('/par')).toBe(1)
  })

  test('asks UserInfo for what the ID token leaves out', async () => {
    provider.userInfoOnly = ['groups', 'email']
    const session = signedIn(await house.enter(provider.visit))
    expect(session.subject).toMatchObject({ groups: ['staff'], email: 'ada@example.com' })
    expect(provider.hits.get('/userinfo')).toBe(1)
  })

  test('works in parallel tabs, finished in any order, each to its own target', async () => {
    const wiki = await house.signIn.createReturnContext(
      { ...app, target: '/a', app: 'wiki', stepUp: undefined, provider: undefined },
      undefined,
    )
    const erp = await house.signIn.createReturnContext(
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
    expect(later).toMatchObject({ state: 'signed_in', journey: { target: '/b' } })
    expect(earlier).toMatchObject({ state: 'signed_in', journey: { target: '/a' } })
  })

  test('is not begun twice by one answer: a replayed callback sends no token request', async () => {
    const begun = await begin()
    const query = await provider.visit(begun.location)
    signedIn(await back(query, begun.binding))
    const again = await back(query, begun.binding)
    expect(again).toMatchObject({ state: 'failed', failure: { code: 'transaction_unknown' } })
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('of two answers at the same moment one is taken', async () => {
    const begun = await begin()
    const query = await provider.visit(begun.location)
    const both = await Promise.all([back(query, begun.binding), back(query, begun.binding)])
    expect(both.map(({ state }) => state).sort()).toEqual(['failed', 'signed_in'])
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test.each([
    ['none', undefined],
    ['another', 'A'.repeat(43)],
    ['a malformed one', 'x'],
  ])('that comes back in a browser with %s as binding fails, and is spent', async (_name, binding) => {
    const begun = await begin()
    const query = await provider.visit(begun.location)
    expect(await back(query, binding)).toMatchObject({ state: 'failed', failure: { code: 'browser_mismatch' } })
    expect(await back(query, begun.binding)).toMatchObject({ failure: { code: 'transaction_unknown' } })
    expect(provider.tokenRequests).toHaveLength(0)
  })

  test('that was begun more than ten minutes ago fails', async () => {
    const begun = await begin()
    const query = await provider.visit(begun.location)
    house.advance(600_001)
    expect(await back(query, begun.binding)).toMatchObject({ failure: { code: 'transaction_unknown' } })
  })

  test.each(['', '?', '?state=', '?code=x', `?state=${'A'.repeat(43)}&code=x`, `?state=${'A'.repeat(20_000)}`])(
    'nobody began fails without a word to the provider: %.40s',
    async (query) => {
      const result = await back(query, 'A'.repeat(43))
      expect(result).toMatchObject({ state: 'failed', failure: { code: 'transaction_unknown' } })
      expect(house.events).toMatchObject([{ outcome: 'failure', actor: { kind: 'stranger' } }])
      expect(provider.hits.size).toBe(0)
    },
  )

  test("with somebody else's code fails: the provider sees the verifier of this browser", async () => {
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
  ])('the provider answers with %j fails as %s, without a token request', async (error, code) => {
    const begun = await begin()
    const parameters = new URLSearchParams(await provider.visit(begun.location))
    parameters.delete('code')
    parameters.set('error', error)
    expect(await back(`?${parameters}`, begun.binding)).toMatchObject({ state: 'failed', failure: { code } })
    expect(provider.tokenRequests).toHaveLength(0)
    expect(JSON.stringify(house.events)).not.toContain('\\n')
  })
})

describe('two providers', () => {
  let other: ProviderUnderTest
  beforeEach(async () => {
    other = await startProviderUnderTest()
    house.providers.update(
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
    expect(house.signIn.providerChoices()).toEqual([
      { name: 'corp', title: 'Corp' },
      { name: 'partner', title: 'Partner' },
    ])
    expect(house.signIn.providerOf('Bob@Partner.Test')).toBe('partner')
    expect(house.signIn.providerOf('bob@corp.test@partner.test')).toBeUndefined()
    expect(house.signIn.providerOf('bob@nowhere.test')).toBeUndefined()
  })

  test('give two different people, even with the same sub and address', async () => {
    const here = signedIn(await house.enter(provider.visit))
    const there = signedIn(await house.enter(other.visit, { provider: 'partner' }))
    expect([here.subject.provider, there.subject.provider]).toEqual(['corp', 'partner'])
    expect([here.subject.external, there.subject.external]).toEqual([false, true])
  })

  test('are never mixed up: an answer at the wrong callback sends no code anywhere', async () => {
    const begun = await begin()
    const query = await provider.visit(begun.location)
    const result = await back(query, begun.binding, 'partner')
    expect(result).toMatchObject({ failure: { code: 'token_invalid', detail: 'provider_mismatch' } })
    expect([...provider.tokenRequests, ...other.tokenRequests]).toEqual([])
  })

  test.each([
    ['names the other', (parameters: URLSearchParams) => parameters.set('iss', other.issuer), 'iss_mismatch'],
    ['is missing although announced', (parameters: URLSearchParams) => parameters.delete('iss'), 'iss_missing'],
    ['is empty', (parameters: URLSearchParams) => parameters.set('iss', ''), 'iss_mismatch'],
    ['comes twice', (parameters: URLSearchParams) => parameters.append('iss', other.issuer), 'iss_repeated'],
  ])('are told apart by iss: when it %s, no code is sent anywhere', async (_name, callback, detail) => {
    provider.deviation = { callback }
    const result = await house.enter(provider.visit)
    expect(result).toMatchObject({ failure: { code: 'token_invalid', detail } })
    expect([...provider.tokenRequests, ...other.tokenRequests]).toEqual([])
  })
})

describe('a step-up', () => {
  const mfa = { level: 'mfa', maxAge: undefined } as const

  test('asks with an essential acr, and raises the session when it is proven', async () => {
    const previous = signedIn(await house.enter(provider.visit))
    provider.person = { ...provider.person, acr: 'urn:two', amr: ['pwd', 'otp'] }
    const session = signedIn(await house.enter(provider.visit, { stepUp: { level: 'mfa', maxAge: 90_500 }, previous }))
    expect(session).toMatchObject({
      id: previous.id,
      generation: previous.generation + 1,
      authentication: { mfa: true },
    })
    const asked = provider.authorization
    // Both together mean nothing certain (Core 5.5.1.1): oidc-provider then forgets that the claim was essential.
    expect(asked.get('acr_values')).toBeNull()
    expect(JSON.parse(asked.get('claims')!)).toEqual({ id_token: { acr: { essential: true, values: ['urn:two'] } } })
    expect(asked.get('max_age')).toBe('90')
    expect(house.events.at(-1)).toMatchObject({ activity: 'step_up', outcome: 'success', mfa: true })
  })

  test('asks Microsoft Entra for its authentication context, and counts it when it comes back', async () => {
    const stepUp = { acrValues: ['c1'], essential: false, prompt: undefined, maxAge: undefined }
    const entra = openHouse([settingsOf(provider, { kind: 'entra', mfa: { amrAny: [], acrAny: ['c1'] }, stepUp })])
    provider.person = { ...provider.person, acr: undefined, amr: undefined, acrs: ['c1'] }
    const session = signedIn(await entra.enter(provider.visit, { stepUp: mfa }))
    expect(session.authentication).toMatchObject({ mfa: true, acr: 'c1' })
    expect(JSON.parse(provider.authorization.get('claims')!)).toEqual({
      id_token: { acrs: { essential: true, value: 'c1' } },
    })
    await entra.stop()
  })

  test('with Google needs the claims that only come to those who ask', async () => {
    const google = openHouse([settingsOf(provider, { kind: 'google' })])
    signedIn(await google.enter(provider.visit))
    const asked = JSON.parse(provider.authorization.get('claims')!) as { id_token: object }
    expect(Object.keys(asked.id_token)).toEqual(['auth_time', 'amr'])
    await google.stop()
  })

  test('for phishing resistance asks for what proves that', async () => {
    provider.person = { ...provider.person, acr: 'phr' }
    await house.enter(provider.visit, { stepUp: { level: 'phishing_resistant', maxAge: undefined } })
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
  ])('that comes back with %s is not proven, and the session stays as it was', async (_name, claims) => {
    const previous = signedIn(await house.enter(provider.visit))
    provider.person = { ...provider.person, ...claims }
    const result = await house.enter(provider.visit, { stepUp: mfa, previous })
    expect(result).toMatchObject({ state: 'failed', failure: { code: 'step_up_not_proven' } })
    expect(await house.sessions.read(previous.id)).toMatchObject({
      state: 'live',
      session: { generation: previous.generation, authentication: { mfa: false } },
    })
    expect(house.events.at(-1)).toMatchObject({ activity: 'step_up', outcome: 'failure', session: previous.id })
  })

  test.each([
    ['too long ago', () => Math.floor(Date.now() / 1000) - 3600, 'auth_time_too_old'],
    ['at no time', () => undefined, 'auth_time_missing'],
  ])('to a recent sign-in that happened %s is not proven', async (_name, time, detail) => {
    provider.person = { ...provider.person, acr: 'urn:two' }
    provider.deviation = { claims: (claims) => ({ ...claims, auth_time: time() }) }
    const result = await house.enter(provider.visit, { stepUp: { level: 'mfa', maxAge: 60_000 } })
    expect(result).toMatchObject({ failure: { code: 'step_up_not_proven', detail } })
  })

  test('needs multi-factor of its own kind: MFA is no phishing resistance', async () => {
    provider.person = { ...provider.person, acr: 'urn:two' }
    const result = await house.enter(provider.visit, { stepUp: { level: 'phishing_resistant', maxAge: undefined } })
    expect(result).toMatchObject({ failure: { code: 'step_up_not_proven', detail: 'mfa_too_weak' } })
  })

  test('by another person gives them a session of their own, ends the other one, and raises nothing', async () => {
    const previous = signedIn(await house.enter(provider.visit))
    provider.person = { ...provider.person, sub: 'person-2', email: 'bob@example.com' }
    const session = signedIn(await house.enter(provider.visit, { stepUp: mfa, previous }))
    expect(session.id).not.toBe(previous.id)
    expect(session.authentication.mfa).toBe(false)
    expect(await house.sessions.read(previous.id)).toMatchObject({ state: 'none' })
  })
})

describe('a ticket', () => {
  async function issued() {
    const { id, nonce } = await house.signIn.createReturnContext(
      { ...app, target: '/page/7?x=1', app: 'wiki', stepUp: undefined, provider: undefined },
      undefined,
    )
    const returned = await house.enter(provider.visit, { journey: id })
    const session = signedIn(returned)
    const url = new URL(await house.signIn.ticket(session, returned.journey!))
    return { url, nonce, session, ticket: url.searchParams.get('ticket')! }
  }

  test('opens the app host once, for the browser that left from there, to where it wanted to go', async () => {
    const { url, nonce, session, ticket } = await issued()
    expect(url.origin + url.pathname).toBe(`${app.origin}/.einlass/arrive`)
    const arrived = await house.signIn.redeemTicket({ ticket, host: app.host, nonce })
    if (arrived.state !== 'arrived') throw new Error('refused')
    expect(arrived.target).toBe('/page/7?x=1')
    expect(await house.sessions.find(arrived.cookie, app.host)).toMatchObject({ session: { id: session.id } })
    expect(await house.sessions.find(arrived.cookie, 'erp.example.com')).toMatchObject({ state: 'none' })
    expect(await house.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test.each([
    ['at another host', { host: 'erp.example.com' }, 0],
    ['in another browser', { nonce: 'A'.repeat(43) }, 0],
    ['in a browser without nonce', { nonce: undefined }, 0],
    ['after half a minute', {}, 30_001],
  ])('shown %s is refused, and spent', async (_name, changed, wait) => {
    const { nonce, ticket } = await issued()
    house.advance(wait)
    expect(await house.signIn.redeemTicket({ ticket, host: app.host, nonce, ...changed })).toEqual({ state: 'refused' })
    expect(await house.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test('of a session that ended meanwhile is refused', async () => {
    const { nonce, ticket, session } = await issued()
    await house.sessions.end(session.id, 'session_revoked', { kind: 'system' })
    expect(await house.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test('from before a step-up is refused: the session is another generation now', async () => {
    const { nonce, ticket, session } = await issued()
    expect(signedIn(await house.enter(provider.visit, { previous: session })).id).toBe(session.id)
    expect(await house.signIn.redeemTicket({ ticket, host: app.host, nonce })).toEqual({ state: 'refused' })
  })

  test('that was made up is refused before the store is asked', async () => {
    for (const ticket of ['', '*', 'session:1', '{a}', 'A\r\nDEL x', 'A'.repeat(44)]) {
      expect(await house.signIn.redeemTicket({ ticket, host: app.host, nonce: 'A'.repeat(43) })).toEqual({
        state: 'refused',
      })
    }
  })
})

describe('a journey', () => {
  const plain = { ...app, app: 'wiki', stepUp: undefined, provider: undefined }

  test.each(['https://evil.test/', '/\\evil.test', 'evil', '/a\r\nb', '/a b', `/${'a'.repeat(9000)}`])(
    'to %.30j leads to the front page instead',
    async (target) => {
      const { id } = await house.signIn.createReturnContext({ ...plain, target }, undefined)
      expect(await house.signIn.returnContext(id)).toMatchObject({ target: '/' })
    },
  )

  test('on the gateway host needs no nonce', async () => {
    const { id } = await house.signIn.createReturnContext({ ...plain, ...gateway, target: '/requests' }, undefined)
    const journey = await house.signIn.returnContext(id)
    expect(journey).toMatchObject({ target: '/requests' })
    expect(journey?.nonceHash).toBeUndefined()
  })

  test('is forgotten after a quarter of an hour, and nobody can name another one', async () => {
    const { id } = await house.signIn.createReturnContext({ ...plain, target: '/' }, undefined)
    expect(await house.signIn.returnContext(`${id}x`)).toBeUndefined()
    house.advance(900_001)
    expect(await house.signIn.returnContext(id)).toBeUndefined()
  })

  test('through `//` stays on the host it belongs to', async () => {
    const { id, nonce } = await house.signIn.createReturnContext({ ...plain, target: '//evil.test/x' }, undefined)
    const returned = await house.enter(provider.visit, { journey: id })
    const url = new URL(await house.signIn.ticket(signedIn(returned), returned.journey!))
    const arrived = await house.signIn.redeemTicket({ ticket: url.searchParams.get('ticket')!, host: app.host, nonce })
    const target = arrived.state === 'arrived' ? arrived.target : ''
    expect(new URL(target, app.origin).href).toBe(`${app.origin}//evil.test/x`)
  })
})

test('the store holds nothing that could be used as it stands, and forged records open nothing', async () => {
  const begun = await begin()
  const state = new URL(begun.location).searchParams.get('state')!
  const { hashToken } = await import('../../../src/identity/session/opaque-token.ts')
  const key = `transaction:${hashToken(state)}`
  const kept = await house.store.get(key)
  for (const secret of [state, begun.binding, new URL(begun.location).searchParams.get('nonce')!]) {
    expect(kept).not.toContain(secret)
  }
  const forged = await begin()
  const other = new URL(forged.location).searchParams.get('state')!
  await house.store.set(`transaction:${hashToken(other)}`, kept!, 60_000)
  const query = new URLSearchParams(await provider.visit(forged.location))
  expect(await back(`?${query}`, forged.binding)).toMatchObject({ failure: { code: 'transaction_unknown' } })
})
