// Providers that deviate from OIDC Core in one point: every such sign-in fails, leaves no session and one record.

import { createHmac, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { CompactEncrypt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { encode, type Deviation, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  browserCookies,
  environmentAtProvider,
  createSignInEnvironment,
  origin,
  quickKeys,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

interface AtProvider {
  readonly provider: ProviderUnderTest
  readonly environment: SignInEnvironment
}

let provider: ProviderUnderTest
let environment: SignInEnvironment
const current = (): AtProvider => ({ provider, environment })

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened), quickKeys))

async function fails(
  deviation: Deviation,
  code = 'token_invalid',
  { provider, environment }: AtProvider = current(),
): Promise<string> {
  provider.deviation = deviation
  const startedAt = Date.now()
  const result = await environment.enter(provider.visit)
  expect(result).toMatchObject({ state: 'failed', failure: { code } })
  expect(await environment.sessions.all()).toEqual([])
  expect(environment.events).toMatchObject([{ kind: 'authentication', outcome: 'failure', reason: code }])
  expect(Date.now() - startedAt).toBeLessThan(15_000)
  // Proves that the deviation caused the failure: without it the same sign-in succeeds.
  provider.deviation = {}
  // After a time-out the provider is asked again after a pause (`async/circuit-breaker.ts`).
  if (!environment.providers.get('corp')!.available()) environment.advance(1000)
  signedIn(await environment.enter(provider.visit))
  return result.state === 'failed' ? result.failure.detail : ''
}

const now = (): number => Math.floor(Date.now() / 1000)
const claim = (change: Record<string, unknown>): Deviation => ({ claims: (claims) => ({ ...claims, ...change }) })

describe('an ID token', () => {
  test.each<[string, Deviation]>([
    ['without nonce', claim({ nonce: undefined })],
    ['with another nonce', claim({ nonce: 'A'.repeat(43) })],
    ['that says nonces are not supported', claim({ nonce: 'other', nonce_supported: false })],
    ['from another issuer', claim({ iss: 'https://evil.test' })],
    ['for another client', claim({ aud: 'other' })],
    ['for a list of others', claim({ aud: ['a', 'b'] })],
    ['without an audience', claim({ aud: undefined })],
    ['whose audience is an object', claim({ aud: {} })],
    ['for us and another, with no authorized party', claim({ aud: ['einlass', 'other'] })],
    ['for us and another, authorized for the other', claim({ aud: ['einlass', 'other'], azp: 'other' })],
    ['for us, authorized for another', claim({ azp: 'other' })],
    ['that expired ten minutes ago', claim({ exp: now() - 600 })],
    ['that never expires', claim({ exp: undefined })],
    ['that expires at a text', claim({ exp: '9999999999' })],
    ['that expires before the epoch', claim({ exp: -5 })],
    ['not issued', claim({ iat: undefined })],
    ['of a sign-in in two hours', claim({ auth_time: now() + 7200 })],
    ['of an empty subject', claim({ sub: '' })],
    ['of no subject', claim({ sub: undefined })],
    ['of a subject of 5 kB', claim({ sub: 'x'.repeat(5000) })],
    ['of a subject that is a number', claim({ sub: 12 })],
    ['with the hash of another access token', claim({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })],
    ['of another type', { header: (header) => ({ ...header, typ: 'at+jwt' }) }],
    ['with a critical extension', { header: (header) => ({ ...header, crit: ['x'], x: 1 }) }],
    ['without its signature', { idToken: (right) => right.replace(/[^.]+$/, '') }],
    ['with a worthless signature', { idToken: (right) => right.replace(/[^.]+$/, 'AAAA') }],
    ['with another signature of the right length', { idToken: (right) => right.replace(/[^.]+$/, 'A'.repeat(86)) }],
    [
      'changed after it was signed',
      { idToken: (right, claims) => right.replace(/\.[^.]+\./, `.${encode({ ...claims, groups: ['admins'] })}.`) },
    ],
    ['of two parts', { idToken: (right) => right.split('.').slice(0, 2).join('.') }],
    ['that is no JSON', { idToken: (right) => `${right.split('.')[0]}.AAAA.${right.split('.')[2]}` }],
    ['that is missing', { tokens: ({ id_token: _gone, ...answer }) => answer }],
    ['that is an object', { tokens: (answer) => ({ ...answer, id_token: {} }) }],
    ['over 256 KB', claim({ filler: 'x'.repeat(300_000) })],
  ])('%s is rejected', async (_name, deviation) => {
    await fails(deviation)
  })

  test.each<[string, Deviation, RegExp]>([
    [
      'issued tomorrow',
      claim({ iat: now() + 86_400 }),
      /^iat_in_future: the clock of the provider is 86\d{3} s ahead$/,
    ],
    ['issued a month ago', claim({ iat: now() - 2_592_000 }), /^iat_too_old: .* 2592\d{3} s behind$/],
  ])('%s is rejected, and says that the clocks differ', async (_name, deviation, detail) => {
    expect(await fails(deviation, 'clock_skew')).toMatch(detail)
  })

  test.each(['/', '//', '?', '#'])('whose issuer differs by %s alone is rejected', async (tail) => {
    await fails({ claims: (claims) => ({ ...claims, iss: `${provider.issuer}${tail}` }) })
  })

  test('whose issuer is written in another case is rejected', async () => {
    await fails({ claims: (claims) => ({ ...claims, iss: provider.issuer.toUpperCase() }) })
  })

  test.each(['HS256', 'HS384', 'HS512'])('with a MAC keyed with the client secret (%s) is rejected', async (alg) => {
    await fails({
      idToken(_right, claims) {
        const input = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`
        const hash = alg.replace('HS', 'sha')
        return `${input}.${createHmac(hash, provider.clientSecret).update(input).digest('base64url')}`
      },
    })
  })

  test.each(['none', 'None', 'NONE', ''])('with the algorithm %j is rejected', async (alg) => {
    await fails({ idToken: (_right, claims) => `${encode({ alg })}.${encode(claims)}.` })
  })

  test.each(['jwk', 'jku', 'x5u', 'x5c'])(
    'that contains its own key in %s is rejected, and nothing is fetched',
    async (by) => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
      const own = { ...(await exportJWK(publicKey)), kid: 'mine', alg: 'ES256' }
      const extra = { jwk: own, jku: `${provider.issuer}/evil`, x5u: `${provider.issuer}/evil`, x5c: ['AAAA'] }[by]
      await fails(
        {
          idToken: (_right, claims) =>
            new SignJWT(claims)
              .setProtectedHeader({ alg: 'ES256', kid: 'mine', [by]: extra } as never)
              .sign(privateKey),
        },
        'signing_key_unknown',
      )
      expect(provider.hits.has('/evil')).toBe(false)
    },
    20_000,
  )

  test.each(['dir', 'RSA-OAEP-256', 'PBES2-HS256+A128KW'])('encrypted with %s is rejected at once', async (alg) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = alg === 'RSA-OAEP-256' ? publicKey : createSecretKey(Buffer.alloc(alg === 'dir' ? 32 : 16, 1))
    await fails({
      async idToken(right) {
        const jwe = await new CompactEncrypt(Buffer.from(right))
          .setProtectedHeader({ alg, enc: 'A256GCM', cty: 'JWT' } as never)
          .encrypt(key as never)
        const [header, ...rest] = jwe.split('.')
        const bomb = {
          ...(JSON.parse(Buffer.from(header!, 'base64url').toString()) as object),
          p2c: 2 ** 31,
          zip: 'DEF',
        }
        return [alg.startsWith('PBES2') ? encode(bomb) : header, ...rest].join('.')
      },
    })
  })
})

describe('the token endpoint', () => {
  test.each<[string, Deviation, string]>([
    ['an access token that is missing', { tokens: ({ access_token: _gone, ...answer }) => answer }, 'token_invalid'],
    ['another kind of token', { tokens: (answer) => ({ ...answer, token_type: 'mac' }) }, 'token_invalid'],
    ['a list', { tokens: () => [] }, 'token_invalid'],
    ['an error with a code', reply(400, '{"error":"invalid_grant"}'), 'provider_refused'],
    ['a broken page', reply(200, '<html>'), 'provider_unreachable'],
    ['half of its JSON', reply(200, '{"access_token": "x"'), 'provider_unreachable'],
    ['status 503', reply(503, '{}'), 'provider_unreachable'],
    ['a page with status 404', reply(404, 'not here'), 'provider_unreachable'],
    ['a redirect', reply(302, '', { location: 'http://127.0.0.1:1/' }), 'provider_unreachable'],
    [
      'an encoded body although none was accepted',
      reply(200, '{}', { 'content-encoding': 'br' }),
      'provider_unreachable',
    ],
    ['more than a megabyte', reply(200, `{"access_token":"${'x'.repeat(1_200_000)}"}`), 'provider_unreachable'],
    [
      'JSON nested a hundred thousand deep',
      reply(200, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
      'token_invalid',
    ],
  ])('that responds with %s gives no session', async (_name, deviation, code) => {
    await fails(deviation, code)
  })

  test('that never ends its response is cut off at a megabyte', async () => {
    let written = 0
    await fails(
      {
        reply(path, response) {
          if (path !== '/token') return false
          response.writeHead(200, { 'content-type': 'application/json' })
          const chunk = Buffer.alloc(64 * 1024, ' ')
          const more = (): void => {
            while (!response.destroyed && response.write(chunk)) written += chunk.length
          }
          response.on('drain', more)
          response.on('error', () => undefined)
          more()
          return true
        },
      },
      'provider_unreachable',
    )
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })
})

describe.concurrent('with the timing of a gateway, in ten seconds at most', () => {
  test.each<[string, Deviation, string, RegExp]>([
    [
      'an ID token signed by an unpublished key is rejected',
      { header: (header) => ({ ...header, kid: 'unknown' }) },
      'signing_key_unknown',
      /^no key in the key set for kid unknown alg ES256$/,
    ],
    [
      'a token endpoint that does not respond gives no session',
      { reply: (path) => path === '/token' },
      'provider_unreachable',
      /^no_answer: /,
    ],
  ])(
    '%s',
    async (_name, deviation, code, detail) => {
      let own: AtProvider | undefined
      const stop = await environmentAtProvider((opened) => (own = opened))
      try {
        expect(await fails(deviation, code, own)).toMatch(detail)
      } finally {
        await stop()
      }
    },
    30_000,
  )
})

describe('UserInfo', () => {
  beforeEach(() => {
    provider.userInfoOnly = ['groups']
  })

  test('about another subject is rejected', async () => {
    expect(await fails({ userInfo: (claims) => ({ ...claims, sub: 'person-2' }) })).toContain('sub')
  })

  test.each<[string, Deviation]>([
    ['without a subject is not believed', { userInfo: ({ sub: _gone, ...claims }) => claims }],
    ['that fails', reply(200, 'x', {}, '/userinfo')],
  ])('%s: the groups are unknown, which is neither none nor those of before', async (_name, deviation) => {
    provider.deviation = deviation
    const { subject } = signedIn(await environment.enter(provider.visit))
    expect(subject).toMatchObject({ groups: [], groupsComplete: false, partialClaims: ['*'] })
  })

  test('proves no authentication', async () => {
    provider.deviation = { userInfo: (claims) => ({ ...claims, amr: ['mfa'], acr: 'urn:two' }) }
    expect(signedIn(await environment.enter(provider.visit)).authentication.mfa).toBe(false)
  })
})

describe('metadata', () => {
  test.each<[string, (metadata: Record<string, unknown>) => Record<string, unknown>]>([
    ['of another issuer', (metadata) => ({ ...metadata, issuer: 'https://evil.test' })],
    [
      'of a template for every tenant',
      (metadata) => ({ ...metadata, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }),
    ],
    ['without a key set', ({ jwks_uri: _gone, ...metadata }) => metadata],
    ['with an endpoint that is not a URL', (metadata) => ({ ...metadata, token_endpoint: 'here' })],
    ['of no issuer', ({ issuer: _gone, ...metadata }) => metadata],
  ])('%s is rejected, and fetched again later', async (_name, metadata) => {
    provider.deviation = { metadata }
    expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'provider_unreachable' } })
    provider.deviation = {}
    environment.advance(31_000)
    signedIn(await environment.enter(provider.visit))
  })

  test('that sends secrets over plain HTTP to another host is rejected', async () => {
    provider.deviation = { metadata: (metadata) => ({ ...metadata, token_endpoint: 'http://192.0.2.1/token' }) }
    const startedAt = Date.now()
    expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'provider_unreachable' } })
    expect(Date.now() - startedAt).toBeLessThan(4500)
  })
})

describe('an encoded response that was not requested', () => {
  test.each(['/.well-known/openid-configuration', '/jwks', '/token', '/userinfo'])(
    'of %s is never decoded',
    async (path) => {
      provider.userInfoOnly = ['groups']
      const right = brotliCompressSync(JSON.stringify({ issuer: provider.issuer, keys: [] }))
      for (const body of [right, right.subarray(0, 5)]) {
        const fresh = createSignInEnvironment([settingsOf(provider)])
        provider.deviation = {
          reply(asked, response) {
            if (asked !== path) return false
            response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'br' }).end(body)
            return true
          },
        }
        const entered = await fresh.enter(provider.visit)
        if (path === '/userinfo') {
          expect(signedIn(entered).subject).toMatchObject({ groups: [], groupsComplete: false })
        } else {
          expect(entered).toMatchObject({ failure: { code: 'provider_unreachable' } })
          expect(await fresh.sessions.all()).toEqual([])
        }
        provider.deviation = {}
        fresh.advance(2000)
        signedIn(await fresh.enter(provider.visit))
        await fresh.stop()
      }
    },
  )
})

test('an unreachable provider or store is distinguished from a user who is rejected', async () => {
  const begun = await environment.signIn.authorize({
    provider: 'corp',
    returnContext: undefined,
    stepUp: undefined,
    loginHint: undefined,
    cookies: undefined,
    address: origin.address,
  })
  if (begun.state !== 'redirect') throw new Error(begun.failure.code)
  const query = await provider.visit(begun.location)
  await environment.store.close()
  const answer = { provider: 'corp', query, cookies: browserCookies(begun.cookies), previous: undefined, origin }
  expect(await environment.signIn.callback(answer)).toMatchObject({ failure: { code: 'store_unreachable' } })
  expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'store_unreachable' } })
  await provider.pause()
  const fresh = createSignInEnvironment([settingsOf(provider)])
  expect(await fresh.enter(provider.visit)).toMatchObject({ failure: { code: 'provider_unreachable' } })
  expect(await fresh.enter(provider.visit, { provider: 'unknown' })).toMatchObject({
    failure: { code: 'provider_refused' },
  })
  await fresh.stop()
  await provider.resume()
})

test('an ID token that never expires in practice gives a session with the usual limits', async () => {
  provider.deviation = claim({ exp: 1e300 })
  const session = signedIn(await environment.enter(provider.visit))
  expect(session.endsAt - session.createdAt).toBe(36_000_000)
})

test('twenty thousand groups give a bounded session with incomplete groups', async () => {
  provider.deviation = claim({ groups: Array.from({ length: 20_000 }, (_, index) => `g${index}`) })
  const { subject } = signedIn(await environment.enter(provider.visit))
  expect(subject.groups).toHaveLength(10_000)
  expect(subject.groupsComplete).toBe(false)
  expect(JSON.stringify(subject).length).toBeLessThan(128 * 1024)
})

function reply(status: number, body: string, headers: Record<string, string> = {}, at = '/token'): Deviation {
  return {
    reply(path, response) {
      if (path !== at) return false
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
      return true
    },
  }
}
