// Parts that limit or expand a recurrence rule (RFC 5545 section 3.3.10, table), one kind of rule at a time.

import { expect, test } from 'vitest'
import { parseRule } from '../../../src/policy/schedule/recurrence-rule.ts'
import { recurringWindows } from '../../../src/policy/schedule/recurrence-windows.ts'
import { at, hour } from '../access-request-fixtures.ts'

/** `2027-01-04 2027-01-11`: the first dates on or after the start. */
function dates(text: string, start: string, count: number): string {
  const parsed = parseRule(text)
  if (parsed.state === 'invalid') throw new Error(parsed.problems.join('; '))
  const recurring = { rule: parsed.rule, start, duration: hour }
  const found: string[] = []
  for (const window of recurringWindows(recurring, { from: 0, timeZone: 'UTC', except: [] })(
    at(`${start}T00:00:00Z`),
  )) {
    found.push(new Date(window.start).toISOString().slice(0, 10))
    if (found.length === count) break
  }
  return found.join(' ')
}

test.each([
  ['FREQ=DAILY;BYDAY=MO,WE', '2027-01-01', '2027-01-04 2027-01-06 2027-01-11 2027-01-13'],
  ['FREQ=DAILY;BYMONTHDAY=1,15', '2027-01-01', '2027-01-01 2027-01-15 2027-02-01 2027-02-15'],
  ['FREQ=DAILY;BYMONTHDAY=-1', '2027-01-01', '2027-01-31 2027-02-28 2027-03-31 2027-04-30'],
  ['FREQ=DAILY;BYMONTHDAY=-31', '2027-01-01', '2027-01-01 2027-03-01 2027-05-01 2027-07-01'],
  ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=28,-1', '2028-01-01', '2028-02-28 2028-02-29 2029-02-28 2030-02-28'],
  ['FREQ=DAILY;BYDAY=FR;BYMONTHDAY=13', '2027-01-01', '2027-08-13 2028-10-13 2029-04-13 2029-07-13'],
  ['FREQ=DAILY;INTERVAL=2;BYDAY=FR', '2027-01-01', '2027-01-01 2027-01-15 2027-01-29 2027-02-12'],
  ['FREQ=DAILY;BYMONTH=1,12', '2027-01-30', '2027-01-30 2027-01-31 2027-12-01 2027-12-02'],
  ['FREQ=WEEKLY;BYDAY=TU,TH', '2027-01-01', '2027-01-05 2027-01-07 2027-01-12 2027-01-14'],
  ['FREQ=WEEKLY;BYMONTH=2;BYDAY=MO', '2027-01-01', '2027-02-01 2027-02-08 2027-02-15 2027-02-22'],
  ['FREQ=WEEKLY', '2027-01-01', '2027-01-01 2027-01-08 2027-01-15 2027-01-22'],
  ['FREQ=MONTHLY', '2027-01-31', '2027-01-31 2027-03-31 2027-05-31 2027-07-31'],
  ['FREQ=MONTHLY;BYMONTHDAY=-2,30', '2027-01-01', '2027-01-30 2027-02-27 2027-03-30 2027-04-29'],
  ['FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1,2,3', '2027-01-01', '2027-02-01 2027-03-01 2027-05-03 2027-08-02'],
  ['FREQ=MONTHLY;BYDAY=5SA', '2027-01-01', '2027-01-30 2027-05-29 2027-07-31 2027-10-30'],
  ['FREQ=MONTHLY;BYDAY=-5SA', '2027-01-01', '2027-01-02 2027-05-01 2027-07-03 2027-10-02'],
  ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1', '2027-01-01', '2027-01-01 2027-01-29 2027-02-01 2027-02-26'],
  ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=5', '2027-01-01', '2027-03-29 2027-05-31 2027-08-30 2027-11-29'],
  ['FREQ=YEARLY', '2027-03-31', '2027-03-31 2028-03-31 2029-03-31 2030-03-31'],
  ['FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=1,2', '2027-01-01', '2027-01-31 2028-01-31 2029-01-31 2030-01-31'],
  ['FREQ=YEARLY;BYDAY=1MO', '2027-01-01', '2027-01-04 2028-01-03 2029-01-01 2030-01-07'],
  ['FREQ=YEARLY;BYDAY=-1MO', '2027-01-01', '2027-12-27 2028-12-25 2029-12-31 2030-12-30'],
  ['FREQ=YEARLY;BYMONTH=2;BYDAY=-1MO', '2027-01-01', '2027-02-22 2028-02-28 2029-02-26 2030-02-25'],
  ['FREQ=YEARLY;BYDAY=MO;BYSETPOS=2', '2027-01-01', '2027-01-11 2028-01-10 2029-01-08 2030-01-14'],
])('%s from %s', (text, start, expected) => {
  expect(dates(text, start, 4)).toBe(expected)
})
