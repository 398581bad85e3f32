// A schedule on one line, for administrators: days, times of day and lengths.

import { expect, test } from 'vitest'
import { describeSchedule } from '../../../src/policy/schedule/describe-schedule.ts'
import type { RecurrenceRule } from '../../../src/policy/schedule/recurrence-rule.ts'
import { day, hour, minute, office } from '../access-request-fixtures.ts'

test.each<[readonly number[], string]>([
  [[1, 2, 3, 4, 5], 'mon..fri'],
  [[2, 3, 4], 'tue..thu'],
  [[5, 6, 7], 'fri..sun'],
  [[1, 2], 'mon,tue'],
  [[3], 'wed'],
  [[4, 6], 'thu,sat'],
  [[1, 2, 4], 'mon,tue,thu'],
  [[], 'never'],
])('days %j are %s', (days, line) => {
  expect(describeSchedule({ ...office, days })).toBe(`${line} 08:00-18:00 Europe/Berlin`)
})

test.each([
  [0, 0, '00:00-24:00'],
  [5, 65, '00:05-01:05'],
  [22 * 60, 6 * 60, '22:00-06:00'],
  [23 * 60 + 59, 1440, '23:59-24:00'],
])('from %d to %d minutes is %s', (from, to, line) => {
  expect(describeSchedule({ ...office, from, to })).toBe(`mon..fri ${line} Europe/Berlin`)
})

const rule: RecurrenceRule = {
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

test.each([
  [day, '1d'],
  [36 * hour, '36h'],
  [hour, '1h'],
  [90 * minute, '90m'],
  [minute, '1m'],
  [90_000, '90s'],
])('a length of %d ms is %s', (duration, line) => {
  const recurrence = { rule, start: undefined, duration }
  expect(describeSchedule({ ...office, recurrence })).toBe(`FREQ=DAILY 08:00 for ${line} Europe/Berlin`)
})
