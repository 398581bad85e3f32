// A provider that accepts and never answers: one time-out, then everybody is told at once; it heals by itself.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { createIdpFreshness, type IdpFreshness } from '../../../src/gateway/idp-freshness.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import type { ProviderUnderTest } from '../../support/provider-under-test.ts'
import {
  environmentAtProvider,
  origin,
  quickAnswers,
  sessionSettings,
  signedIn,
  type SignInEnvironment,
} from '../sign-in-environment.ts'

let provider: ProviderUnderTest
let environment: SignInEnvironment
let freshness: IdpFreshness

beforeEach(async () => {
  const stop = await environmentAtProvider((opened) => ({ provider, environment } = opened), quickAnswers)
  freshness = createIdpFreshness(environment)
  return stop
})
afterEach(() => {
  provider.deviation = {}
})

/** As a request of this session: its result, and milliseconds it was held. */
async function request(session: Session): Promise<readonly [state: string, held: number]> {
  const since = performance.now()
  const { state } = await freshness.ensureFresh(session, sessionSettings)
  return [state, performance.now() - since]
}

async function people(count: number): Promise<Session[]> {
  const sessions: Session[] = []
  for (let index = 0; index < count; index++) {
    provider.person = { ...provider.person, sub: `person-${index}`, sid: `sid-${index}` }
    sessions.push(signedIn(await environment.enter(provider.visit)))
  }
  return sessions
}

test('holds requests for one time-out; later ones, and sign-ins, are answered at once', async () => {
  const [first, second, third, fresh] = await people(4)
  environment.advance(300_001)
  const renewed = signedIn(await environment.enter(provider.visit, { previous: fresh! }))
  provider.deviation.reply = () => true

  const waiting = request(first!)
  await pause(quickAnswers.request * 0.4)
  const waitingLess = request(second!)
  expect((await waiting)[0]).toBe('unreachable')
  const toldAt = performance.now()
  expect((await waitingLess)[0]).toBe('unreachable')
  // Told when the first one times out, not after a time-out of its own.
  expect(performance.now() - toldAt).toBeLessThan(quickAnswers.request * 0.2)

  for (const session of [third!, first!, second!]) {
    const [answer, time] = await request(session)
    expect(answer).toBe('unreachable')
    expect(time).toBeLessThan(1000)
  }
  // Who needs no provider notices nothing.
  expect(freshness.ensureFresh(renewed, sessionSettings)).toMatchObject({ state: 'live' })
  const started = await environment.signIn.authorize({
    provider: 'corp',
    returnContext: undefined,
    stepUp: undefined,
    loginHint: undefined,
    cookies: undefined,
    address: origin.address,
  })
  expect(started.state).toBe('redirect')
  expect(environment.providers.get('corp')!.available()).toBe(false)

  provider.deviation = {}
  provider.person = { ...provider.person, sub: third!.subject.sub, sid: third!.providerSession }
  await expect.poll(async () => (await request(third!))[0], { timeout: 12_000, interval: 200 }).toBe('live')
  expect(environment.providers.get('corp')!.available()).toBe(true)
}, 40_000)

test('a provider that hangs at discovery holds one sign-in; others are told at once', async () => {
  provider.deviation.reply = () => true
  const start = async () => {
    const since = performance.now()
    const result = await environment.enter(provider.visit)
    return { result, held: performance.now() - since }
  }
  await start()
  // The probe waits; those beside it do not.
  environment.advance(2100)
  const probe = start()
  await pause(50)
  const { result, held } = await start()
  expect(result).toMatchObject({ state: 'failed', failure: { code: 'provider_unreachable' } })
  expect(held).toBeLessThan(1000)
  provider.deviation = {}
  await probe
}, 40_000)
