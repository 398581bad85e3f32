// The soak's own judgement: a promise that is broken is counted, one that is kept is not, and growth is told from noise.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLedger } from '../soak/ledger.ts'
import { slopeOf } from '../soak/slope.ts'

describe('the ledger', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => void vi.useRealTimers())

  test('counts who passes more than two seconds after the end was acknowledged, and nobody before', () => {
    const ledger = createLedger()
    ledger.allowed('ada')
    ledger.passed('ada', Date.now())
    ledger.ended('ada')
    ledger.passed('ada', Date.now() + 1_900)
    expect(ledger.counts.wrongAllows).toBe(0)
    ledger.passed('ada', Date.now() + 2_500)
    ledger.passed('miro, never allowed', Date.now())
    expect(ledger.counts.wrongAllows).toBe(2)
  })

  test('counts a session that is refused though nobody ended it', () => {
    const ledger = createLedger()
    ledger.allowed('ada')
    ledger.refused('ada', Date.now() + 1_000, '401')
    expect(ledger.counts.wrongRefusals).toBe(0)
    ledger.refused('ada', Date.now() + 3_000, '401')
    ledger.ended('ada')
    ledger.refused('ada', Date.now() + 9_000, '401')
    expect(ledger.counts.wrongRefusals).toBe(1)
  })

  test('counts an acknowledged grant that is not there, unless it was taken back', () => {
    const ledger = createLedger()
    for (const id of ['kept', 'lost', 'revoked']) ledger.granted(id)
    ledger.revoked('revoked')
    ledger.seen(new Set(), 'a')
    expect(ledger.counts.lostGrants).toBe(0)
    vi.advanceTimersByTime(3_000)
    ledger.seen(new Set(['kept']), 'b')
    expect(ledger.counts.lostGrants).toBe(1)
  })
})

describe('the slope', () => {
  const samples = (value: (minute: number) => number) =>
    Array.from({ length: 600 }, (_, index) => ({ at: index * 2_000, value: value(index / 30) }))

  test('of saw teeth is flat', () => {
    const { perMinute } = slopeOf(samples((minute) => 100 + ((minute * 7) % 1) * 60))
    expect(Math.abs(perMinute)).toBeLessThan(0.5)
  })

  test('of a leak under saw teeth is the leak', () => {
    const { perMinute, rise } = slopeOf(samples((minute) => 100 + minute * 3 + ((minute * 7) % 1) * 60))
    expect(perMinute).toBeGreaterThan(2.5)
    expect(rise).toBeGreaterThan(24)
  })

  test('does not count warming up', () => {
    expect(slopeOf(samples((minute) => Math.min(200, 100 + minute * 20))).perMinute).toBeCloseTo(0)
  })
})
