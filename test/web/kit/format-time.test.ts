import { expect, test } from 'vitest'
import { render } from '../../../src/web/kit/html.ts'
import {
  relativeTime,
  hoursAgo,
  exactTimeElement,
  formatTime,
  timeElement,
  type Clock,
} from '../../../src/web/kit/format-time.ts'

/** Monday, 30 November 2026, 14:00 in Berlin. */
const clock: Clock = { language: 'en', timeZone: 'Europe/Berlin', now: Date.parse('2026-11-30T13:00:00Z') }
const german: Clock = { ...clock, language: 'de' }

test.each([
  ['2026-11-30T16:00:00Z', '17:00 CET', '17:00 MEZ'],
  ['2026-12-01T07:00:00Z', 'tomorrow 08:00 CET', 'morgen 08:00 MEZ'],
  ['2026-11-30T22:59:00Z', '23:59 CET', '23:59 MEZ'],
  ['2026-11-30T23:00:00Z', 'tomorrow 00:00 CET', 'morgen 00:00 MEZ'],
  ['2026-12-03T07:00:00Z', 'Thursday 08:00 CET', 'Donnerstag 08:00 MEZ'],
  ['2026-11-29T07:00:00Z', 'yesterday 08:00 CET', 'gestern 08:00 MEZ'],
  ['2026-12-07T07:00:00Z', '7 December 2026, 08:00 CET', '7. Dezember 2026, 08:00 MEZ'],
  ['2027-07-01T06:00:00Z', '1 July 2027, 08:00 CEST', '1. Juli 2027, 08:00 MESZ'],
])('%s is said as %s, or %s', (iso, english, deutsch) => {
  expect(formatTime(Date.parse(iso), clock)).toBe(english)
  expect(formatTime(Date.parse(iso), german)).toBe(deutsch)
})

test('the day after a clock change is tomorrow, though 23 or 25 hours away', () => {
  const beforeSpring = { ...clock, now: Date.parse('2026-03-28T23:30:00+01:00') }
  expect(formatTime(Date.parse('2026-03-29T23:30:00+02:00'), beforeSpring)).toBe('tomorrow 23:30 CEST')
  const beforeAutumn = { ...clock, now: Date.parse('2026-10-25T00:30:00+02:00') }
  expect(formatTime(Date.parse('2026-10-25T23:30:00+01:00'), beforeAutumn)).toBe('23:30 CET')
})

test('the datetime attribute is an ISO 8601 instant', () => {
  const at = Date.parse('2026-11-30T16:00:00Z')
  expect(render(timeElement(at, clock))).toBe('<time datetime="2026-11-30T16:00:00.000Z">17:00 CET</time>')
  expect(render(exactTimeElement(at, clock))).toContain('30 November 2026')
})

test.each([
  [5_000, 'just now', 'gerade eben'],
  [-5_000, 'just now', 'gerade eben'],
  [300_000, '5 minutes ago', 'vor 5 Minuten'],
  [7_200_000, '2 hours ago', 'vor 2 Stunden'],
  [172_800_000, '2 days ago', 'vor 2 Tagen'],
])('%i ms ago is %s, or %s', (length, english, deutsch) => {
  expect(relativeTime(clock.now - length, clock)).toBe(english)
  expect(relativeTime(clock.now - length, german)).toBe(deutsch)
})

test('times with hourly resolution are not shown to the minute', () => {
  const begun = Date.parse('2026-11-30T12:00:00Z')
  expect(hoursAgo(begun, { ...clock, now: begun + 57 * 60_000 })).toBe('within the last hour')
  expect(hoursAgo(begun, { ...german, now: begun + 57 * 60_000 })).toBe('in der letzten Stunde')
  expect(hoursAgo(begun, { ...clock, now: begun + 2 * 3_600_000 })).toBe('2 hours ago')
})
