import { beforeEach, describe, expect, test } from 'vitest'
import { createIdpFreshness } from '../../src/gateway/idp-freshness.ts'
import type { RevalidationResult } from '../../src/identity/oidc/revalidation.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { Found } from '../../src/identity/session/sessions.ts'

// The provider and the store are peers here: what they answer is the input of what is tested.
let now = 0
let grace = 0
let asked = 0
let answer: RevalidationResult
let stored: Found

const subject = { provider: 'company', sub: '7' } as Session['subject']
const session = { id: 's', subject, validatedAt: 0, revalidateAt: 300_000 } as Session
const later = { ...session, validatedAt: 600_000, revalidateAt: 900_000 } as Session
const settings = () => ({ revalidate: 300_000, grace })

beforeEach(() => {
  now = 0
  grace = 0
  asked = 0
  answer = { state: 'confirmed', session: later }
  stored = { state: 'live', session }
})

const confirmation = () =>
  createIdpFreshness({
    revalidation: { revalidate: async () => (asked++, answer) },
    sessions: { read: async () => stored },
    now: () => now,
  })

describe('the provider’s word', () => {
  test('is good without asking until shortly before it runs out', () => {
    expect(confirmation().ensureFresh(session, settings())).toEqual({ state: 'live', session })
    expect(asked).toBe(0)
  })

  test('is not asked for where somebody came by a sealed code, until their fixed end', () => {
    const sealed = { ...session, endsAt: 3_600_000, subject: { ...subject, provider: 'emergency' } } as Session
    for (const at of [3_000_000, 3_599_000]) {
      now = at
      expect(confirmation().ensureFresh(sealed, settings())).toEqual({ state: 'live', session: sealed })
      expect(confirmation().nextCheckAt(sealed, settings())).toBe(3_600_000)
    }
    expect(asked).toBe(0)
  })

  test('is renewed ahead of time, and nobody waits for it; many ask once', () => {
    now = 280_000
    const confirm = confirmation()
    expect(confirm.ensureFresh(session, settings())).toEqual({ state: 'live', session })
    expect(confirm.ensureFresh(session, settings())).toEqual({ state: 'live', session })
    expect(asked).toBe(1)
  })

  test('is waited for once it has run out', async () => {
    now = 300_000
    expect(await confirmation().ensureFresh(session, settings())).toEqual({ state: 'live', session: later })
  })

  test('against the person ends it', async () => {
    now = 300_000
    answer = { state: 'ended' }
    stored = { state: 'none', reason: 'session_revoked' }
    expect(await confirmation().ensureFresh(session, settings())).toEqual({ state: 'none', absence: 'session_revoked' })
  })

  test('that cannot be had lets nobody pass', async () => {
    now = 300_000
    answer = { state: 'unreachable' }
    expect(await confirmation().ensureFresh(session, settings())).toEqual({
      state: 'unreachable',
      code: 'provider_unreachable',
    })
  })

  test('that cannot be had is bridged by grace, and not longer', async () => {
    grace = 60_000
    answer = { state: 'unreachable' }
    now = 359_999
    expect(confirmation().ensureFresh(session, settings())).toEqual({ state: 'live', session })
    now = 360_000
    expect(await confirmation().ensureFresh(session, settings())).toMatchObject({ state: 'unreachable' })
  })

  test('asked for by another node is read from the store', async () => {
    now = 300_000
    answer = { state: 'busy' }
    stored = { state: 'live', session: later }
    expect(await confirmation().ensureFresh(session, settings())).toEqual({ state: 'live', session: later })
  })

  test('is not waited for when the store cannot say what another node heard', async () => {
    now = 300_000
    answer = { state: 'busy' }
    stored = { state: 'unreachable' }
    expect(await confirmation().ensureFresh(session, settings())).toEqual({
      state: 'unreachable',
      code: 'store_unreachable',
    })
  })
})

test('an app may want to hear the provider more often', async () => {
  now = 60_000
  const confirm = confirmation()
  expect(confirm.ensureFresh(session, { revalidate: 300_000, grace: 0 })).toEqual({ state: 'live', session })
  expect(asked).toBe(0)
  await confirm.ensureFresh(session, { revalidate: 60_000, grace: 0 })
  expect(asked).toBe(1)
})

describe('an open connection', () => {
  test('asks when the word is renewed, and again when it has run out', () => {
    expect(confirmation().nextCheckAt(session, settings())).toBe(270_000)
    now = 270_000
    expect(confirmation().nextCheckAt(session, settings())).toBe(300_000)
    grace = 10_000
    expect(confirmation().nextCheckAt(session, settings())).toBe(310_000)
  })
})
