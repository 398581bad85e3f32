import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationOf } from '../../../src/web/kit/duration-field.ts'
import { localMoment, momentOf } from '../../../src/web/requests/new-request-form.ts'
import { refreshAt, formatDuration, timeLeft } from '../../../src/web/kit/format-duration.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const clock = { language: 'en', timeZone: 'UTC', now: 1_800_000_000_000 } as const

describe('formatDuration', () => {
  test.each([
    [0, 'less than a minute', 'weniger als eine Minute'],
    [59_999, 'less than a minute', 'weniger als eine Minute'],
    [14 * minute + 59_999, '14 minutes', '14 Minuten'],
    [hour, '1 hour', '1 Stunde'],
    [hour + 30 * minute, '1 hour, 30 minutes', '1 Stunde, 30 Minuten'],
    [30 * day, '30 days', '30 Tage'],
    [day + hour + minute, '1 day, 1 hour', '1 Tag, 1 Stunde'],
  ])('%d', (milliseconds, en, de) => {
    expect(formatDuration(milliseconds, 'en')).toBe(en)
    expect(formatDuration(milliseconds, 'de')).toBe(de)
  })

  test('the time left is rounded down', () => {
    expect(timeLeft(clock.now + 15 * minute - 1, clock)).toBe('14 minutes left')
    expect(timeLeft(clock.now - 1, clock)).toBe('less than a minute left')
  })
})

test('the Refresh header is set once, just after the end, within a day', () => {
  expect(refreshAt(clock.now + 1, clock.now)).toEqual(['Refresh', '2'])
  expect(refreshAt(clock.now + hour, clock.now)).toEqual(['Refresh', '3601'])
  for (const at of [undefined, clock.now, clock.now - 1, clock.now + day + 1]) {
    expect(refreshAt(at, clock.now)).toEqual([])
  }
})

describe('durationOf', () => {
  test.each([
    ['own', '1,5', 'hours', 90 * minute],
    ['own', '0.25', 'days', 6 * hour],
    ['own', '20', 'minutes', 20 * minute],
    ['3600000', '', '', hour],
    ['own', '', 'hours', undefined],
    ['own', '0', 'hours', undefined],
    ['own', '-1', 'hours', undefined],
    ['own', '1e9', 'hours', undefined],
    ['own', '1', 'constructor', undefined],
    ['', '', '', undefined],
    ['NaN', '', '', undefined],
    ['0', '', '', undefined],
  ])('%s %s %s', (length, amount, unit, expected) => {
    expect(durationOf({ length, amount, unit })).toBe(expected)
  })
})

describe('momentOf', () => {
  test.each([
    '',
    'tomorrow',
    '2026-02-30T10:00',
    '2026-13-01T10:00',
    '2026-12-01',
    '2026-12-01T25:00',
    '2026-12-01T08:00Z',
  ])('%j is none', (text) => expect(momentOf(text, 'Europe/Berlin')).toBeUndefined())

  test('round-trips with localMoment, except in the ambiguous hour of a clock change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000 }), (minutes) => {
        const at = 1_700_000_000_000 - (1_700_000_000_000 % minute) + minutes * minute
        const shown = localMoment(at, 'Europe/Berlin')
        expect([0, -hour]).toContain(momentOf(shown, 'Europe/Berlin')! - at)
      }),
    )
  })
})
