// Recurrence rules: the examples of RFC 5545, edge cases, and a comparison with a reference implementation.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRule, printRule, type RecurrenceRule } from '../../../src/policy/schedule/recurrence-rule.ts'
import {
  dateOf,
  dayNumber,
  dayOf,
  maxLookAheadDays,
  recurrence,
} from '../../../src/policy/schedule/recurrence-dates.ts'
import { recurringWindows, type Recurring } from '../../../src/policy/schedule/recurrence-windows.ts'
import { at, hour } from '../access-request-fixtures.ts'
import { calendarOf, randomRules, slowDates } from './reference-recurrence.ts'

const rule = (text: string): RecurrenceRule => {
  const parsed = parseRule(text)
  if (parsed.state === 'invalid') throw new Error(parsed.problems.join('; '))
  return parsed.rule
}

/** `9-2 9-3`, with the year where it changes: dates on which windows begin, at most `max`. */
const dates = (text: string, start: string, max: number, from = '09:00', timeZone = 'America/New_York'): string => {
  const recurring: Recurring = { rule: rule(text), start, duration: hour }
  const [hours, minutes] = from.split(':').map(Number)
  const found: string[] = []
  let year = Number(start.slice(0, 4))
  const windows = recurringWindows(recurring, { from: hours! * 60 + minutes!, timeZone, except: [] })
  for (const window of windows(at(`${start}T00:00:00Z`) - 24 * hour)) {
    const local = Temporal.Instant.fromEpochMilliseconds(window.start).toZonedDateTimeISO(timeZone)
    expect(local.toPlainTime().toString({ smallestUnit: 'minute' })).toBe(from)
    found.push(`${local.year === year ? '' : `${local.year}: `}${local.month}-${local.day}`)
    year = local.year
    if (found.length === max) break
  }
  return found.join(' ')
}

/** Rule, start, and dates listed in section 3.8.5.3; open-ended lists are truncated. */
const examples: readonly (readonly [string, string, string])[] = [
  ['FREQ=DAILY;COUNT=10', '1997-09-02', '9-2 9-3 9-4 9-5 9-6 9-7 9-8 9-9 9-10 9-11'],
  ['FREQ=DAILY;INTERVAL=10;COUNT=5', '1997-09-02', '9-2 9-12 9-22 10-2 10-12'],
  ['FREQ=WEEKLY;COUNT=10', '1997-09-02', '9-2 9-9 9-16 9-23 9-30 10-7 10-14 10-21 10-28 11-4'],
  ['FREQ=WEEKLY;INTERVAL=2;WKST=SU', '1997-09-02', '9-2 9-16 9-30 10-14 10-28 11-11 11-25 12-9 12-23'],
  [
    'FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH',
    '1997-09-02',
    '9-2 9-4 9-9 9-11 9-16 9-18 9-23 9-25 9-30 10-2',
  ],
  ['FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH', '1997-09-02', '9-2 9-4 9-9 9-11 9-16 9-18 9-23 9-25 9-30 10-2'],
  [
    'FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR',
    '1997-09-01',
    '9-1 9-3 9-5 9-15 9-17 9-19 9-29 10-1 10-3 10-13 10-15 10-17 10-27 10-29 10-31 11-10 11-12 11-14 11-24 11-26 11-28 12-8 12-10 12-12 12-22',
  ],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH', '1997-09-02', '9-2 9-4 9-16 9-18 9-30 10-2 10-14 10-16'],
  ['FREQ=MONTHLY;COUNT=10;BYDAY=1FR', '1997-09-05', '9-5 10-3 11-7 12-5 1998: 1-2 2-6 3-6 4-3 5-1 6-5'],
  ['FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR', '1997-09-05', '9-5 10-3 11-7 12-5'],
  [
    'FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU',
    '1997-09-07',
    '9-7 9-28 11-2 11-30 1998: 1-4 1-25 3-1 3-29 5-3 5-31',
  ],
  ['FREQ=MONTHLY;COUNT=6;BYDAY=-2MO', '1997-09-22', '9-22 10-20 11-17 12-22 1998: 1-19 2-16'],
  ['FREQ=MONTHLY;BYMONTHDAY=-3', '1997-09-28', '9-28 10-29 11-28 12-29 1998: 1-29 2-26'],
  ['FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15', '1997-09-02', '9-2 9-15 10-2 10-15 11-2 11-15 12-2 12-15 1998: 1-2 1-15'],
  ['FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1', '1997-09-30', '9-30 10-1 10-31 11-1 11-30 12-1 12-31 1998: 1-1 1-31 2-1'],
  [
    'FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15',
    '1997-09-10',
    '9-10 9-11 9-12 9-13 9-14 9-15 1999: 3-10 3-11 3-12 3-13',
  ],
  [
    'FREQ=MONTHLY;INTERVAL=2;BYDAY=TU',
    '1997-09-02',
    '9-2 9-9 9-16 9-23 9-30 11-4 11-11 11-18 11-25 1998: 1-6 1-13 1-20 1-27 3-3 3-10 3-17 3-24 3-31',
  ],
  [
    'FREQ=YEARLY;COUNT=10;BYMONTH=6,7',
    '1997-06-10',
    '6-10 7-10 1998: 6-10 7-10 1999: 6-10 7-10 2000: 6-10 7-10 2001: 6-10 7-10',
  ],
  [
    'FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3',
    '1997-03-10',
    '3-10 1999: 1-10 2-10 3-10 2001: 1-10 2-10 3-10 2003: 1-10 2-10 3-10',
  ],
  ['FREQ=YEARLY;BYDAY=20MO', '1997-05-19', '5-19 1998: 5-18 1999: 5-17'],
  ['FREQ=YEARLY;BYMONTH=3;BYDAY=TH', '1997-03-13', '3-13 3-20 3-27 1998: 3-5 3-12 3-19 3-26 1999: 3-4 3-11 3-18 3-25'],
  ['FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', '1997-09-03', '1998: 2-13 3-13 11-13 1999: 8-13 2000: 10-13'],
  [
    'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13',
    '1997-09-13',
    '9-13 10-11 11-8 12-13 1998: 1-10 2-7 3-7 4-11 5-9 6-13',
  ],
  ['FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8', '1996-11-05', '11-5 2000: 11-7 2004: 11-2'],
  ['FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3', '1997-09-04', '9-4 10-7 11-6'],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2', '1997-09-29', '9-29 10-30 11-27 12-30 1998: 1-29 2-26 3-30'],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO', '1997-08-05', '8-5 8-10 8-19 8-24'],
  ['FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU', '1997-08-05', '8-5 8-17 8-19 8-31'],
  ['FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5', '2007-01-15', '1-15 1-30 2-15 3-15 3-30'],
]

describe('the examples of RFC 5545 section 3.8.5.3', () => {
  test.each(examples)('%s from %s', (text, start, expected) => {
    const [listed, ends] = [expected.match(/\d-\d/g)!.length, /COUNT|UNTIL/.test(text)]
    // A list that ends in the RFC must end here as well.
    expect(dates(text, start, ends ? listed + 5 : listed)).toBe(expected)
  })

  test('every day in January for three years, by two equivalent rules', () => {
    const january = dates('FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1', '1998-01-01', 500)
    expect(january.match(/1-\d/g)).toHaveLength(93)
    const weekdays = 'FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA'
    expect(dates(weekdays, '1998-01-01', 500)).toBe(january)
  })

  test('every day until Christmas Eve is 113 days', () => {
    const all = dates('FREQ=DAILY;UNTIL=19971224T000000Z', '1997-09-02', 500).split(' ')
    expect([all.length, all.at(-1)]).toEqual([113, '12-23'])
  })
})

describe('edge cases', () => {
  test.each([
    ['the 31st skips short months', 'FREQ=MONTHLY', '2026-01-31', '1-31 3-31 5-31 7-31 8-31 10-31 12-31'],
    ['30 February is never moved to another day', 'FREQ=MONTHLY;BYMONTHDAY=30', '2026-01-01', '1-30 3-30 4-30'],
    ['the last day of each month', 'FREQ=MONTHLY;BYMONTHDAY=-1', '2028-01-01', '1-31 2-29 3-31 4-30'],
    ['a leap day comes every four years', 'FREQ=YEARLY', '2024-02-29', '2-29 2028: 2-29 2032: 2-29'],
    ['a leap day skips 2100', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', '2093-01-01', '2096: 2-29 2104: 2-29'],
    [
      'the last working day',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
      '2026-01-01',
      '1-30 2-27 3-31 4-30 5-29 6-30 7-31',
    ],
    [
      'the first business day',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1',
      '2026-01-01',
      '1-1 2-2 3-2 4-1 5-1 6-1 7-1 8-3',
    ],
    [
      'the last day of the quarter',
      'FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1',
      '2026-01-01',
      '3-31 6-30 9-30 12-31 2027: 3-31',
    ],
    ['a fifth Monday is not in every month', 'FREQ=MONTHLY;BYDAY=5MO', '2026-01-01', '3-30 6-29 8-31 11-30'],
    [
      'every other week counts from the week of the start',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO',
      '2026-01-07',
      '1-19 2-2 2-16',
    ],
    ['the last Friday of the year', 'FREQ=YEARLY;BYDAY=-1FR', '2026-01-01', '12-25 2027: 12-31 2028: 12-29'],
  ])('%s', (_name, text, start, expected) => {
    expect(dates(text, start, expected.match(/\d-\d/g)!.length)).toBe(expected)
  })
})

describe('COUNT', () => {
  test('does not count a window whose beginning does not exist', () => {
    // 2026-03-29 02:30 is skipped in Berlin.
    expect(dates('FREQ=DAILY;COUNT=3', '2026-03-27', 9, '02:30', 'Europe/Berlin')).toBe('3-27 3-28 3-30')
  })

  test('counts a window removed by an exception', () => {
    const recurring: Recurring = { rule: rule('FREQ=DAILY;COUNT=3'), start: '2026-01-01', duration: hour }
    const windows = recurringWindows(recurring, { from: 0, timeZone: 'UTC', except: ['2026-01-02'] })
    const begins = [...windows(0)].map(({ start }) => Temporal.Instant.fromEpochMilliseconds(start).toString())
    expect(begins).toEqual(['2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'])
  })

  test('of a rule that never occurs yields no window', () => {
    const recurring: Recurring = {
      rule: rule('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3'),
      start: '2026-01-01',
      duration: hour,
    }
    expect([...recurringWindows(recurring, { from: 0, timeZone: 'UTC', except: [] })(0)]).toEqual([])
  })
})

describe('UNTIL', () => {
  test('as a date includes that day', () => {
    expect(dates('FREQ=DAILY;UNTIL=20260103', '2026-01-01', 9)).toBe('1-1 1-2 1-3')
  })

  test('as a time is the latest beginning', () => {
    expect(dates('FREQ=DAILY;UNTIL=20260103T140000Z', '2026-01-01', 9)).toBe('1-1 1-2 1-3')
    expect(dates('FREQ=DAILY;UNTIL=20260103T135959Z', '2026-01-01', 9)).toBe('1-1 1-2')
  })
})

describe('the dates of twenty years', () => {
  const calendar = calendarOf('2008-01-01', '2027-12-31')
  const [first, last] = [dayOf('2008-02-01'), dayOf('2027-11-30')]

  test('equal those of the reference implementation', () => {
    let [found, none, started] = [0, 0, 0]
    fc.assert(
      fc.property(randomRules, (recurring) => {
        const slow = slowDates(calendar, recurring).filter((day) => day >= first && day <= last)
        const fast: number[] = []
        const start = recurring.start === undefined ? undefined : dayOf(recurring.start)
        for (const day of recurrence(recurring.rule, start)(first)) {
          if (day > last) break
          fast.push(day)
        }
        expect(fast.join()).toBe(slow.join())
        if (slow.length > 0) found++
        else none++
        if (start !== undefined) started++
      }),
      { numRuns: 1000 },
    )
    // Neither only empty lists nor only rules of one kind.
    expect(Math.min(found - 500, none - 10, started - 200)).toBeGreaterThan(0)
  })

  test('from any day on equal the rest of the list', () => {
    fc.assert(
      fc.property(randomRules, fc.integer({ min: first, max: last }), (recurring, from) => {
        const start = recurring.start === undefined ? undefined : dayOf(recurring.start)
        const upTo = (begin: number): number[] => {
          const days: number[] = []
          for (const day of recurrence(recurring.rule, start)(begin)) {
            if (day > last) break
            days.push(day)
          }
          return days
        }
        expect(upTo(from).join()).toBe(
          upTo(first)
            .filter((day) => day >= from)
            .join(),
        )
      }),
      { numRuns: 100 },
    )
  })
})

describe('the calendar', () => {
  test('of day numbers agrees with Temporal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 365 }), (year, offset) => {
        const date = new Temporal.PlainDate(year, 1, 1).add({ days: offset })
        const day = dayNumber(date.year, date.month, date.day)
        expect(day).toBe(new Temporal.PlainDate(1970, 1, 1).until(date).days)
        expect(dateOf(day).equals(date)).toBe(true)
      }),
    )
  })

  test.each([
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4,6,9,11',
    'FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2',
    'FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=8',
    'FREQ=YEARLY;BYDAY=53MO;BYMONTHDAY=15',
  ])('%s never occurs, and the search terminates', (text) => {
    expect([...recurrence(rule(text), undefined)(0)]).toEqual([])
  })

  test('is searched beyond the missing leap day of 2100, and for 400 years at most', () => {
    const leap = recurrence(rule('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO'), undefined)
    const [next] = leap(dayOf('2073-01-01'))
    expect(dateOf(next!).toString()).toBe('2112-02-29')
    const far = recurrence(rule('FREQ=YEARLY;INTERVAL=900'), dayOf('2026-05-04'))
    expect([...far(dayOf('2026-05-05'))]).toEqual([])
    expect(dateOf(dayOf('2026-05-05') + maxLookAheadDays).toString()).toBe('2426-05-05')
  })
})

describe('the text of a rule', () => {
  test('round-trips through print and parse', () => {
    fc.assert(
      fc.property(randomRules, ({ rule: one }) => {
        expect(rule(printRule(one))).toEqual(one)
      }),
    )
  })

  test('may be in lower case, begin with RRULE: and have parts in any order', () => {
    const plain = rule('FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,-1FR')
    expect(rule('RRULE:byday=-1fr,+MO'.replace('+MO', 'mo') + ';interval=2;freq=monthly')).toEqual(plain)
    expect(rule('FREQ=MONTHLY;BYDAY=+1MO').byDay).toEqual([{ weekday: 1, ordinal: 1 }])
  })

  test.each([
    ['', ['expected parts such as FREQ=MONTHLY;BYDAY=-1FR']],
    ['FREQ=DAILY;', ['expected parts such as FREQ=MONTHLY;BYDAY=-1FR']],
    ['BYDAY=MO', ['FREQ is missing']],
    ['FREQ=HOURLY', ['FREQ is DAILY, WEEKLY, MONTHLY or YEARLY']],
    ['FREQ=DAILY;FREQ=DAILY', ['FREQ is there twice']],
    ['FREQ=DAILY;BYHOUR=9', [expect.stringMatching(/^BYHOUR is not supported/)]],
    ['FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=1', [expect.stringMatching(/^BYWEEKNO/), expect.stringMatching(/^BYYEARDAY/)]],
    ['FREQ=DAILY;BYFOO=9', [expect.stringMatching(/^unknown part BYFOO/)]],
    ['FREQ=DAILY;INTERVAL=0', ['INTERVAL is a number from 1 to 1000']],
    ['FREQ=DAILY;INTERVAL=1.5', ['INTERVAL is a number from 1 to 1000']],
    ['FREQ=DAILY;COUNT=1001', ['COUNT is a number from 1 to 1000']],
    ['FREQ=YEARLY;BYMONTH=13', ['BYMONTH is a number from 1 to 12']],
    ['FREQ=MONTHLY;BYMONTHDAY=0', ['BYMONTHDAY is a number from -31 to 31, not 0']],
    ['FREQ=MONTHLY;BYMONTHDAY=1,,2', ['BYMONTHDAY is a number from -31 to 31, not 0']],
    ['FREQ=MONTHLY;BYDAY=0MO', ['BYDAY has days such as MO, 1MO or -1FR']],
    ['FREQ=MONTHLY;BYDAY=MONDAY', ['BYDAY has days such as MO, 1MO or -1FR']],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367', ['BYSETPOS is a number from -366 to 366, not 0']],
    ['FREQ=DAILY;WKST=1', ['WKST is MO, TU, WE, TH, FR, SA or SU']],
    ['FREQ=DAILY;UNTIL=20260230', [expect.stringMatching(/^UNTIL is a date/)]],
    ['FREQ=DAILY;UNTIL=20260228T120000', [expect.stringMatching(/^UNTIL is a date/)]],
    ['FREQ=DAILY;UNTIL=20260228T250000Z', [expect.stringMatching(/^UNTIL is a date/)]],
    ['FREQ=DAILY;COUNT=2;UNTIL=20260228', ['COUNT and UNTIL exclude each other']],
    ['FREQ=WEEKLY;BYMONTHDAY=1', ['BYMONTHDAY has no meaning with FREQ=WEEKLY']],
    ['FREQ=WEEKLY;BYDAY=1MO', ['BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY']],
    ['FREQ=MONTHLY;BYDAY=6MO', ['no month has more than five of a weekday']],
    ['FREQ=YEARLY;BYMONTH=1;BYDAY=-6MO', ['no month has more than five of a weekday']],
    ['FREQ=MONTHLY;BYSETPOS=-1', ['BYSETPOS needs another part to choose from, such as BYDAY']],
    [
      'FREQ=X;COUNT=0;BYDAY=8',
      [expect.stringMatching(/^FREQ/), expect.stringMatching(/^BYDAY/), expect.stringMatching(/^COUNT/)],
    ],
  ])('%s is rejected', (text, problems) => {
    const parsed = parseRule(text)
    expect(parsed).toEqual({ state: 'invalid', problems })
  })

  test('of any content is parsed or rejected, and never throws', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('FREQ', 'BYDAY', '=', ';', ',', 'MO', '-1', 'DAILY', 'UNTIL'))
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(['valid', 'invalid']).toContain(parseRule(pieces.join('')).state)
      }),
    )
  })
})
