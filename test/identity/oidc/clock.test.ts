// Clock differences to a provider: tolerated up to a minute everywhere, beyond it named as such and the fault of nobody's session.

import { decodeJwt } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { clockDifference } from '../../../src/identity/oidc/clock-difference.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import type { ProviderUnderTest } from '../../support/provider-under-test.ts'
import { environmentAtProvider, settingsOf, signedIn, type SignInEnvironment } from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment

beforeEach(() => environmentAtProvider((opened) => ({ provider, environment } = opened)))

/** The provider's clock differs by so many seconds, and its tokens carry every time that it may state. */
function shiftClock(seconds: number): void {
  provider.now = () => environment.now() + seconds * 1000
  provider.deviation = { claims: (claims) => ({ ...claims, nbf: claims.iat, exp: Number(claims.iat) + 30 }) }
}

async function enter(): Promise<Session> {
  return signedIn(await environment.enter(provider.visit))
}

async function logout(): Promise<{ status: number; error: string | undefined }> {
  const token = await provider.logoutToken((claims) => ({ ...claims, nbf: claims.iat, exp: Number(claims.iat) + 30 }))
  return environment.signIn.backchannelLogout('corp', String(new URLSearchParams({ logout_token: token })))
}

describe.each([
  [35, 'ahead'],
  [58, 'ahead'],
  [-35, 'behind'],
  [-58, 'behind'],
])('a provider whose clock differs by %i s (%s)', (seconds) => {
  test('fails no sign-in, no step-up, no refresh and no logout', async () => {
    shiftClock(seconds)
    const session = await enter()
    const stepUp = { level: 'any', maxAge: 600_000 } as const
    signedIn(await environment.enter(provider.visit, { stepUp, previous: session }))
    const { state } = await environment.revalidation.revalidate(await enter())
    expect(state).toBe('confirmed')
    expect(await logout()).toEqual({ status: 200, error: undefined })
  })
})

describe.each([
  [95, /^nbf_in_future: the clock of the provider is 9[4-6] s ahead$/],
  [-95, /^expired: the clock of the provider is 9[4-6] s behind$/],
])('a provider whose clock differs by %i s', (seconds, text) => {
  const detail = expect.stringMatching(text) as unknown as string

  test('fails sign-ins with the difference, in the audit and the log', async () => {
    shiftClock(seconds)
    expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'clock_skew', detail } })
    const inAudit = {
      reason: 'clock_skew',
      detail: expect.stringMatching(new RegExp(`${text.source.slice(0, -1)}; released$`)),
    }
    expect(environment.events).toMatchObject([inAudit])
    expect(environment.logged).toMatchObject([{ code: 'clock_skew', detail, mend: expect.stringContaining('NTP') }])
  })

  test('ends no session, and takes effect again when the clocks are set', async () => {
    const session = await enter()
    shiftClock(seconds)
    const unconfirmed = { revalidations: 1, lost: false }
    expect(await environment.revalidation.revalidate(session)).toMatchObject({
      state: 'confirmed',
      session: { unconfirmed },
    })
    expect(environment.providers.get('corp')!.failures.last()).toMatchObject({ code: 'clock_skew', detail })
    shiftClock(0)
    const found = await environment.sessions.read(session.id)
    if (found.state !== 'live') throw new Error(found.state)
    const again = await environment.revalidation.revalidate(found.session)
    expect(again).toMatchObject({ state: 'confirmed', session: { subject: { groups: ['staff'] } } })
    expect('session' in again && again.session.unconfirmed).toBeUndefined()
    expect(environment.providers.get('corp')!.failures.last()).toBeUndefined()
  })

  test('fails logout tokens with the difference', async () => {
    const session = await enter()
    shiftClock(seconds)
    expect(await logout()).toEqual({ status: 400, error: detail })
    expect(await environment.sessions.read(session.id)).toMatchObject({ state: 'live' })
  })
})

test('a wrong time in a token that was issued just now is no clock', async () => {
  for (const wrong of [{ exp: 1 }, { nbf: 4e9 }, { auth_time: 4e9 }]) {
    provider.deviation = { claims: (claims) => ({ ...claims, ...wrong }) }
    expect(await environment.enter(provider.visit)).toMatchObject({ failure: { code: 'token_invalid' } })
  }
  expect(clockDifference('nonce_mismatch', { iat: 1 }, 1e12)).toBeUndefined()
  expect(clockDifference('expired', { iat: 'x' }, 1e12)).toBeUndefined()
})

test('a client assertion is good at a provider whose clock is a minute behind or ahead', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  environment.providers.update(new Map([['corp', settingsOf(provider, { clientSecret: undefined, privateKey: pem })]]))
  await environment.enter(provider.visit)
  const { iat, nbf, exp } = decodeJwt(provider.tokenRequests[0]!.get('client_assertion')!)
  expect([nbf! - iat!, exp! - iat!]).toEqual([-60, 120])
})
