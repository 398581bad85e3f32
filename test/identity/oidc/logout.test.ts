// Back-channel logout and RP-initiated logout: which sessions a logout token ends, and every token that is rejected.

import { generateKeyPair, SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { startProviderUnderTest, type Json, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  gateway,
  environmentAtProvider,
  createSignInEnvironment,
  settingsOf,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))

async function enter(claims: Json = {}) {
  provider.person = { ...provider.person, ...claims }
  return signedIn(await environment.enter(provider.visit))
}

async function notify(token: string, name = 'corp') {
  return environment.signIn.backchannelLogout(name, new URLSearchParams({ logout_token: token }).toString())
}

const now = (): number => Math.floor(Date.now() / 1000)
const done = { status: 200, error: undefined }

describe('a logout token', () => {
  test('with sub alone ends every session of the subject, and no other', async () => {
    const three = [await enter({ sid: 'a' }), await enter({ sid: 'b' }), await enter({ sid: undefined })]
    const other = await enter({ sub: 'person-2', sid: 'c' })
    const token = await provider.logoutToken(({ sid: _gone, ...claims }) => ({ ...claims, sub: 'person-1' }))
    expect(await notify(token)).toEqual(done)
    for (const { id } of three) {
      expect(await environment.sessions.read(id)).toMatchObject({ state: 'none', reason: 'session_revoked' })
    }
    expect(await environment.sessions.read(other.id)).toMatchObject({ state: 'live' })
  })

  test('with sid ends that session alone', async () => {
    const [one, two] = [await enter({ sid: 'a' }), await enter({ sid: 'b' })]
    expect(await notify(await provider.logoutToken(({ sub: _gone, ...claims }) => ({ ...claims, sid: 'a' })))).toEqual(
      done,
    )
    expect(await environment.sessions.read(one.id)).toMatchObject({ state: 'none' })
    expect(await environment.sessions.read(two.id)).toMatchObject({ state: 'live' })
  })

  test('with sid and another sub ends nothing', async () => {
    const session = await enter({ sid: 'a' })
    expect(await notify(await provider.logoutToken((claims) => ({ ...claims, sid: 'a', sub: 'person-9' })))).toEqual(
      done,
    )
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'live' })
  })

  test('with sid and sub also ends the session of the subject that has no sid', async () => {
    const session = await enter({ sid: undefined })
    expect(await notify(await provider.logoutToken((claims) => ({ ...claims, sid: 'unknown' })))).toEqual(done)
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'none' })
  })

  test('is accepted once', async () => {
    await enter()
    const token = await provider.logoutToken()
    expect(await notify(token)).toEqual(done)
    expect(await notify(token)).toMatchObject({ status: 400 })
  })

  test.each(['JWT', 'application/logout+jwt', undefined])('of type %s is accepted', async (typ) => {
    expect(await notify(await provider.logoutToken((claims) => claims, { typ }))).toEqual(done)
  })

  test.each<[string, (claims: Json) => Json]>([
    ['another issuer', (claims) => ({ ...claims, iss: 'https://evil.test' })],
    ['another audience', (claims) => ({ ...claims, aud: 'other' })],
    ['no audience', ({ aud: _gone, ...claims }) => claims],
    ['no time of issue', ({ iat: _gone, ...claims }) => claims],
    ['a time of issue tomorrow', (claims) => ({ ...claims, iat: now() + 86_400 })],
    ['a time of issue long ago', (claims) => ({ ...claims, iat: now() - 86_400 })],
    ['no end', ({ exp: _gone, ...claims }) => claims],
    ['an end in the past', (claims) => ({ ...claims, exp: now() - 120 })],
    ['no id', ({ jti: _gone, ...claims }) => claims],
    ['an empty id', (claims) => ({ ...claims, jti: '' })],
    ['a nonce, as an ID token has', (claims) => ({ ...claims, nonce: 'n' })],
    ['no event', ({ events: _gone, ...claims }) => claims],
    ['another event', (claims) => ({ ...claims, events: { 'http://other': {} } })],
    [
      'an event that is not an object',
      (claims) => ({ ...claims, events: { 'http://schemas.openid.net/event/backchannel-logout': true } }),
    ],
    ['a list of events', (claims) => ({ ...claims, events: ['http://schemas.openid.net/event/backchannel-logout'] })],
    ['neither sub nor sid', ({ sub: _sub, sid: _sid, ...claims }) => claims],
    ['a sub that is a number', (claims) => ({ ...claims, sub: 1 })],
    ['an empty sid', (claims) => ({ ...claims, sid: '' })],
  ])('with %s ends nothing', async (_name, change) => {
    const session = await enter()
    expect(await notify(await provider.logoutToken(change))).toMatchObject({ status: 400 })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'live' })
  })

  test.each([{ typ: 'at+jwt' }, { typ: 'secevent+jwt' }])('with the header %j ends nothing', async (header) => {
    const session = await enter()
    expect(await notify(await provider.logoutToken((claims) => claims, header))).toMatchObject({ status: 400 })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'live' })
  })

  test('signed with an unknown key ends nothing, and the key set is fetched once', async () => {
    const session = await enter()
    const unknownKey = await generateKeyPair('ES256', { extractable: true })
    provider.hits.clear()
    for (const header of [{}, { kid: 'x' }, { kid: 'y' }, { kid: undefined }]) {
      const token = await provider.logoutToken((claims) => claims, header, unknownKey.privateKey)
      expect(await notify(token)).toMatchObject({ status: 400 })
    }
    const right = await provider.logoutToken()
    const [header, payload] = right.split('.')
    const secret = new TextEncoder().encode(provider.clientSecret.padEnd(32, '.'))
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as Json
    const forged = [
      `${header}.${payload}.`,
      `${header}.${payload}.AAAA`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret),
      'x',
      '..',
    ]
    for (const token of forged) expect(await notify(token)).toMatchObject({ status: 400 })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'live' })
    expect(provider.hits.get('/jwks') ?? 0).toBeLessThanOrEqual(1)
  })

  test('of one provider ends nothing at another', async () => {
    const other = await startProviderUnderTest()
    environment.providers.update(
      new Map([
        ['corp', settingsOf(provider)],
        ['partner', settingsOf(other, { name: 'partner' })],
      ]),
    )
    const session = await enter()
    expect(await notify(await other.logoutToken())).toMatchObject({ status: 400 })
    expect(await notify(await other.logoutToken(), 'partner')).toEqual(done)
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'live' })
    await other.stop()
  })

  test.each(['', 'logout_token=', 'x=y', 'logout_token=a&logout_token=b', `logout_token=${'x'.repeat(70_000)}`])(
    'that is missing or repeated is rejected: %.30s',
    async (form) => {
      expect(await environment.signIn.backchannelLogout('corp', form)).toMatchObject({ status: 400 })
    },
  )

  test('for a provider that is not configured is rejected', async () => {
    expect(await notify(await provider.logoutToken(), 'unknown')).toMatchObject({ status: 400 })
  })

  test('cannot be verified while the provider is unreachable, and may be sent again', async () => {
    const token = await provider.logoutToken()
    await provider.pause()
    expect(await notify(token)).toMatchObject({ status: 503 })
    await provider.resume()
    environment.advance(2000)
    expect(await notify(token)).toEqual(done)
  })

  test('may be sent again after an error of the store', async () => {
    await enter()
    const token = await provider.logoutToken()
    const closed = createSignInEnvironment([settingsOf(provider)])
    await closed.stop()
    const form = new URLSearchParams({ logout_token: token }).toString()
    expect(await closed.signIn.backchannelLogout('corp', form)).toMatchObject({ status: 503 })
    expect(await notify(token)).toEqual(done)
  })
})

describe('RP-initiated logout', () => {
  test('redirects to the end_session_endpoint and returns to the configured page', async () => {
    const session = await enter()
    const url = new URL((await environment.signIn.logoutUrl(session, await environment.signIn.logoutHint(session)))!)
    expect(url.origin + url.pathname).toBe(`${provider.issuer}/end`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: provider.clientId,
      id_token_hint: (await environment.tokens(session)).idToken,
      post_logout_redirect_uri: `${gateway.origin}/signed-out`,
    })
  })

  test('is skipped when the provider has no such endpoint, or is unreachable', async () => {
    provider.deviation = { metadata: ({ end_session_endpoint: _gone, ...metadata }) => metadata }
    const session = await enter()
    expect(await environment.signIn.logoutUrl(session, undefined)).toBeUndefined()
    await provider.pause()
    const fresh = createSignInEnvironment([settingsOf(provider)])
    expect(await fresh.signIn.logoutUrl(session, undefined)).toBeUndefined()
    await fresh.stop()
    await provider.resume()
  })
})
