// Ends of grants on pages: the last day of an inclusive one, with its zone where it is not the reader's, and no end.

import { describe, expect, test } from 'vitest'
import { noEnd } from '../../../src/policy/grant-period.ts'
import type { Clock } from '../../../src/web/kit/format-time.ts'
import { endedPhrase, endElement, formatEnd } from '../../../src/web/kit/grant-end.ts'
import { render } from '../../../src/web/kit/html.ts'

const clock: Clock = { language: 'en', timeZone: 'Europe/Berlin', now: Date.parse('2026-12-30T12:00:00Z') }
const berlin = (day: string) => ({
  until: Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime('Europe/Berlin').epochMilliseconds,
  timeZone: 'Europe/Berlin',
})

describe('an inclusive day', () => {
  test.each([
    ['2027-01-02', '2 January 2027', '2. Januar 2027'],
    ['2026-12-31', 'the end of tomorrow', 'morgen, 24 Uhr'],
    ['2026-12-30', 'the end of today', 'heute, 24 Uhr'],
  ])('%s is shown as %s, not as the midnight after it', (day, english, german) => {
    expect(formatEnd(berlin(day), clock)).toBe(english)
    expect(formatEnd(berlin(day), { ...clock, language: 'de' })).toBe(german)
  })

  test('names its zone to somebody whose day ends at another moment, and only to them', () => {
    expect(formatEnd(berlin('2027-01-02'), { ...clock, timeZone: 'Asia/Tokyo' })).toBe('2 January 2027 (Europe/Berlin)')
    expect(formatEnd(berlin('2027-01-02'), { ...clock, timeZone: 'Europe/Vienna' })).toBe('2 January 2027')
  })

  test('is a time element of the exact moment, and past with its day', () => {
    const over = berlin('2026-12-27')
    expect(render(endElement(berlin('2027-01-02'), clock))).toBe(
      '<time datetime="2027-01-02T23:00:00.000Z">2 January 2027</time>',
    )
    expect(render(endedPhrase(over, clock))).toContain('at the end of 27 December 2026')
    expect(render(endedPhrase(over, { ...clock, language: 'de' }))).toContain('mit Ablauf des 27. Dezember 2026')
  })
})

test('another moment is shown as such, and no end as no end', () => {
  const until = Date.parse('2027-01-02T23:00:00Z')
  expect(formatEnd({ until }, clock)).toBe('Sunday 00:00 CET')
  expect(render(endElement({ until: noEnd }, clock))).toBe('no end date')
})
