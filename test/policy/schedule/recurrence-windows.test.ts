// Windows of a recurrence rule: edges, DST, joined windows, and decisions based on them.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import { explain } from '../../../src/policy/explain.ts'
import { parseRule } from '../../../src/policy/schedule/recurrence-rule.ts'
import { dateOf } from '../../../src/policy/schedule/recurrence-dates.ts'
import type { Recurring, Span } from '../../../src/policy/schedule/recurrence-windows.ts'
import { describeSchedule } from '../../../src/policy/schedule/describe-schedule.ts'
import { timetable, windowAt, type Schedule } from '../../../src/policy/schedule/window.ts'
import { accesses, apps, vocabulary } from '../arbitrary-policies.ts'
import { access, allow, app, at, day, hour, minute, office } from '../access-request-fixtures.ts'
import { calendarOf, randomRules, slowDates } from './reference-recurrence.ts'

const schedule = (rule: string, from: string, duration: number, more: Partial<Schedule & Recurring> = {}): Schedule => {
  const parsed = parseRule(rule)
  if (parsed.state === 'invalid') throw new Error(parsed.problems.join('; '))
  const [hours, minutes] = from.split(':').map(Number)
  const { start, ...rest } = more
  return {
    name: 'recurring',
    days: [],
    from: hours! * 60 + minutes!,
    to: 0,
    timeZone: 'Europe/Berlin',
    except: [],
    recurrence: { rule: parsed.rule, start, duration },
    ...rest,
  }
}

/** `open until 2026-11-18T17:00:00Z`. */
const seen = (schedule: Schedule, now: string): string => {
  const { open, edge } = windowAt(schedule, at(now))
  const until = edge === Infinity ? 'for ever' : Temporal.Instant.fromEpochMilliseconds(edge).toString()
  return `${open ? 'open' : 'shut'} until ${until}`
}

const monthEnd = schedule('FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', '13:00', 4 * hour)
const daily = (from: string, duration: number, more: Partial<Schedule & Recurring> = {}): Schedule =>
  schedule('FREQ=DAILY', from, duration, more)

describe('a window of a recurrence rule', () => {
  test.each([
    ['is open inside', monthEnd, '2026-11-30T13:00:00Z', 'open until 2026-11-30T16:00:00Z'],
    ['is open from its first moment', monthEnd, '2026-11-30T12:00:00Z', 'open until 2026-11-30T16:00:00Z'],
    ['is shut a millisecond before', monthEnd, '2026-11-30T11:59:59.999Z', 'shut until 2026-11-30T12:00:00Z'],
    ['is shut at its end', monthEnd, '2026-11-30T16:00:00Z', 'shut until 2026-12-31T12:00:00Z'],
    ['is at the same wall clock in summer', monthEnd, '2026-07-31T16:00:00Z', 'shut until 2026-08-31T11:00:00Z'],
    ['may last over midnight', daily('22:00', 8 * hour), '2026-11-18T02:00:00Z', 'open until 2026-11-18T05:00:00Z'],
    [
      'may last for days',
      schedule('FREQ=MONTHLY;BYMONTHDAY=1', '00:00', 3 * day),
      '2026-12-02T12:00:00Z',
      'open until 2026-12-03T23:00:00Z',
    ],
    [
      'begins with its start',
      daily('08:00', hour, { start: '2027-01-01' }),
      '2026-11-18T07:30:00Z',
      'shut until 2027-01-01T07:00:00Z',
    ],
    [
      'is over after UNTIL',
      schedule('FREQ=DAILY;UNTIL=20261118', '08:00', hour),
      '2026-11-18T08:00:00Z',
      'shut until for ever',
    ],
    [
      'lasts beyond UNTIL when it began before',
      schedule('FREQ=DAILY;UNTIL=20261118', '08:00', 30 * hour),
      '2026-11-19T12:00:00Z',
      'open until 2026-11-19T13:00:00Z',
    ],
    [
      'is over after COUNT',
      schedule('FREQ=DAILY;COUNT=2', '08:00', hour, { start: '2026-11-17' }),
      '2026-11-18T08:00:00Z',
      'shut until for ever',
    ],
    [
      'never opens by a rule that never occurs',
      schedule('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '08:00', hour),
      '2026-11-18T08:00:00Z',
      'shut until for ever',
    ],
    [
      'does not begin on an excepted date',
      { ...monthEnd, except: ['2026-12-31'] },
      '2026-12-01T00:00:00Z',
      'shut until 2027-01-29T12:00:00Z',
    ],
    [
      'that began before an excepted date continues into it',
      { ...daily('22:00', 8 * hour), except: ['2026-11-18'] },
      '2026-11-18T02:00:00Z',
      'open until 2026-11-18T05:00:00Z',
    ],
    [
      'is joined with overlapping ones',
      schedule('FREQ=DAILY;COUNT=3', '08:00', 36 * hour, { start: '2026-11-16' }),
      '2026-11-16T12:00:00Z',
      'open until 2026-11-19T19:00:00Z',
    ],
  ])('%s', (_name, schedule, now, expected) => expect(seen(schedule, now)).toBe(expected))

  test('that is always open has an edge at least two weeks away, after which it is still open', () => {
    const always = daily('00:00', day, { timeZone: 'UTC' })
    const now = at('2026-11-18T10:00:00Z')
    const { open, edge } = windowAt(always, now)
    expect([open, windowAt(always, edge).open, edge - now > 14 * day]).toEqual([true, true, true])
  })
})

describe('at DST changes', () => {
  // Berlin: 2027-03-28 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00. Lord Howe: half an hour, 2026-10-04 02:00
  // becomes 02:30, 2027-04-04 02:00 becomes 01:30. Apia had no 2011-12-30.
  test.each([
    [
      'a nonexistent beginning is skipped, not moved',
      daily('02:30', hour),
      '2027-03-27T12:00:00Z',
      'shut until 2027-03-29T00:30:00Z',
    ],
    [
      'an ambiguous beginning is the first',
      daily('02:30', hour),
      '2026-10-24T12:00:00Z',
      'shut until 2026-10-25T00:30:00Z',
    ],
    [
      'and the duration is elapsed time',
      daily('02:30', hour),
      '2026-10-25T00:45:00Z',
      'open until 2026-10-25T01:30:00Z',
    ],
    ['in spring as well', daily('01:00', 4 * hour), '2027-03-28T00:30:00Z', 'open until 2027-03-28T04:00:00Z'],
    [
      'a gap of half an hour',
      daily('02:15', hour, { timeZone: 'Australia/Lord_Howe' }),
      '2026-10-03T12:00:00Z',
      'shut until 2026-10-04T15:15:00Z',
    ],
    [
      'an overlap of half an hour',
      daily('01:45', hour, { timeZone: 'Australia/Lord_Howe' }),
      '2027-04-03T12:00:00Z',
      'shut until 2027-04-03T14:45:00Z',
    ],
    [
      'a skipped day',
      daily('13:00', hour, { timeZone: 'Pacific/Apia' }),
      '2011-12-30T00:30:00Z',
      'shut until 2011-12-30T23:00:00Z',
    ],
    [
      'a zone with an offset of quarter hours',
      daily('09:00', hour, { timeZone: 'Asia/Kathmandu' }),
      '2026-11-18T00:00:00Z',
      'shut until 2026-11-18T03:15:00Z',
    ],
  ])('%s', (_name, schedule, now, expected) => expect(seen(schedule, now)).toBe(expected))
})

describe('twenty years in five zones', () => {
  const calendar = calendarOf('2008-01-01', '2027-12-31')
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia']
  const [first, last] = [at('2008-03-01T00:00:00Z'), at('2027-10-01T00:00:00Z')]
  const beginnings = new Map(zones.map((zone) => [zone, createBeginnings(zone)]))

  /** All instants of a wall-clock time, found with the offsets of the zone a day before and after. */
  function createBeginnings(zone: string): (date: number, minutes: number) => number[] {
    const read = (moment: number): number =>
      Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6
    const atMidnight = new Map<number, number>()
    const midnight = (date: number): number => atMidnight.get(date) ?? atMidnight.set(date, read(date * day)).get(date)!
    // The offset changes at most once a day: if both ends of a day agree, so does the time between.
    const offsetAt = (moment: number): number => {
      const date = Math.floor(moment / day)
      return midnight(date) === midnight(date + 1) ? midnight(date) : read(moment)
    }
    return (date, minutes) => {
      const wall = date * day + minutes * minute
      const offsets = new Set([-27, 27].map((shift) => offsetAt(wall + shift * hour)))
      return [...offsets]
        .map((offset) => wall - offset)
        .filter((moment) => moment + offsetAt(moment) === wall)
        .sort((a, b) => a - b)
    }
  }

  const spansOf = ({ recurrence, timeZone, from, except }: Schedule): Span[] => {
    const { rule, duration } = recurrence!
    const begins = slowDates(calendar, recurrence!).flatMap((date) => {
      const [earliest] = beginnings.get(timeZone)!(date, from)
      return earliest === undefined ? [] : [{ date, start: earliest }]
    })
    const counted = rule.count === undefined ? begins : begins.slice(0, rule.count)
    return counted
      .filter(({ date }) => !except.includes(dateOf(date).toString()))
      .map(({ start }) => ({ start, end: start + duration }))
  }

  /** Near changes of the offset. */
  const changes = [
    '2012-03-25T00:30',
    '2012-10-28T00:30',
    '2011-12-30T10:00',
    '2021-03-14T07:00',
    '2021-11-07T06:00',
    '2024-10-05T15:30',
    '2025-04-05T15:00',
    '2010-09-26T11:00',
  ]
  const near = fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -40 * 60, max: 40 * 60 }))
  const moments = fc.oneof(
    fc.integer({ min: first, max: last }),
    near.map(([change, minutes]) => at(`${change}:00Z`) + minutes * minute),
  )
  const from = fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 110, max: 190 }), fc.constant(0))
  const schedules = fc
    .record({
      recurrence: randomRules,
      longer: fc.constantFrom(1, 1, 1, 7, 30),
      count: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined, freq: 3 }),
      timeZone: fc.constantFrom(...zones),
      from,
      except: fc.uniqueArray(fc.constantFrom('2012-03-25', '2012-10-28', '2021-03-14', '2024-10-05', '2011-12-31')),
    })
    .map(({ recurrence, longer, count, ...more }): Schedule => {
      const counting = recurrence.start === undefined ? undefined : count
      const rule = { ...recurrence.rule, count: counting }
      return {
        name: 'any',
        days: [],
        to: 0,
        ...more,
        recurrence: { ...recurrence, rule, duration: recurrence.duration * longer },
      }
    })

  /** A moment at, just before, or within some window of a list. */
  const picks = fc.array(
    fc
      .tuple(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom('start', 'end'),
        fc.constantFrom(-1, 0, 1, minute),
      )
      .map(([part, side, shift]) => (spans: readonly Span[]): number | undefined => {
        const inside = spans.filter(({ start }) => start > first && start < last)
        const span = inside[Math.floor(part * inside.length)]
        return span && span[side as 'start' | 'end'] + shift
      }),
    { maxLength: 12 },
  )

  test('agree with the reference implementation in state and edges', () => {
    let [open, shut, ended] = [0, 0, 0]
    fc.assert(
      fc.property(schedules, fc.array(moments, { maxLength: 12 }), picks, (schedule, anywhere, picked) => {
        const spans = spansOf(schedule)
        // Arbitrary times, and times around a beginning or an end.
        const times = [...anywhere, ...picked.flatMap((pick) => pick(spans) ?? [])]
        const openAt = (moment: number) => spans.some(({ start, end }) => start <= moment && moment < end)
        const edges = spans.flatMap(({ start, end }) => [start, end]).sort((one, other) => one - other)
        const table = timetable(schedule)
        const declared = app([allow('it', { schedule: ['any'] })], { lease: 400 * day })
        const policy = compilePolicy(declared, { ...vocabulary, schedules: new Map([['any', schedule]]) })
        for (const now of times) {
          const window = windowAt(schedule, now)
          expect(window.open).toBe(openAt(now))
          // A change of state is the beginning or the end of a window.
          const next = edges.find((edge) => edge > now && openAt(edge) !== window.open) ?? Infinity
          const joined = window.open && next - now > 14 * day
          if (joined) expect(window.edge - now).toBeGreaterThan(14 * day)
          else if (next < last) expect(window.edge).toBe(next)
          else expect(window.edge).toBeGreaterThan(last)
          expect(table(now).open).toBe(window.open)
          const { effect, validUntil } = decide(policy, access({ now }))
          expect(effect).toBe(window.open ? 'allow' : 'deny')
          // No decision outlives the closing, regardless of the lease.
          if (window.open) expect(validUntil).toBeLessThanOrEqual(next)
          if (window.open) open++
          else if (window.edge === Infinity) ended++
          else shut++
        }
      }),
      { numRuns: 80 },
    )
    expect(Math.min(open, shut, ended)).toBeGreaterThan(20)
  })

  test('also in the hours around a change of the offset', () => {
    // First instant of the new offset; Kathmandu has no change in these years.
    const moved: readonly (readonly [string, string])[] = [
      ['Europe/Berlin', '2012-03-25T01:00:00Z'],
      ['Europe/Berlin', '2012-10-28T01:00:00Z'],
      ['America/New_York', '2021-03-14T07:00:00Z'],
      ['America/New_York', '2021-11-07T06:00:00Z'],
      ['Australia/Lord_Howe', '2024-10-05T15:30:00Z'],
      ['Australia/Lord_Howe', '2025-04-05T15:00:00Z'],
      ['Pacific/Apia', '2011-12-30T10:00:00Z'],
      ['Pacific/Apia', '2012-03-31T14:00:00Z'],
    ]
    const quarters = (most: number) => fc.integer({ min: -most, max: most }).map((quarter) => quarter * 15 * minute)
    const given = fc.record({
      moved: fc.constantFrom(...moved),
      shift: quarters(6),
      duration: fc.constantFrom(15 * minute, hour, 25 * hour),
      days: fc.integer({ min: 1, max: 6 }),
      count: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      around: fc.array(quarters(3 * 96), { minLength: 4, maxLength: 8 }),
    })
    fc.assert(
      fc.property(given, ({ moved: [timeZone, text], shift, duration, days, count, around }) => {
        const change = at(text)
        const wall = Temporal.Instant.fromEpochMilliseconds(change + shift).toZonedDateTimeISO(timeZone)
        // Just before the change lies the wall-clock time that is skipped or repeated.
        const skipped = Temporal.Instant.fromEpochMilliseconds(change - 1).toZonedDateTimeISO(timeZone)
        const gap = skipped.toPlainDateTime().add({ milliseconds: 1 + Math.abs(shift) })
        for (const { hour: hours, minute: minutes } of [wall, gap]) {
          const begin = wall.toPlainDate().subtract({ days })
          const from = `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
          const text = count === undefined ? 'FREQ=DAILY' : `FREQ=DAILY;COUNT=${count}`
          const one = schedule(text, from, duration, { timeZone, start: begin.toString() })
          const firstDay = new Temporal.PlainDate(1970, 1, 1).until(begin).days
          const starts = Array.from({ length: 20 }, (_, index) =>
            beginnings.get(timeZone)!(firstDay + index, hours * 60 + minutes).slice(0, 1),
          ).flat()
          const spans = starts.slice(0, count).map((start) => ({ start, end: start + duration }))
          for (const now of around.map((quarter) => change + quarter)) {
            const open = spans.some(({ start, end }) => start <= now && now < end)
            expect(windowAt(one, now).open).toBe(open)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a decision never outlives its reasons', () => {
  const recurring = new Map(
    [
      schedule('FREQ=WEEKLY;BYDAY=SA,SU', '22:00', 90 * minute, { name: 'evening' }),
      schedule('FREQ=YEARLY;BYMONTH=10;BYDAY=-1SA,-1SU', '23:00', 3 * hour, { name: 'night' }),
      daily('02:00', 45 * minute, { name: 'twice' }),
      schedule('FREQ=MONTHLY;BYMONTHDAY=25,-7', '01:00', 2 * hour, { name: 'early', except: ['2026-11-24'] }),
    ].map((one) => [one.name, one]),
  )
  const policies = apps.map((declared) => compilePolicy(declared, { ...vocabulary, schedules: recurring }))

  test('with windows of recurrence rules', () => {
    let changing = 0
    fc.assert(
      fc.property(policies, accesses, fc.double({ min: 0, max: 1, noNaN: true }), (policy, access, part) => {
        const essence = (now: number) => {
          const { effect, rule, reasons, remedy, validUntil } = decide(policy, { ...access, now })
          if (validUntil === at('2026-10-25T00:00:00Z')) changing++
          return { validUntil, outcome: { effect, rule, codes: reasons.map(({ code }) => code), remedy: remedy?.kind } }
        }
        const { validUntil, outcome } = essence(access.now)
        expect(validUntil).toBeGreaterThan(access.now)
        for (const now of [Math.floor(access.now + (validUntil - 1 - access.now) * part), validUntil - 1]) {
          expect(essence(now).outcome).toEqual(outcome)
        }
      }),
      { numRuns: 3000 },
    )
    // The first beginning of `twice`: such edges must have occurred.
    expect(changing).toBeGreaterThan(10)
  })

  test('the CFO may write on the last working day, read on others, and gets the next opening as remedy', () => {
    const rules = [
      allow('CFO closes the books', { users: ['anna@example.com'], schedule: ['month_end'] }),
      allow('finance reads', { groups: ['staff'], actions: ['read'] }),
    ]
    const policy = compilePolicy(app(rules), { ...vocabulary, schedules: new Map([['month_end', monthEnd]]) })
    const ask = (now: string, method: string) => decide(policy, access({ now: at(now), method }))
    expect(ask('2026-11-30T12:00:00Z', 'POST')).toMatchObject({ effect: 'allow', rule: 'CFO closes the books' })
    expect(ask('2026-11-30T16:00:00Z', 'GET')).toMatchObject({ effect: 'allow', rule: 'finance reads' })
    const late = ask('2026-11-30T16:00:00Z', 'POST')
    expect(late).toMatchObject({ effect: 'deny', remedy: { kind: 'wait', until: at('2026-12-31T12:00:00Z') } })
    expect(late.reasons[0]).toMatchObject({
      code: 'outside_schedule',
      parameters: { opens: '2026-12-31T13:00:00+01:00[Europe/Berlin]' },
    })
    const [condition] = explain(policy, access()).rules[0]!.conditions.filter(({ name }) => name === 'schedule')
    expect(condition!.summary).toBe(
      'month_end (FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1 13:00 for 4h Europe/Berlin)',
    )
  })
})

describe('a schedule on one line', () => {
  test.each([
    [office, 'mon..fri 08:00-18:00 Europe/Berlin'],
    [{ ...office, days: [1, 3], to: 0 }, 'mon,wed 08:00-24:00 Europe/Berlin'],
    [{ ...office, days: [] }, 'never 08:00-18:00 Europe/Berlin'],
    [daily('07:05', 90 * minute, { start: '2026-01-01' }), 'FREQ=DAILY 07:05 for 90m Europe/Berlin from 2026-01-01 on'],
    [
      schedule('FREQ=DAILY;UNTIL=20270101T120000Z', '00:00', 2 * day),
      'FREQ=DAILY;UNTIL=20270101T120000Z 00:00 for 2d Europe/Berlin',
    ],
  ])('%#', (schedule, line) => expect(describeSchedule(schedule)).toBe(line))
})
