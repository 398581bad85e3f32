// Period of a grant as it was written: whole days, daylight saving time, no beginning and no end.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasBeginning, hasEnd, lastDayOf, noEnd } from '../../src/policy/grant-period.ts'

test.each([
  ['2027-01-03T00:00:00Z', 'UTC', '2027-01-02'],
  ['2027-01-02T23:00:00Z', 'Europe/Berlin', '2027-01-02'],
  ['2027-01-02T23:00:00Z', 'UTC', undefined],
  ['2027-01-03T00:00:01Z', 'UTC', undefined],
  // The night of the 6th has no midnight: clocks go from 24:00 to 01:00.
  ['2026-09-06T04:00:00Z', 'America/Santiago', '2026-09-05'],
])('an end at %s in %s is the day %s', (until, timeZone, day) => {
  expect(lastDayOf({ until: Date.parse(until), timeZone })?.toString()).toBe(day)
})

test('an exact moment is no day, even at midnight', () => {
  expect(lastDayOf({ until: Date.parse('2027-01-03T00:00:00Z') })).toBeUndefined()
})

test('no beginning and no end are neither 1970 nor the year 9999', () => {
  expect([hasBeginning({ from: 0 }), hasBeginning({ from: 1 })]).toEqual([false, true])
  expect([hasEnd({ until: noEnd }), hasEnd({ until: Date.parse('9999-12-31T00:00Z') }), hasEnd({ until: 1 })]).toEqual([
    false,
    false,
    true,
  ])
  expect(lastDayOf({ until: noEnd, timeZone: 'UTC' })).toBeUndefined()
})

test('a last day is the day before the moment of the end, in every zone', () => {
  const zones = ['UTC', 'Europe/Berlin', 'Pacific/Apia', 'America/Sao_Paulo', 'Asia/Kathmandu']
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 30_000 }), (timeZone, days) => {
      const day = Temporal.PlainDate.from('1990-01-01').add({ days })
      const until = day.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds
      const last = lastDayOf({ until, timeZone })
      // Apia had no 30 December 2011.
      return last?.toString() === day.toString() || day.toString() === '2011-12-30'
    }),
  )
})
