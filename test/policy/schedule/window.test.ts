// Weekly schedule windows: edges, midnight, DST, exceptions, and the cache of a timetable.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timetable, windowAt, type Schedule } from '../../../src/policy/schedule/window.ts'
import { at, day, minute, office } from '../access-request-fixtures.ts'

const clock = (text: string): number => {
  const [hours, minutes] = text.split(':').map(Number)
  return hours! * 60 + minutes!
}

const schedule = (days: readonly number[], from: string, to: string, more: Partial<Schedule> = {}): Schedule => ({
  ...office,
  days,
  from: clock(from),
  to: clock(to),
  ...more,
})

/** `open until 2026-11-18T17:00:00Z`. */
const seen = (schedule: Schedule, now: string): string => {
  const { open, edge } = windowAt(schedule, at(now))
  const until = edge === Infinity ? 'for ever' : Temporal.Instant.fromEpochMilliseconds(edge).toString()
  return `${open ? 'open' : 'shut'} until ${until}`
}

const all = [1, 2, 3, 4, 5, 6, 7]
const nights = schedule([5], '22:00', '06:00')

describe('a window', () => {
  test.each([
    ['is open inside', office, '2026-11-18T10:00:00Z', 'open until 2026-11-18T17:00:00Z'],
    ['is open from its first moment', office, '2026-11-18T07:00:00Z', 'open until 2026-11-18T17:00:00Z'],
    ['is shut a millisecond before', office, '2026-11-18T06:59:59.999Z', 'shut until 2026-11-18T07:00:00Z'],
    ['is shut at its end', office, '2026-11-18T17:00:00Z', 'shut until 2026-11-19T07:00:00Z'],
    ['waits over the weekend', office, '2026-11-20T17:00:00Z', 'shut until 2026-11-23T07:00:00Z'],
    ['never opens without days', schedule([], '08:00', '18:00'), '2026-11-18T10:00:00Z', 'shut until for ever'],
    ['across midnight is open in the evening', nights, '2026-11-20T22:00:00Z', 'open until 2026-11-21T05:00:00Z'],
    [
      'across midnight belongs to the day it starts on',
      nights,
      '2026-11-21T04:59:59Z',
      'open until 2026-11-21T05:00:00Z',
    ],
    ['across midnight is shut the next evening', nights, '2026-11-21T22:00:00Z', 'shut until 2026-11-27T21:00:00Z'],
    [
      'across midnight is shut before it first starts',
      nights,
      '2026-11-20T02:00:00Z',
      'shut until 2026-11-20T21:00:00Z',
    ],
    ['may end at midnight', schedule([3], '20:00', '24:00'), '2026-11-18T22:00:00Z', 'open until 2026-11-18T23:00:00Z'],
    [
      'may last a whole day',
      schedule([3], '00:00', '00:00'),
      '2026-11-18T10:00:00Z',
      'open until 2026-11-18T23:00:00Z',
    ],
    [
      'joins the next one',
      schedule([3, 4], '00:00', '24:00'),
      '2026-11-18T10:00:00Z',
      'open until 2026-11-19T23:00:00Z',
    ],
    [
      'uses its own zone',
      { ...office, timeZone: 'Asia/Tokyo' },
      '2026-11-17T23:30:00Z',
      'open until 2026-11-18T09:00:00Z',
    ],
  ])('%s', (_name, schedule, now, expected) => expect(seen(schedule, now)).toBe(expected))

  test('does not start on an excepted date', () => {
    const holidays = { ...office, except: ['2026-12-24', '2026-12-25'] }
    expect(seen(holidays, '2026-12-23T18:00:00Z')).toBe('shut until 2026-12-28T07:00:00Z')
    expect(seen(holidays, '2026-12-24T10:00:00Z')).toBe('shut until 2026-12-28T07:00:00Z')
  })

  test('that started before an excepted date continues into it', () => {
    expect(seen({ ...nights, except: ['2026-11-21'] }, '2026-11-21T03:00:00Z')).toBe('open until 2026-11-21T05:00:00Z')
    expect(seen({ ...nights, except: ['2026-11-20'] }, '2026-11-21T03:00:00Z')).toBe('shut until 2026-11-27T21:00:00Z')
  })

  test('finds its next opening beyond any number of exceptions', () => {
    const except = Array.from({ length: 60 }, (_, week) =>
      Temporal.PlainDate.from('2026-11-23').add({ weeks: week }).toString(),
    )
    const mondays = { ...office, days: [1], except }
    expect(seen(mondays, '2026-11-18T10:00:00Z')).toBe('shut until 2028-01-17T07:00:00Z')
  })
})

describe('daylight saving in Berlin', () => {
  // 2027-03-28: 02:00 becomes 03:00. 2026-10-25: 03:00 becomes 02:00.
  test.each([
    [
      'a start in the gap is read with the offset before it',
      schedule([7], '02:30', '05:00'),
      '2027-03-28T00:00:00Z',
      'shut until 2027-03-28T01:30:00Z',
    ],
    [
      'an end in the gap as well',
      schedule([7], '01:00', '02:30'),
      '2027-03-28T00:30:00Z',
      'open until 2027-03-28T01:30:00Z',
    ],
    [
      'a window whose end precedes its start because of the gap does not exist',
      schedule([7], '02:30', '03:15'),
      '2027-03-28T01:20:00Z',
      'shut until 2027-04-04T00:30:00Z',
    ],
    [
      'a window over the gap is an hour shorter',
      schedule([6], '22:00', '06:00'),
      '2027-03-27T21:00:00Z',
      'open until 2027-03-28T04:00:00Z',
    ],
    [
      'an ambiguous start is the first',
      schedule([7], '02:30', '05:00'),
      '2026-10-25T00:00:00Z',
      'shut until 2026-10-25T00:30:00Z',
    ],
    [
      'an ambiguous end is the first',
      schedule([7], '01:00', '02:30'),
      '2026-10-25T00:00:00Z',
      'open until 2026-10-25T00:30:00Z',
    ],
    [
      'after the first end it stays closed during the repeated hour',
      schedule([7], '01:00', '02:30'),
      '2026-10-25T01:10:00Z',
      'shut until 2026-11-01T00:00:00Z',
    ],
    [
      'a window over the overlap is an hour longer',
      schedule([6], '22:00', '06:00'),
      '2026-10-24T20:00:00Z',
      'open until 2026-10-25T05:00:00Z',
    ],
  ])('%s', (_name, schedule, now, expected) => expect(seen(schedule, now)).toBe(expected))
})

describe('properties', () => {
  const schedules = fc.record({
    name: fc.constant('any'),
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    from: fc.integer({ min: 0, max: 1439 }),
    to: fc.integer({ min: 0, max: 1440 }),
    timeZone: fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kolkata',
      'Pacific/Apia',
      'Africa/Cairo',
      'UTC',
    ),
    except: fc.uniqueArray(fc.constantFrom('2026-10-24', '2026-10-25', '2026-10-26', '2027-03-28'), { maxLength: 3 }),
  })
  const moments = fc.oneof(
    fc.integer({ min: at('2026-10-22T00:00:00Z'), max: at('2026-10-28T00:00:00Z') }),
    fc.integer({ min: at('2027-03-20T00:00:00Z'), max: at('2027-04-02T00:00:00Z') }),
  )

  test('a window keeps its state until its edge, and changes there', () => {
    fc.assert(
      fc.property(schedules, moments, fc.double({ min: 0, max: 1, noNaN: true }), (schedule, now, part) => {
        const { open, edge } = windowAt(schedule, now)
        expect(edge).toBeGreaterThan(now)
        const between = Math.floor(now + (edge - 1 - now) * part)
        expect(windowAt(schedule, between).open).toBe(open)
        expect(windowAt(schedule, edge - 1).open).toBe(open)
        if (edge - now < 13 * day) expect(windowAt(schedule, edge).open).toBe(!open)
      }),
      { numRuns: 400 },
    )
  })

  test('without a DST change it follows the wall clock', () => {
    const plain = fc.record({ day: fc.integer({ min: 0, max: 13 }), minutes: fc.integer({ min: 0, max: 1439 }) })
    const calm = schedules.map((schedule) => ({ ...schedule, timeZone: 'Europe/Berlin', except: [] }))
    fc.assert(
      fc.property(calm, plain, (schedule, { day: offset, minutes }) => {
        const local = Temporal.PlainDate.from('2026-11-16').add({ days: offset })
        const now = at('2026-11-15T23:00:00Z') + offset * day + minutes * minute
        const overnight = schedule.to <= schedule.from
        const started = (weekday: number, shift: number) => {
          const wall = minutes + shift
          const to = overnight ? schedule.to + 1440 : schedule.to
          return schedule.days.includes(weekday) && wall >= schedule.from && wall < to
        }
        const expected = started(local.dayOfWeek, 0) || started(local.subtract({ days: 1 }).dayOfWeek, 1440)
        expect(windowAt(schedule, now).open).toBe(expected)
      }),
      { numRuns: 400 },
    )
  })

  test('a timetable agrees with windowAt, in any order of calls', () => {
    fc.assert(
      fc.property(schedules, fc.array(moments, { maxLength: 8 }), (schedule, times) => {
        const table = timetable(schedule)
        for (const now of [...times, ...times.toSorted()]) {
          const [remembered, fresh] = [table(now), windowAt(schedule, now)]
          expect(remembered.open).toBe(fresh.open)
          if (fresh.edge - now < 13 * day) expect(remembered.edge).toBe(fresh.edge)
        }
      }),
    )
  })

  test('always open has an edge far away, after which it is still open', () => {
    const always = schedule(all, '00:00', '24:00')
    const { open, edge } = windowAt(always, at('2026-11-18T10:00:00Z'))
    expect([open, windowAt(always, edge).open]).toEqual([true, true])
    expect(edge - at('2026-11-18T10:00:00Z')).toBeGreaterThan(14 * day)
  })
})
