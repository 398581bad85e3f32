// Revalidation by refresh grant: new claims, rotation, ended sessions, races between nodes, unreachable providers and stores.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Session, Tokens } from '../../../src/identity/session/session.ts'
import { createRedisStore } from '../../../src/store/redis.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../../src/store/store.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { startRedis } from '../../support/redis.ts'
import {
  environmentAtProvider,
  createSignInEnvironment,
  quickKeys,
  settingsOf,
  signedIn,
  type Clock,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment
let session: Session
let given: Tokens

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened), quickKeys))
beforeEach(() => void (provider.now = environment.now))

async function enter(claims: Record<string, unknown> = {}): Promise<void> {
  provider.person = { ...provider.person, ...claims }
  session = signedIn(await environment.enter(provider.visit))
  given = await environment.tokens(session)
  provider.tokenRequests.length = 0
}

async function live(): Promise<Session> {
  const found = await environment.sessions.read(session.id)
  if (found.state !== 'live') throw new Error(found.state)
  return found.session
}

describe('revalidation', () => {
  test('takes over new claims, updates validatedAt, and does not move the end', async () => {
    await enter({ groups: ['staff', 'admins'] })
    provider.person = { ...provider.person, groups: ['staff'] }
    environment.advance(300_000)
    const result = await environment.revalidation.revalidate(session)
    expect(result).toMatchObject({ state: 'confirmed', session: { subject: { groups: ['staff'] } } })
    const after = await live()
    expect(after.validatedAt).toBeGreaterThan(session.validatedAt)
    expect(after.revalidateAt - after.validatedAt).toBe(300_000)
    expect(after.endsAt).toBe(session.endsAt)
    expect((await environment.tokens(session)).refresh).not.toBe(given.refresh)
    expect(environment.events.at(-1)).toMatchObject({
      activity: 'refresh',
      outcome: 'success',
      detail: 'claims_changed',
    })
  })

  test('uses the rotated token each time', async () => {
    await enter()
    for (let round = 0; round < 4; round += 1) {
      environment.advance(300_000)
      expect(await environment.revalidation.revalidate(await live())).toMatchObject({ state: 'confirmed' })
    }
    expect(new Set(provider.tokenRequests.map((form) => form.get('refresh_token'))).size).toBe(4)
  })

  test('fifty times at once on one node is one token request, and every call gets the result', async () => {
    await enter()
    environment.advance(300_000)
    const results = await Promise.all(Array.from({ length: 50 }, () => environment.revalidation.revalidate(session)))
    expect(new Set(results.map(({ state }) => state))).toEqual(new Set(['confirmed']))
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('with the session as it was before a refresh sends no request', async () => {
    await enter()
    environment.advance(300_000)
    await environment.revalidation.revalidate(session)
    expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('keeps the authentication when the new token does not repeat it, and lowers it when the token states less', async () => {
    await enter({ acr: 'urn:two', amr: ['mfa'] })
    provider.deviation = { claims: ({ acr: _acr, amr: _amr, auth_time: _time, ...claims }) => claims }
    environment.advance(300_000)
    const kept = await environment.revalidation.revalidate(session)
    expect(kept).toMatchObject({ session: { authentication: session.authentication } })
    provider.deviation = { claims: (claims) => ({ ...claims, acr: '1', amr: ['pwd'] }) }
    environment.advance(300_000)
    expect(await environment.revalidation.revalidate(await live())).toMatchObject({
      session: { authentication: { mfa: false, acr: '1' } },
    })
  })

  test('fetches UserInfo when the response has no ID token', async () => {
    await enter({ groups: ['staff', 'admins'] })
    provider.refreshIdToken = false
    provider.person = { ...provider.person, groups: ['staff'] }
    expect(await environment.revalidation.revalidate(session)).toMatchObject({
      session: {
        subject: { groups: ['staff'], email: 'ada@example.com' },
      },
    })
    expect((await environment.tokens(session)).idToken).toBe(given.idToken)
  })
})

describe('a session ends when the provider', () => {
  async function ends(detail: string): Promise<void> {
    expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'ended' })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
    const refreshes = environment.events.filter(
      (event) => event.kind === 'authentication' && event.activity === 'refresh',
    )
    expect(refreshes).toMatchObject([{ outcome: 'failure', reason: 'session_revoked', detail }])
  }

  beforeEach(() => enter())

  test('refuses the refresh: the account was disabled', async () => {
    provider.disabled = true
    await ends('invalid_grant')
  })

  test.each(['invalid_request', 'unauthorized_client', 'access_denied', 'consent_required'])(
    'responds with %s',
    async (error) => {
      provider.deviation = token(400, { error })
      await ends(error)
    },
  )

  test('returns another subject', async () => {
    provider.deviation = { claims: (claims) => ({ ...claims, sub: 'person-2' }) }
    await ends('sub_changed')
  })

  test('repeats the nonce of another sign-in', async () => {
    provider.deviation = { claims: (claims) => ({ ...claims, nonce: 'other' }) }
    await ends('nonce_mismatch')
  })

  test('sends a token of another issuer', async () => {
    provider.deviation = { claims: (claims) => ({ ...claims, iss: 'https://evil.test' }) }
    await ends('iss_mismatch')
  })

  test('sends a token with an invalid signature', async () => {
    provider.deviation = { idToken: (right) => right.replace(/[^.]+$/, 'A'.repeat(86)) }
    await ends('signature_invalid')
  })

  test('was removed from the configuration', async () => {
    environment.providers.update(new Map())
    await ends('provider_removed')
  })

  test('is another issuer under the same name, which never gets the token', async () => {
    const other = await startProviderUnderTest()
    environment.providers.update(new Map([['corp', settingsOf(other)]]))
    await ends('provider_removed')
    expect(other.tokenRequests).toEqual([])
    await other.stop()
  })
})

describe('a provider that is unreachable', () => {
  beforeEach(() => enter())

  async function expectUnreachable(): Promise<void> {
    expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
    expect((await live()).validatedAt).toBe(session.validatedAt)
  }

  test.each([
    ['returns 500', token(500, {})],
    ['returns 503 with an error', token(503, { error: 'temporarily_unavailable' })],
    ['returns slow_down', token(429, { error: 'slow_down' })],
    ['returns an HTML page', token(200, '<html>')],
    ['returns an empty body', token(200, '')],
    ['returns unrelated JSON', token(200, { hello: 'world' })],
    ['rejects the client credentials', token(401, { error: 'invalid_client' })],
    [
      'closes the connection',
      { reply: (path: string, response: { destroy(): unknown }) => path === '/token' && !!response.destroy() },
    ],
  ])('because it %s leaves the session to its grace, and is asked again', async (_name, deviation) => {
    provider.deviation = deviation
    await expectUnreachable()
    provider.deviation = {}
    expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  })

  test('recovers without a restart', async () => {
    await provider.pause()
    await expectUnreachable()
    await provider.resume()
    expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  })

  test('after it rotated the token does no harm: the new token is kept', async () => {
    provider.deviation = { tokens: (answer) => ({ ...(answer as object), id_token: undefined, expires_in: 'soon' }) }
    await expectUnreachable()
    expect((await environment.tokens(session)).refresh).not.toBe(given.refresh)
    provider.deviation = {}
    expect(await environment.revalidation.revalidate(await live())).toMatchObject({ state: 'confirmed' })
  })

  test('because its new key is not published: the rotated token is kept until it is', async () => {
    await provider.rotateKey()
    provider.deviation = { header: (header) => ({ ...header, kid: 'not published' }) }
    await expectUnreachable()
    expect((await environment.tokens(session)).refresh).not.toBe(given.refresh)
    provider.deviation = {}
    expect(await environment.revalidation.revalidate(await live())).toMatchObject({ state: 'confirmed' })
  }, 20_000)
})

describe('without a refresh token', () => {
  beforeEach(async () => {
    provider.refreshTokens = false
    await enter()
  })

  test('a session lives for twelve intervals, unconfirmed, and then requires a new sign-in', async () => {
    for (let round = 1; round < 12; round += 1) {
      environment.advance(299_000)
      environment.sessions.touch(session)
      expect(await environment.revalidation.revalidate(await live())).toMatchObject({
        state: 'confirmed',
        session: { validatedAt: session.validatedAt },
      })
    }
    expect((await live()).version).toBe(session.version + 11)
    await environment.revalidation.revalidate(await live())
    expect((await live()).version).toBe(session.version + 11)
    environment.advance(312_000)
    expect(await environment.revalidation.revalidate(await live())).toEqual({ state: 'ended' })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_expired' })
    expect(provider.tokenRequests).toEqual([])
  })
})

describe('a race', () => {
  beforeEach(() => enter())

  /** Holds the next token response until `release` is called. */
  function holdToken(): { reached: Promise<void>; release: () => void } {
    let release = (): void => undefined
    let arrive = (): void => undefined
    const reached = new Promise<void>((resolve) => (arrive = resolve))
    const gate = new Promise<void>((resolve) => (release = resolve))
    provider.deviation = {
      async idToken(right) {
        arrive()
        await gate
        return right
      },
    }
    return { reached, release }
  }

  test('with the end of the session is won by the end: the late response does not revive it', async () => {
    const { reached, release } = holdToken()
    const pending = environment.revalidation.revalidate(session)
    await reached
    await environment.sessions.end(session.id, 'session_revoked', { kind: 'system' })
    release()
    expect(await pending).toEqual({ state: 'ended' })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
    expect(await environment.sessions.all()).toEqual([])
  })

  test('with a step-up is won by the step-up: its tokens and claims stay', async () => {
    const { reached, release } = holdToken()
    const pending = environment.revalidation.revalidate(session)
    await reached
    provider.deviation = {}
    provider.person = { ...provider.person, acr: 'urn:two' }
    const steppedUp = signedIn(await environment.enter(provider.visit, { previous: session }))
    const stepped = await environment.tokens(steppedUp)
    release()
    expect(await pending).toMatchObject({ state: 'confirmed', session: { generation: steppedUp.generation } })
    expect(await live()).toMatchObject({ authentication: { mfa: true } })
    expect(await environment.tokens(steppedUp)).toEqual(stepped)
  })

  test('with another write keeps both: the pinned device and the rotated token', async () => {
    const { reached, release } = holdToken()
    const pending = environment.revalidation.revalidate(session)
    await reached
    await environment.sessions.update(session, { device: 'laptop-1' })
    release()
    expect(await pending).toMatchObject({ state: 'confirmed', session: { device: 'laptop-1' } })
    expect((await environment.tokens(session)).refresh).not.toBe(given.refresh)
  })
})

test('a store that fails after the token was rotated does not cost the session', async () => {
  await environment.stop()
  const clock: Clock = { offset: 0 }
  const memory = createMemoryStore({ now: () => Date.now() + clock.offset })
  let failing = false
  // The real store, except that its responses get lost while `failing`.
  const store: Store = new Proxy(memory, {
    get(target, name: keyof Store) {
      const value = target[name]
      if (typeof value !== 'function' || !['replace'].includes(name)) return value
      return (...parts: never[]) =>
        failing ? Promise.reject(new StoreUnreachable('lost')) : (value as (...all: never[]) => unknown)(...parts)
    },
  })
  environment = createSignInEnvironment([settingsOf(provider)], { store, clock })
  await enter()
  failing = true
  expect(await environment.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
  expect(provider.tokenRequests).toHaveLength(1)
  failing = false
  expect(await environment.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  await memory.close()
})

test('a node that missed all announcements does not use the token another node has used', async () => {
  const clock: Clock = { offset: 0 }
  const store = createMemoryStore({ now: () => Date.now() + clock.offset })
  // Pub/sub loses everything: the second node learns of changes only from the log.
  const withoutHints: Store = new Proxy(store, {
    get: (target, name: keyof Store) => (name === 'onHint' ? () => undefined : target[name]),
  })
  const seal = createSeal([Buffer.alloc(32, 7)])
  const settings = [settingsOf(provider)]
  const [one, two] = [
    createSignInEnvironment(settings, { store, seal, clock }),
    createSignInEnvironment(settings, { store: withoutHints, seal, clock }),
  ]
  try {
    session = signedIn(await one.enter(provider.visit))
    provider.tokenRequests.length = 0
    await two.changes.sweep()
    expect(await two.sessions.read(session.id)).toMatchObject({ state: 'live' })
    expect(await one.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
    expect(await two.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
    expect(provider.tokenRequests).toHaveLength(1)
  } finally {
    await Promise.all([one.stop(), two.stop()])
    await store.close()
  }
})

describe('two nodes on one Redis', () => {
  test('send one token request for fifty calls each, with the token the other node wrote', async () => {
    const redis = await startRedis()
    const clock: Clock = { offset: 0 }
    const seal = createSeal([Buffer.alloc(32, 7)])
    const stores = [createRedisStore({ url: redis.url }), createRedisStore({ url: redis.url })]
    provider.now = () => Date.now() + clock.offset
    const [one, two] = stores.map((store) =>
      createSignInEnvironment([settingsOf(provider)], { store, seal, clock }),
    ) as [SignInEnvironment, SignInEnvironment]
    try {
      session = signedIn(await one.enter(provider.visit))
      provider.tokenRequests.length = 0
      for (let round = 1; round <= 3; round += 1) {
        clock.offset += 300_000
        const pending = [one, two].flatMap(({ revalidation }) =>
          Array.from({ length: 50 }, () => revalidation.revalidate(session)),
        )
        const results = await Promise.all(pending)
        expect(new Set(results.map(({ state }) => state))).toEqual(new Set(['confirmed']))
        expect(provider.tokenRequests).toHaveLength(round)
        session = results[0]!.state === 'confirmed' ? results[0]!.session : session
      }
    } finally {
      await Promise.all([one.stop(), two.stop()])
      await Promise.all(stores.map((store) => store.close()))
      await redis.stop()
    }
  })
})

function token(status: number, body: unknown): ProviderUnderTest['deviation'] {
  return {
    reply(path, response) {
      if (path !== '/token') return false
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(text)
      return true
    },
  }
}
