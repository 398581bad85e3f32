// Revalidation at the identity provider: refresh-ahead in the background, grace period, emergency sessions.

import { beforeEach, describe, expect, test } from 'vitest'
import { createIdpFreshness } from '../../src/gateway/idp-freshness.ts'
import type { RevalidationResult } from '../../src/identity/oidc/revalidation.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { Found } from '../../src/identity/session/sessions.ts'

// Results of the provider and the store are inputs of these tests.
let now = 0
let grace = 0
let attempts = 0
let result: RevalidationResult
let stored: Found

const subject = { provider: 'company', sub: '7' } as Session['subject']
const session = { id: 's', subject, validatedAt: 0, revalidateAt: 300_000 } as Session
const later = { ...session, validatedAt: 600_000, revalidateAt: 900_000 } as Session
const settings = () => ({ revalidate: 300_000, grace })

beforeEach(() => {
  now = 0
  grace = 0
  attempts = 0
  result = { state: 'confirmed', session: later }
  stored = { state: 'live', session }
})

const createFreshness = () =>
  createIdpFreshness({
    revalidation: { revalidate: async () => (attempts++, result) },
    sessions: { read: async () => stored },
    providers: { get: () => undefined },
    now: () => now,
  })

describe('a session', () => {
  test('is not revalidated until shortly before its interval ends', () => {
    expect(createFreshness().ensureFresh(session, settings())).toEqual({ state: 'live', session })
    expect(attempts).toBe(0)
  })

  test('opened by an emergency code is never revalidated and has a fixed end', () => {
    const sealed = { ...session, endsAt: 3_600_000, subject: { ...subject, provider: 'emergency' } } as Session
    for (const at of [3_000_000, 3_599_000]) {
      now = at
      expect(createFreshness().ensureFresh(sealed, settings())).toEqual({ state: 'live', session: sealed })
      expect(createFreshness().nextCheckAt(sealed, settings())).toBe(3_600_000)
    }
    expect(attempts).toBe(0)
  })

  test('is revalidated ahead of time without waiting, once for concurrent requests', () => {
    now = 280_000
    const freshness = createFreshness()
    expect(freshness.ensureFresh(session, settings())).toEqual({ state: 'live', session })
    expect(freshness.ensureFresh(session, settings())).toEqual({ state: 'live', session })
    expect(attempts).toBe(1)
  })

  test('waits for revalidation after its interval ended', async () => {
    now = 300_000
    expect(await createFreshness().ensureFresh(session, settings())).toEqual({ state: 'live', session: later })
  })

  test('ends when the provider rejects it', async () => {
    now = 300_000
    result = { state: 'ended' }
    stored = { state: 'none', reason: 'session_revoked' }
    expect(await createFreshness().ensureFresh(session, settings())).toEqual({
      state: 'none',
      absence: 'session_revoked',
    })
  })

  test('is denied when the provider is unreachable', async () => {
    now = 300_000
    result = { state: 'unreachable' }
    expect(await createFreshness().ensureFresh(session, settings())).toEqual({
      state: 'unreachable',
      code: 'provider_unreachable',
    })
  })

  test('stays valid during the grace period when the provider is unreachable, and not longer', async () => {
    grace = 60_000
    result = { state: 'unreachable' }
    now = 359_999
    expect(createFreshness().ensureFresh(session, settings())).toEqual({ state: 'live', session })
    now = 360_000
    expect(await createFreshness().ensureFresh(session, settings())).toMatchObject({ state: 'unreachable' })
  })

  test('revalidated by another node is read from the store', async () => {
    now = 300_000
    result = { state: 'busy' }
    stored = { state: 'live', session: later }
    expect(await createFreshness().ensureFresh(session, settings())).toEqual({ state: 'live', session: later })
  })

  test('revalidated by another node a whole interval ago is not fresh, and waited for', async () => {
    now = 300_000
    result = { state: 'busy' }
    const sessions = [{ ...session, revalidateAt: now }, later]
    const freshness = createIdpFreshness({
      revalidation: { revalidate: async () => result },
      sessions: { read: async () => ({ state: 'live', session: sessions.shift()! }) },
      providers: { get: () => undefined },
      now: () => now,
    })
    expect(await freshness.ensureFresh(session, settings())).toEqual({ state: 'live', session: later })
    expect(sessions).toEqual([])
  })

  test('is denied when the store is unreachable while another node revalidates', async () => {
    now = 300_000
    result = { state: 'busy' }
    stored = { state: 'unreachable' }
    expect(await createFreshness().ensureFresh(session, settings())).toEqual({
      state: 'unreachable',
      code: 'store_unreachable',
    })
  })
})

test('an app may require a shorter revalidation interval', async () => {
  now = 60_000
  const freshness = createFreshness()
  expect(freshness.ensureFresh(session, { revalidate: 300_000, grace: 0 })).toEqual({ state: 'live', session })
  expect(attempts).toBe(0)
  await freshness.ensureFresh(session, { revalidate: 60_000, grace: 0 })
  expect(attempts).toBe(1)
})

describe('an interval shorter than the pause between attempts', () => {
  const confirmedAt = (at: number): void => {
    result = { state: 'confirmed', session: { ...session, validatedAt: at, revalidateAt: at + 300_000 } }
  }
  const confirmed = (): Session => (result as Extract<RevalidationResult, { state: 'confirmed' }>).session

  test('is revalidated ahead of its end each time: the answer about the last one is none about the next', async () => {
    const often = { revalidate: 2_000, grace: 0 }
    const freshness = createFreshness()
    now = 1_600
    confirmedAt(1_620)
    await freshness.ensureFresh(session, often)
    now = 1_620 + 1_600
    expect(freshness.ensureFresh(confirmed(), often)).toEqual({ state: 'live', session: confirmed() })
    expect(attempts).toBe(2)
  })

  test('admits nobody by the answer about the last one once the provider refuses', async () => {
    const always = { revalidate: 1_000, grace: 0 }
    const freshness = createFreshness()
    now = 1_000
    confirmedAt(1_000)
    expect(await freshness.ensureFresh(session, always)).toEqual({ state: 'live', session: confirmed() })
    const earlier = confirmed()
    result = { state: 'ended' }
    stored = { state: 'none', reason: 'session_revoked' }
    now = 2_000
    expect(await freshness.ensureFresh(earlier, always)).toEqual({ state: 'none', absence: 'session_revoked' })
  })

  test('asks a provider that does not answer no more often than every two seconds', async () => {
    const always = { revalidate: 1_000, grace: 0 }
    const freshness = createFreshness()
    result = { state: 'unreachable' }
    for (now = 1_000; now < 5_000; now += 500) await freshness.ensureFresh(session, always)
    expect(attempts).toBe(2)
  })
})

describe('an open connection', () => {
  test('is checked when background revalidation starts, and again when the interval and grace period end', () => {
    expect(createFreshness().nextCheckAt(session, settings())).toBe(270_000)
    now = 270_000
    expect(createFreshness().nextCheckAt(session, settings())).toBe(300_000)
    grace = 10_000
    expect(createFreshness().nextCheckAt(session, settings())).toBe(310_000)
  })
})
