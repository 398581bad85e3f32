// Text of a recurrence rule: limits of each part, the shortest text of a rule, and why a rule needs a start date.

import { describe, expect, test } from 'vitest'
import { needsStart, parseRule, printRule, type RecurrenceRule } from '../../../src/policy/schedule/recurrence-rule.ts'

const rule = (text: string): RecurrenceRule => {
  const parsed = parseRule(text)
  if (parsed.state === 'invalid') throw new Error(parsed.problems.join('; '))
  return parsed.rule
}
const problemsOf = (text: string): readonly string[] => {
  const parsed = parseRule(text)
  return parsed.state === 'invalid' ? parsed.problems : []
}
const plain: RecurrenceRule = {
  frequency: 'daily',
  interval: 1,
  byMonth: [],
  byMonthDay: [],
  byDay: [],
  bySetPos: [],
  count: undefined,
  until: undefined,
  weekStart: 1,
}

describe('a part', () => {
  test.each<[string, Partial<RecurrenceRule>]>([
    ['FREQ=DAILY', {}],
    ['FREQ=WEEKLY', { frequency: 'weekly' }],
    ['FREQ=MONTHLY', { frequency: 'monthly' }],
    ['FREQ=YEARLY', { frequency: 'yearly' }],
    ['rrule:FREQ=DAILY', {}],
    ['FREQ=DAILY;INTERVAL=1', {}],
    ['FREQ=DAILY;INTERVAL=1000', { interval: 1000 }],
    ['FREQ=DAILY;COUNT=1', { count: 1 }],
    ['FREQ=DAILY;COUNT=1000', { count: 1000 }],
    ['FREQ=DAILY;BYMONTH=12,1,12', { byMonth: [1, 12] }],
    ['FREQ=DAILY;BYMONTHDAY=31,-31,2,10', { byMonthDay: [-31, 2, 10, 31] }],
    [
      'FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366,-366',
      { frequency: 'monthly', byDay: [{ weekday: 1, ordinal: undefined }], bySetPos: [-366, 366] },
    ],
    ['FREQ=DAILY;WKST=SU', { weekStart: 7 }],
    ['FREQ=DAILY;WKST=MO', {}],
    ['FREQ=DAILY;UNTIL=20271231', { until: { date: '2027-12-31' } }],
    ['FREQ=DAILY;UNTIL=20271231T170000Z', { until: { moment: Date.UTC(2027, 11, 31, 17) } }],
    [
      'FREQ=YEARLY;BYDAY=53MO,-53SU',
      {
        frequency: 'yearly',
        byDay: [
          { weekday: 7, ordinal: -53 },
          { weekday: 1, ordinal: 53 },
        ],
      },
    ],
    [
      'FREQ=MONTHLY;BYDAY=5FR,-5FR',
      {
        frequency: 'monthly',
        byDay: [
          { weekday: 5, ordinal: -5 },
          { weekday: 5, ordinal: 5 },
        ],
      },
    ],
    ['FREQ=YEARLY;BYDAY=6MO', { frequency: 'yearly', byDay: [{ weekday: 1, ordinal: 6 }] }],
    [
      'FREQ=WEEKLY;BYDAY=SU,MO,SU',
      {
        frequency: 'weekly',
        byDay: [
          { weekday: 1, ordinal: undefined },
          { weekday: 7, ordinal: undefined },
        ],
      },
    ],
    ['FREQ=MONTHLY;BYMONTH=2;BYSETPOS=1', { frequency: 'monthly', byMonth: [2], bySetPos: [1] }],
    ['FREQ=MONTHLY;BYMONTHDAY=1,2;BYSETPOS=-1', { frequency: 'monthly', byMonthDay: [1, 2], bySetPos: [-1] }],
  ])('is read: %s', (text, parts) => {
    expect(rule(text)).toEqual({ ...plain, ...parts })
  })

  test.each<[string, string]>([
    ['FREQ=DAILY;INTERVAL=1001', 'INTERVAL is a number from 1 to 1000'],
    ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL is a number from 1 to 1000'],
    ['FREQ=DAILY;INTERVAL=1x', 'INTERVAL is a number from 1 to 1000'],
    ['FREQ=DAILY;INTERVAL=x1', 'INTERVAL is a number from 1 to 1000'],
    ['FREQ=DAILY;INTERVAL=000001', 'INTERVAL is a number from 1 to 1000'],
    ['FREQ=DAILY;COUNT=0', 'COUNT is a number from 1 to 1000'],
    ['FREQ=DAILY;BYMONTH=0', 'BYMONTH is a number from 1 to 12'],
    ['FREQ=DAILY;BYMONTHDAY=32', 'BYMONTHDAY is a number from -31 to 31, not 0'],
    ['FREQ=DAILY;BYMONTHDAY=-32', 'BYMONTHDAY is a number from -31 to 31, not 0'],
    ['FREQ=YEARLY;BYDAY=54MO', 'BYDAY has days such as MO, 1MO or -1FR'],
    ['FREQ=YEARLY;BYDAY=-54MO', 'BYDAY has days such as MO, 1MO or -1FR'],
    ['FREQ=YEARLY;BYDAY=100MO', 'BYDAY has days such as MO, 1MO or -1FR'],
    ['FREQ=YEARLY;BYDAY=xMO', 'BYDAY has days such as MO, 1MO or -1FR'],
    ['FREQ=YEARLY;BYDAY=1', 'BYDAY has days such as MO, 1MO or -1FR'],
    ['FREQ=DAILY;BYDAY=1MO', 'BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY'],
    ['FREQ=MONTHLY;BYDAY=-6MO', 'no month has more than five of a weekday'],
    ['FREQ=DAILY;UNTIL=x20271231', 'UNTIL is a date such as 20271231, or a time in UTC such as 20271231T170000Z'],
    ['FREQ=DAILY;UNTIL=20271231x', 'UNTIL is a date such as 20271231, or a time in UTC such as 20271231T170000Z'],
    [
      'FREQ=DAILY;UNTIL=20271331T170000Z',
      'UNTIL is a date such as 20271231, or a time in UTC such as 20271231T170000Z',
    ],
    ['FREQ', 'expected parts such as FREQ=MONTHLY;BYDAY=-1FR'],
    ['FREQ=', 'expected parts such as FREQ=MONTHLY;BYDAY=-1FR'],
    ['=DAILY', 'expected parts such as FREQ=MONTHLY;BYDAY=-1FR'],
    [' FREQ=DAILY', 'expected parts such as FREQ=MONTHLY;BYDAY=-1FR'],
  ])('is not read: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test('that is not supported, or unknown, is answered with those that are', () => {
    const parts = 'FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, COUNT, UNTIL, WKST'
    for (const name of ['BYSECOND', 'BYMINUTE', 'BYHOUR', 'BYYEARDAY', 'BYWEEKNO']) {
      expect(problemsOf(`FREQ=DAILY;${name}=1`)).toEqual([`${name} is not supported (there are ${parts})`])
    }
    expect(problemsOf('FREQ=DAILY;X-FOO=1')).toEqual([`unknown part X-FOO (there are ${parts})`])
  })

  test('is missing only where nothing else explains it', () => {
    expect(problemsOf('COUNT=2')).toEqual(['FREQ is missing'])
    expect(problemsOf('FREQ')).toEqual(['expected parts such as FREQ=MONTHLY;BYDAY=-1FR'])
    expect(problemsOf('FREQ=X;FOO=1')).toEqual([
      expect.stringContaining('unknown part FOO'),
      'FREQ is DAILY, WEEKLY, MONTHLY or YEARLY',
    ])
  })

  test('several violations are all named', () => {
    expect(problemsOf('FREQ=WEEKLY;COUNT=2;UNTIL=20271231;BYMONTHDAY=1;BYDAY=1MO')).toEqual([
      'COUNT and UNTIL exclude each other',
      'BYMONTHDAY has no meaning with FREQ=WEEKLY',
      'BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY',
    ])
  })
})

test.each([
  'FREQ=DAILY',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=3;WKST=SU',
  'FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=-1,5;UNTIL=20271231',
  'FREQ=MONTHLY;BYDAY=-1FR,TU,2MO;BYSETPOS=1;UNTIL=20271231T170000Z',
])('the shortest text of a rule is %s', (text) => {
  expect(printRule(rule(text))).toBe(text)
})

test('parts with their default are left out of the text', () => {
  expect(printRule(rule('WKST=MO;INTERVAL=1;FREQ=DAILY'))).toBe('FREQ=DAILY')
})

describe('a start date is needed', () => {
  test.each<[string, readonly string[]]>([
    ['FREQ=DAILY', []],
    ['FREQ=DAILY;INTERVAL=2', ['INTERVAL is counted from it']],
    ['FREQ=DAILY;COUNT=2', ['COUNT is counted from it']],
    ['FREQ=WEEKLY', ['without BYDAY it says on which day of the week']],
    ['FREQ=WEEKLY;BYDAY=MO', []],
    ['FREQ=MONTHLY', ['without BYDAY or BYMONTHDAY it says on which day of the month']],
    ['FREQ=MONTHLY;BYDAY=1MO', []],
    ['FREQ=MONTHLY;BYMONTHDAY=1', []],
    ['FREQ=YEARLY', ['without BYDAY or BYMONTHDAY it says on which day of the year']],
    ['FREQ=YEARLY;BYMONTH=2', ['without BYDAY or BYMONTHDAY it says on which day of the month']],
    ['FREQ=YEARLY;BYMONTHDAY=1', []],
    [
      'FREQ=WEEKLY;INTERVAL=2;COUNT=3',
      ['INTERVAL is counted from it', 'COUNT is counted from it', 'without BYDAY it says on which day of the week'],
    ],
  ])('for %s: %j', (text, needs) => {
    expect(needsStart(rule(text))).toEqual(needs)
  })
})
