// A step-up that fails costs nothing: the session goes on, with the newer tokens where they are its user's, else they are revoked.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Session, Tokens } from '../../../src/identity/session/session.ts'
import type { StepUp } from '../../../src/identity/oidc/sign-in.ts'
import type { Deviation, ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  browserCookies,
  environmentAtProvider,
  origin,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment
let session: Session
let before: Tokens

const mfa: StepUp = { level: 'mfa', maxAge: undefined }

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))
beforeEach(async () => {
  provider.now = environment.now
  provider.revocable = true
  session = signedIn(await environment.enter(provider.visit))
  before = await environment.tokens(session)
})

async function fails(deviation: Deviation, stepUp = mfa, previous: Session | undefined = session): Promise<string> {
  provider.deviation = deviation
  const result = await environment.enter(provider.visit, { stepUp, ...(previous && { previous }) })
  provider.deviation = {}
  if (result.state !== 'failed') throw new Error('the step-up was proven')
  return `${result.failure.code}: ${result.failure.detail}`
}

/** The next revalidation confirms the session, with nobody signing in again. */
async function goesOn(): Promise<Session> {
  environment.advance(300_000)
  const found = await environment.sessions.read(session.id)
  if (found.state !== 'live') throw new Error(found.state)
  const result = await environment.revalidation.revalidate(found.session)
  if (result.state !== 'confirmed') throw new Error(result.state)
  expect(result.session).toMatchObject({ generation: session.generation, subject: { sub: 'person-1' } })
  return result.session
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150))
const claim = (change: Record<string, unknown>): Deviation => ({ claims: (claims) => ({ ...claims, ...change }) })

describe.each([
  ['one refresh token for each user and client', true],
  ['a refresh token for each sign-in', false],
])('at a provider with %s', (_name, oneRefreshToken) => {
  beforeEach(() => void (provider.oneRefreshToken = oneRefreshToken))

  test.each<[string, Deviation, StepUp, string]>([
    ['a level that is not reached', {}, mfa, 'step_up_not_proven: mfa_not_proven'],
    ['an authentication too long ago', claim({ auth_time: 1 }), { level: 'any', maxAge: 60_000 }, 'auth_time_too_old'],
    ['no auth_time', claim({ auth_time: undefined }), { level: 'any', maxAge: 60_000 }, 'auth_time_missing'],
    ['a page left with access_denied', { callback: denied('access_denied') }, mfa, 'cancelled: access_denied'],
    [
      'unmet_authentication_requirements',
      { callback: denied('unmet_authentication_requirements') },
      mfa,
      'step_up_not_proven: unmet_authentication_requirements',
    ],
  ])('%s leaves the session, its level and its tokens in order', async (_what, deviation, stepUp, code) => {
    expect(await fails(deviation, stepUp)).toContain(code)
    await settled()
    const after = await goesOn()
    expect(after.authentication.mfa).toBe(session.authentication.mfa)
    expect(provider.revoked).toEqual([])
  })

  test('a refresh that was under way meanwhile does not cost it either', async () => {
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    let reached = (): void => undefined
    const atUserInfo = new Promise<void>((resolve) => (reached = resolve))
    provider.userInfoOnly = ['groups']
    // The new tokens are issued, and the callback still waits for UserInfo.
    provider.deviation = {
      reply(path, response) {
        if (path !== '/userinfo') return false
        reached()
        void gate.then(() => response.writeHead(503).end())
        return true
      },
    }
    const stepping = environment.enter(provider.visit, { stepUp: mfa, previous: session })
    await atUserInfo
    const refreshing = environment.revalidation.revalidate(session)
    setTimeout(release, 300)
    expect(await stepping).toMatchObject({ failure: { code: 'step_up_not_proven' } })
    provider.deviation = {}
    expect(await refreshing).not.toEqual({ state: 'ended' })
    await goesOn()
  })
})

test('the newer tokens are taken over, and the audit says so', async () => {
  await fails({})
  const after = await environment.tokens(session)
  expect(after.refresh).not.toBe(before.refresh)
  expect(environment.events.at(-1)).toMatchObject({
    activity: 'step_up',
    outcome: 'failure',
    detail: 'mfa_not_proven; taken_over',
    session: session.id,
  })
})

test('back-channel logout of the newer provider session ends the session that took over its tokens', async () => {
  await fails(claim({ sid: 'sid-2' }))
  expect(await environment.sessions.ofProviderSession('corp', 'sid-2')).toMatchObject([{ id: session.id }])
  expect(await environment.sessions.ofProviderSession('corp', 'sid-1')).toEqual([])
  await settled()
  // That of the provider session before has no user left.
  expect(provider.revoked).toEqual([before.refresh])
})

describe('tokens of another user', () => {
  test.each<[string, Record<string, unknown>]>([
    ['without the level', {}],
    ['with the level', { acr: 'urn:two' }],
    ['with the provider session of the first', { sid: 'sid-1' }],
  ])('%s are never taken over, and end nothing', async (_name, claims) => {
    provider.person = { ...provider.person, sub: 'person-2', email: 'eve@example.com', sid: 'sid-2', ...claims }
    expect(await fails({})).toBe('other_account: subject')
    expect(await environment.tokens(session)).toEqual(before)
    expect(await environment.sessions.ofSubject('corp', 'person-2')).toEqual([])
    provider.person = { ...provider.person, sub: 'person-1', email: 'Ada@example.com', sid: 'sid-1' }
    await goesOn()
  })

  test('are revoked', async () => {
    provider.person = { ...provider.person, sub: 'person-2', sid: 'sid-2' }
    const known = provider.liveRefreshTokens()
    await fails({})
    await expect.poll(() => provider.revoked).toHaveLength(1)
    expect(provider.liveRefreshTokens()).toEqual(known)
    expect(environment.events.find((event) => 'activity' in event && event.activity === 'token_revoked')).toMatchObject(
      {
        outcome: 'success',
        detail: 'sign_in_failed',
      },
    )
  })
})

test('tokens that fail any other check are not taken over', async () => {
  expect(await fails(claim({ azp: 'other', sid: 'sid-2' }))).toBe('token_invalid: azp_mismatch')
  expect(await environment.tokens(session)).toEqual(before)
  await expect.poll(() => provider.revoked).toHaveLength(1)
  await goesOn()
})

test('without a session to go on, the tokens of a failed step-up are revoked', async () => {
  await environment.sessions.end(session.id, 'session_revoked', { kind: 'system' })
  await expect.poll(() => provider.revoked).toEqual([before.refresh])
  expect(await fails({}, mfa, session)).toContain('mfa_not_proven')
  await expect.poll(() => provider.revoked).toHaveLength(2)
  expect(provider.liveRefreshTokens()).toEqual([])
  expect(await environment.sessions.all()).toEqual([])
})

test('two browsers: the failed step-up of one leaves the other and its provider session alone', async () => {
  provider.person = { ...provider.person, sid: 'sid-2' }
  const other = signedIn(await environment.enter(provider.visit))
  await fails({})
  await settled()
  environment.advance(300_000)
  expect(await environment.revalidation.revalidate(other)).toMatchObject({ state: 'confirmed' })
  await goesOn()
})

test('a callback without a pending step-up takes over nothing', async () => {
  const answer = { provider: 'corp', query: '?code=a&state=b', cookies: browserCookies([]), previous: session, origin }
  expect(await environment.signIn.callback(answer)).toMatchObject({ state: 'failed' })
  expect(await environment.tokens(session)).toEqual(before)
})

function denied(error: string): NonNullable<Deviation['callback']> {
  return (parameters) => {
    parameters.delete('code')
    parameters.set('error', error)
  }
}
