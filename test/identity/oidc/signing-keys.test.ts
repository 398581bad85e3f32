// Signing keys of a provider: rotation at sign-in, refresh and back-channel logout, kinds of keys and sets, and both budgets.

import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Session } from '../../../src/identity/session/session.ts'
import type { ProviderUnderTest } from '../../support/provider-under-test.ts'
import { environmentAtProvider, quickKeys, signedIn, type SignInEnvironment } from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened), quickKeys))
beforeEach(() => void (provider.now = environment.now))

const done = { status: 200, error: undefined }
const reads = (): number => provider.hits.get('/jwks') ?? 0

async function enter(): Promise<Session> {
  return signedIn(await environment.enter(provider.visit))
}

async function refresh(session: Session): Promise<string> {
  return (await environment.revalidation.revalidate(session)).state
}

function logout(token: string): ReturnType<typeof environment.signIn.backchannelLogout> {
  return environment.signIn.backchannelLogout('corp', String(new URLSearchParams({ logout_token: token })))
}

async function live({ id }: Session): Promise<boolean> {
  return (await environment.sessions.read(id)).state === 'live'
}

/** Serves the key set as it is now for so many more milliseconds, as a cache in front of the endpoint does. */
function serveStale(milliseconds: number): void {
  let kept: unknown
  const until = performance.now() + milliseconds
  const before = provider.deviation
  provider.deviation = {
    ...before,
    jwks(set) {
      kept ??= stale
      return performance.now() < until ? kept : set
    },
  }
}
let stale: unknown

beforeEach(async () => {
  stale = await (await fetch(`${provider.issuer}/jwks`)).json()
  provider.hits.clear()
})

describe('a new signing key at the provider', () => {
  test('fails no sign-in, no refresh and no logout', async () => {
    const session = await enter()
    await provider.rotateKey()
    await enter()
    expect(reads()).toBe(2)
    await provider.rotateKey()
    expect(await refresh(session)).toBe('confirmed')
    expect(reads()).toBe(3)
    await provider.rotateKey()
    environment.advance(1000)
    expect(await logout(await provider.logoutToken())).toEqual(done)
    expect(reads()).toBe(4)
  })

  test('is fetched once for a hundred refreshes at the same time', async () => {
    const sessions = await Promise.all(Array.from({ length: 100 }, enter))
    provider.hits.clear()
    await provider.rotateKey()
    expect(new Set(await Promise.all(sessions.map(refresh)))).toEqual(new Set(['confirmed']))
    expect(reads()).toBe(1)
  })

  test('five times within a minute fails nothing, and once more ends no session', async () => {
    const session = await enter()
    for (let round = 0; round < 5; round += 1) {
      await provider.rotateKey()
      await enter()
    }
    await provider.rotateKey()
    const pending = refresh(session)
    await expect.poll(() => provider.tokenRequests.at(-1)?.get('grant_type')).toBe('refresh_token')
    expect(reads()).toBe(6)
    expect(await live(session)).toBe(true)
    environment.advance(12_000)
    expect(await pending).toBe('confirmed')
  }, 30_000)

  test('that a cache does not publish for a while fails no sign-in and no refresh', async () => {
    const session = await enter()
    await provider.rotateKey()
    serveStale(500)
    expect(await Promise.all([enter().then(() => 'signed in'), refresh(session)])).toEqual(['signed in', 'confirmed'])
  }, 30_000)

  test('while its key set cannot be read ends no session, and says why', async () => {
    const session = await enter()
    await provider.rotateKey()
    provider.deviation = {
      reply(path, response) {
        if (path !== '/jwks') return false
        response.writeHead(503).end()
        return true
      },
    }
    const [state, failed] = await Promise.all([refresh(session), environment.enter(provider.visit)])
    expect(state).toBe('unreachable')
    expect(await live(session)).toBe(true)
    expect(failed).toMatchObject({
      failure: { code: 'provider_unreachable', detail: expect.stringContaining('status 503 of the JWKS endpoint') },
    })
    expect(await logout(await provider.logoutToken())).toMatchObject({ status: 503 })
    provider.deviation = {}
    environment.advance(12_000)
    expect(await refresh(session)).toBe('confirmed')
  }, 40_000)

  test('while its key set is empty is the fault of the provider, not of the user', async () => {
    await enter()
    await provider.rotateKey()
    provider.deviation = { jwks: () => ({ keys: [] }) }
    expect(await environment.enter(provider.visit)).toMatchObject({
      failure: { code: 'provider_unreachable', detail: expect.stringContaining('no usable keys') },
    })
  }, 30_000)

  test('with the kid of the old one is fetched at the first signature that does not verify', async () => {
    const session = await enter()
    await provider.rotateKey({ sameKid: true })
    await enter()
    await provider.rotateKey({ sameKid: true })
    expect(await refresh(session)).toBe('confirmed')
    await provider.rotateKey({ sameKid: true })
    environment.advance(1000)
    expect(await logout(await provider.logoutToken())).toEqual(done)
  })
})

test('a key that the provider removed is trusted for a minute at most', async () => {
  const session = await enter()
  const old = await provider.logoutToken((claims) => ({ ...claims, iat: claims.iat, exp: Number(claims.exp) + 60 }))
  await provider.rotateKey()
  environment.advance(60_000)
  expect(await logout(old)).toMatchObject({ status: 400 })
  expect(await live(session)).toBe(true)
})

describe('a stranger who sends logout tokens with keys of its own', () => {
  test('has the key set read a few times, and cannot use up the budget of sign-ins and refreshes', async () => {
    const session = await enter()
    provider.hits.clear()
    for (let round = 0; round < 40; round += 1) {
      const token = await provider.logoutToken((claims) => claims, { kid: `made-up-${round}` })
      expect([400, 503]).toContain((await logout(token)).status)
      environment.advance(1000)
    }
    expect(reads()).toBeLessThanOrEqual(6)
    for (let round = 0; round < 3; round += 1) {
      await provider.rotateKey()
      expect(await refresh(session)).toBe('confirmed')
      await enter()
    }
    expect(await logout(await provider.logoutToken())).toEqual(done)
  })

  test('has it not read for a token of another issuer or client', async () => {
    await enter()
    provider.hits.clear()
    for (const change of [{ iss: 'https://evil.test' }, { aud: 'other' }, { aud: ['other'] }]) {
      environment.advance(2000)
      const token = await provider.logoutToken((claims) => ({ ...claims, ...change }), { kid: 'made-up' })
      expect(await logout(token)).toMatchObject({ status: 400 })
    }
    expect(reads()).toBe(0)
  })
})

describe('a key set', () => {
  interface Key {
    readonly privateKey: CryptoKey
    readonly jwk: JWK
  }

  async function newKey(alg: string, members: JWK = {}): Promise<Key> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    return { privateKey, jwk: { ...(await exportJWK(publicKey)), ...members } }
  }

  /** The provider signs with `key` and publishes `keys`. */
  function use(alg: string, key: Key, keys: readonly JWK[], kid: string | undefined = key.jwk.kid): void {
    provider.deviation = {
      // The hash of the access token depends on `alg`; it is optional.
      idToken: (_right, { at_hash: _hash, ...claims }) =>
        new SignJWT(claims as JWTPayload)
          .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
          .sign(key.privateKey),
      jwks: () => ({ keys }),
      metadata: (metadata) => ({ ...metadata, id_token_signing_alg_values_supported: [alg] }),
    }
  }

  async function expectWorks(alg: string, key: Key): Promise<void> {
    const session = await enter()
    expect(await refresh(session)).toBe('confirmed')
    const header = { alg, kid: key.jwk.kid }
    expect(await logout(await provider.logoutToken((claims) => claims, header, key.privateKey))).toEqual(done)
  }

  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'with a key for %s works',
    async (alg) => {
      const key = await newKey(alg, { kid: 'a', alg, use: 'sig' })
      use(alg, key, [key.jwk])
      await expectWorks(alg, key)
    },
  )

  test('without kid works: each key that fits is tried', async () => {
    const [first, second, rsa] = [await newKey('ES256'), await newKey('ES256'), await newKey('RS256')]
    use('ES256', second, [rsa.jwk, first.jwk, second.jwk])
    await expectWorks('ES256', second)
  })

  test('with two keys of one kid works with either', async () => {
    const [first, second] = [await newKey('ES256', { kid: 'a' }), await newKey('ES256', { kid: 'a' })]
    use('ES256', first, [first.jwk, second.jwk])
    await enter()
    use('ES256', second, [first.jwk, second.jwk])
    await expectWorks('ES256', second)
  })

  test('with a member that is no key works', async () => {
    const key = await newKey('ES256', { kid: 'a' })
    const broken = [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'b' }, { kty: 'XX', kid: 'c' }, {}] as JWK[]
    use('ES256', key, [...broken, key.jwk])
    await expectWorks('ES256', key)
  })

  test.each([
    ['for another algorithm', { alg: 'PS256' }],
    ['for encryption', { use: 'enc' }],
    ['that may not verify', { key_ops: ['encrypt'] }],
  ])(
    'whose key is %s verifies nothing',
    async (_name, members) => {
      const key = await newKey('RS256', { kid: 'a' })
      use('RS256', key, [{ ...key.jwk, ...members }])
      expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'signing_key_unknown' } })
    },
    20_000,
  )
})
