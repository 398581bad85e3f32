import { beforeEach, describe, expect, test } from 'vitest'
import type { Session, Tokens } from '../../../src/identity/session/session.ts'
import { createRedisStore } from '../../../src/store/redis.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../../src/store/store.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { startRedis } from '../../support/redis.ts'
import { houseAtProvider, openHouse, settingsOf, signedIn, type Clock, type House } from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let house: House
let session: Session
let given: Tokens

beforeEach(() => houseAtProvider((opened) => ({ provider, house } = opened)))
beforeEach(() => void (provider.now = house.now))

async function enter(claims: Record<string, unknown> = {}): Promise<void> {
  provider.person = { ...provider.person, ...claims }
  session = signedIn(await house.enter(provider.visit))
  given = await house.tokens(session)
  provider.tokenRequests.length = 0
}

async function live(): Promise<Session> {
  const found = await house.sessions.read(session.id)
  if (found.state !== 'live') throw new Error(found.state)
  return found.session
}

describe('asking the provider again', () => {
  test('takes new claims over, moves what was validated, and leaves the end where it was', async () => {
    await enter({ groups: ['staff', 'admins'] })
    provider.person = { ...provider.person, groups: ['staff'] }
    house.advance(300_000)
    const result = await house.revalidation.revalidate(session)
    expect(result).toMatchObject({ state: 'confirmed', session: { subject: { groups: ['staff'] } } })
    const after = await live()
    expect(after.validatedAt).toBeGreaterThan(session.validatedAt)
    expect(after.revalidateAt - after.validatedAt).toBe(300_000)
    expect(after.endsAt).toBe(session.endsAt)
    expect((await house.tokens(session)).refresh).not.toBe(given.refresh)
    expect(house.events.at(-1)).toMatchObject({ activity: 'refresh', outcome: 'success', detail: 'claims_changed' })
  })

  test('goes on with the rotated token, time after time', async () => {
    await enter()
    for (let round = 0; round < 4; round += 1) {
      house.advance(300_000)
      expect(await house.revalidation.revalidate(await live())).toMatchObject({ state: 'confirmed' })
    }
    expect(new Set(provider.tokenRequests.map((form) => form.get('refresh_token'))).size).toBe(4)
  })

  test('fifty times at once on one node is one token request, and all are answered', async () => {
    await enter()
    house.advance(300_000)
    const results = await Promise.all(Array.from({ length: 50 }, () => house.revalidation.revalidate(session)))
    expect(new Set(results.map(({ state }) => state))).toEqual(new Set(['confirmed']))
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('with the session as it was before a refresh asks nobody', async () => {
    await enter()
    house.advance(300_000)
    await house.revalidation.revalidate(session)
    expect(await house.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
    expect(provider.tokenRequests).toHaveLength(1)
  })

  test('keeps how the sign-in was proven when the new token does not repeat it, and lowers it when it says so', async () => {
    await enter({ acr: 'urn:two', amr: ['mfa'] })
    provider.deviation = { claims: ({ acr: _acr, amr: _amr, auth_time: _time, ...claims }) => claims }
    house.advance(300_000)
    const kept = await house.revalidation.revalidate(session)
    expect(kept).toMatchObject({ session: { authentication: session.authentication } })
    provider.deviation = { claims: (claims) => ({ ...claims, acr: '1', amr: ['pwd'] }) }
    house.advance(300_000)
    expect(await house.revalidation.revalidate(await live())).toMatchObject({
      session: { authentication: { mfa: false, acr: '1' } },
    })
  })

  test('a provider that sends no new ID token is asked at UserInfo', async () => {
    await enter({ groups: ['staff', 'admins'] })
    provider.refreshIdToken = false
    provider.person = { ...provider.person, groups: ['staff'] }
    expect(await house.revalidation.revalidate(session)).toMatchObject({
      session: {
        subject: { groups: ['staff'], email: 'ada@example.com' },
      },
    })
    expect((await house.tokens(session)).idToken).toBe(given.idToken)
  })
})

describe('a session ends when the provider', () => {
  async function ends(detail: string): Promise<void> {
    expect(await house.revalidation.revalidate(session)).toEqual({ state: 'ended' })
    expect(await house.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
    const refreshes = house.events.filter((event) => event.kind === 'authentication' && event.activity === 'refresh')
    expect(refreshes).toMatchObject([{ outcome: 'failure', reason: 'session_revoked', detail }])
  }

  beforeEach(() => enter())

  test('refuses the refresh: the account was disabled', async () => {
    provider.disabled = true
    await ends('invalid_grant')
  })

  test.each(['invalid_request', 'unauthorized_client', 'access_denied', 'consent_required'])(
    'says %s',
    async (error) => {
      provider.deviation = token(400, { error })
      await ends(error)
    },
  )

  test('now speaks of another person', async () => {
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

  test('sends a token with a worthless signature', async () => {
    provider.deviation = { idToken: (right) => right.replace(/[^.]+$/, 'A'.repeat(86)) }
    await ends('invalid_response')
  })

  test('was taken out of the configuration', async () => {
    house.providers.update(new Map())
    await ends('provider_removed')
  })

  test('is another one now under the same name: it never sees the token', async () => {
    const other = await startProviderUnderTest()
    house.providers.update(new Map([['corp', settingsOf(other)]]))
    await ends('provider_removed')
    expect(other.tokenRequests).toEqual([])
    await other.stop()
  })
})

describe('a provider that cannot be asked', () => {
  beforeEach(() => enter())

  async function notAsked(): Promise<void> {
    expect(await house.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
    expect((await live()).validatedAt).toBe(session.validatedAt)
  }

  test.each([
    ['answers 500', token(500, {})],
    ['answers 503 with an error', token(503, { error: 'temporarily_unavailable' })],
    ['asks to slow down', token(429, { error: 'slow_down' })],
    ['is hidden behind a page', token(200, '<html>')],
    ['answers with nothing', token(200, '')],
    ['answers with JSON of something else', token(200, { hello: 'world' })],
    ['does not know this gateway any more', token(401, { error: 'invalid_client' })],
    [
      'breaks off',
      { reply: (path: string, response: { destroy(): unknown }) => path === '/token' && !!response.destroy() },
    ],
  ])('because it %s leaves the session to its grace, and is asked again', async (_name, deviation) => {
    provider.deviation = deviation
    await notAsked()
    provider.deviation = {}
    expect(await house.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  })

  test('because it is away is found again by itself', async () => {
    await provider.pause()
    await notAsked()
    await provider.resume()
    expect(await house.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  })

  test('after it rotated the token costs nothing: the new token is kept', async () => {
    provider.userInfoOnly = ['groups']
    provider.deviation = {
      reply(path, response) {
        if (path !== '/userinfo') return false
        response.writeHead(503).end()
        return true
      },
    }
    await notAsked()
    expect((await house.tokens(session)).refresh).not.toBe(given.refresh)
    provider.deviation = {}
    expect(await house.revalidation.revalidate(await live())).toMatchObject({ state: 'confirmed' })
  })

  test('because its new key is not known yet keeps the rotated token until it is', async () => {
    await provider.rotateKey()
    await notAsked()
    house.advance(61_000)
    expect(await house.revalidation.revalidate(await live())).toMatchObject({ state: 'confirmed' })
  })
})

describe('without a refresh token', () => {
  beforeEach(async () => {
    provider.refreshTokens = false
    await enter()
  })

  test('a session lives on for twelve intervals, unconfirmed, and then asks for a new sign-in', async () => {
    for (let round = 1; round < 12; round += 1) {
      house.advance(299_000)
      house.sessions.touch(session)
      expect(await house.revalidation.revalidate(await live())).toMatchObject({
        state: 'confirmed',
        session: { validatedAt: session.validatedAt },
      })
    }
    expect((await live()).version).toBe(session.version + 11)
    await house.revalidation.revalidate(await live())
    expect((await live()).version).toBe(session.version + 11)
    house.advance(312_000)
    expect(await house.revalidation.revalidate(await live())).toEqual({ state: 'ended' })
    expect(await house.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_expired' })
    expect(provider.tokenRequests).toEqual([])
  })
})

describe('a race', () => {
  beforeEach(() => enter())

  /** Holds the next token answer until `release` is called. */
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

  test('with the end of the session is won by the end: the late answer revives nothing', async () => {
    const { reached, release } = holdToken()
    const asked = house.revalidation.revalidate(session)
    await reached
    await house.sessions.end(session.id, 'session_revoked', { kind: 'system' })
    release()
    expect(await asked).toEqual({ state: 'ended' })
    expect(await house.sessions.read(session.id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
    expect(await house.sessions.all()).toEqual([])
  })

  test('with a step-up is won by the step-up: its tokens and claims stay', async () => {
    const { reached, release } = holdToken()
    const asked = house.revalidation.revalidate(session)
    await reached
    provider.deviation = {}
    provider.person = { ...provider.person, acr: 'urn:two' }
    const raised = signedIn(await house.enter(provider.visit, { previous: session }))
    const stepped = await house.tokens(raised)
    release()
    expect(await asked).toMatchObject({ state: 'confirmed', session: { generation: raised.generation } })
    expect(await live()).toMatchObject({ authentication: { mfa: true } })
    expect(await house.tokens(raised)).toEqual(stepped)
  })

  test('with another write keeps both: the pinned device and the rotated token', async () => {
    const { reached, release } = holdToken()
    const asked = house.revalidation.revalidate(session)
    await reached
    await house.sessions.update(session, { device: 'laptop-1' })
    release()
    expect(await asked).toMatchObject({ state: 'confirmed', session: { device: 'laptop-1' } })
    expect((await house.tokens(session)).refresh).not.toBe(given.refresh)
  })
})

test('a store that fails after the token was rotated does not cost the session', async () => {
  await house.stop()
  const clock: Clock = { offset: 0 }
  const memory = createMemoryStore({ now: () => Date.now() + clock.offset })
  let failing = false
  // The real store, except that its answers get lost while `failing`.
  const store: Store = new Proxy(memory, {
    get(target, name: keyof Store) {
      const value = target[name]
      if (typeof value !== 'function' || !['replace'].includes(name)) return value
      return (...parts: never[]) =>
        failing ? Promise.reject(new StoreUnreachable('lost')) : (value as (...all: never[]) => unknown)(...parts)
    },
  })
  house = openHouse([settingsOf(provider)], { store, clock })
  await enter()
  failing = true
  expect(await house.revalidation.revalidate(session)).toEqual({ state: 'unreachable' })
  expect(provider.tokenRequests).toHaveLength(1)
  failing = false
  expect(await house.revalidation.revalidate(session)).toMatchObject({ state: 'confirmed' })
  await memory.close()
})

test('a node that heard of nothing does not spend the token another node has spent', async () => {
  const clock: Clock = { offset: 0 }
  const store = createMemoryStore({ now: () => Date.now() + clock.offset })
  // Pub/sub that loses everything: the second node learns of changes only by reading the log.
  const deaf: Store = new Proxy(store, {
    get: (target, name: keyof Store) => (name === 'onHint' ? () => undefined : target[name]),
  })
  const seal = createSeal([Buffer.alloc(32, 7)])
  const settings = [settingsOf(provider)]
  const [one, two] = [openHouse(settings, { store, seal, clock }), openHouse(settings, { store: deaf, seal, clock })]
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
  test('ask once for fifty requests each, with the token as the other left it', async () => {
    const redis = await startRedis()
    const clock: Clock = { offset: 0 }
    const seal = createSeal([Buffer.alloc(32, 7)])
    const stores = [createRedisStore({ url: redis.url }), createRedisStore({ url: redis.url })]
    provider.now = () => Date.now() + clock.offset
    const [one, two] = stores.map((store) => openHouse([settingsOf(provider)], { store, seal, clock })) as [
      House,
      House,
    ]
    try {
      session = signedIn(await one.enter(provider.visit))
      provider.tokenRequests.length = 0
      for (let round = 1; round <= 3; round += 1) {
        clock.offset += 300_000
        const asked = [one, two].flatMap(({ revalidation }) =>
          Array.from({ length: 50 }, () => revalidation.revalidate(session)),
        )
        const results = await Promise.all(asked)
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
