// Durations, sizes, times and time zones: parsing, printing, and rejection of everything else.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isDate,
  isTimeZone,
  parseDuration,
  parseMoment,
  parseSize,
  printDuration,
  printSize,
} from '../../src/config/units.ts'

describe('durations and sizes', () => {
  test.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['8h', 28_800_000],
    ['30d', 2_592_000_000],
    ['0s', 0],
  ])('%s is %i milliseconds', (text, value) => expect(parseDuration(text)).toBe(value))

  test.each([
    ['64KB', 65_536],
    ['50MB', 52_428_800],
    ['1B', 1],
  ])('%s is %i bytes', (text, value) => expect(parseSize(text)).toBe(value))

  test.each(['', '5', 's', '5 m', '-5m', '05m', '5M', '5ms', '1.5h', '1h30m', '٥m', '5m\n'])(
    '%j is no duration',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  )

  test.each(['', '5', '5kb', '5K', '1.5MB', '-1KB', '5 MB', '5MiB'])('%j is no size', (text) =>
    expect(parseSize(text)).toBeUndefined(),
  )

  test('printing and parsing round-trips', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 999_999_999 }),
        (seconds) => parseDuration(printDuration(seconds * 1000)) === seconds * 1000,
      ),
    )
    fc.assert(fc.property(fc.nat({ max: 999_999_999 }), (bytes) => parseSize(printSize(bytes)) === bytes))
  })

  test('never parses a negative, fractional or infinite value', () => {
    const text = fc.stringMatching(/^[0-9.+\-eE]{0,6} ?[smhdSMHKBGT]{0,2}$/)
    fc.assert(
      fc.property(text, (one) => {
        for (const value of [parseDuration(one), parseSize(one)]) {
          expect(value === undefined || (Number.isSafeInteger(value) && value >= 0)).toBe(true)
        }
      }),
    )
  })
})

describe('moments', () => {
  test.each([
    ['2026-12-01T08:00', 'Europe/Berlin', false, '2026-12-01T07:00:00.000Z'],
    ['2026-07-01T08:00', 'Europe/Berlin', false, '2026-07-01T06:00:00.000Z'],
    ['2026-12-01T08:00+01:00', 'America/New_York', false, '2026-12-01T07:00:00.000Z'],
    ['2026-12-01T08:00:30Z', 'Europe/Berlin', false, '2026-12-01T08:00:30.000Z'],
    ['2026-12-15', 'Europe/Berlin', false, '2026-12-14T23:00:00.000Z'],
    ['2026-12-15', 'Europe/Berlin', true, '2026-12-15T23:00:00.000Z'],
    // 02:30 does not exist on this night: read with the offset before the change.
    ['2026-03-29T02:30', 'Europe/Berlin', false, '2026-03-29T01:30:00.000Z'],
    // 02:30 occurs twice: the first one.
    ['2026-10-25T02:30', 'Europe/Berlin', false, '2026-10-25T00:30:00.000Z'],
  ])('%s in %s (end of day: %s) is %s', (text, zone, endOfDay, iso) => {
    expect(new Date(parseMoment(text, zone, endOfDay)!).toISOString()).toBe(iso)
  })

  test.each(['2026-02-30', '2026-13-01T08:00', '2026-12-01T25:00', 'tomorrow', '2026-12-01T08:00+25:00', '08:00', ''])(
    '%j is no moment',
    (text) => expect(parseMoment(text, 'UTC', false)).toBeUndefined(),
  )

  test('time zones are names, dates exist', () => {
    expect(['UTC', 'Europe/Berlin', 'America/New_York'].every(isTimeZone)).toBe(true)
    expect(['Europe/Berlim', '+01:00', '', 'CET-1', '2026-01-01T00:00[UTC]'].some(isTimeZone)).toBe(false)
    expect([isDate('2028-02-29'), isDate('2026-02-29'), isDate('2026-1-1')]).toEqual([true, false, false])
  })
})
