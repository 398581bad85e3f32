// Reference implementation of recurrence rules: slow and simple, checks every day of a calendar.

import fc from 'fast-check'
import type { Frequency, RecurrenceRule, RuleDay } from '../../../src/policy/schedule/recurrence-rule.ts'
import { needsStart, parseRule, printRule } from '../../../src/policy/schedule/recurrence-rule.ts'
import type { Recurring } from '../../../src/policy/schedule/recurrence-windows.ts'
import { hour } from '../access-request-fixtures.ts'
import { never } from '../../../src/policy/never.ts'

/** A day with all values that a rule can refer to. */
interface Day {
  /** Days since 1970-01-01. */
  readonly number: number
  readonly year: number
  readonly month: number
  readonly day: number
  readonly daysInMonth: number
  readonly weekday: number
  /** The second of four Mondays: 2 and -3. */
  readonly ofMonth: readonly number[]
  readonly ofYear: readonly number[]
}

export function calendarOf(first: string, last: string): readonly Day[] {
  const days: Day[] = []
  const epoch = Temporal.PlainDate.from('1970-01-01')
  for (let date = Temporal.PlainDate.from(first); date.toString() <= last; date = date.add({ days: 1 })) {
    days.push({
      number: epoch.until(date).days,
      year: date.year,
      month: date.month,
      day: date.day,
      daysInMonth: date.daysInMonth,
      weekday: date.dayOfWeek,
      ofMonth: places(date.day, date.daysInMonth),
      ofYear: places(date.dayOfYear, date.daysInYear),
    })
  }
  return days
}

/** Ordinals of a day among its weekday in a span of `days`, from the start and from the end. */
function places(day: number, days: number): number[] {
  let [before, after] = [0, 0]
  for (let other = day; other >= 1; other -= 7) before++
  for (let other = day; other <= days; other += 7) after++
  return [before, -after]
}

/** Day numbers of a rule within the calendar; its first and last period may be incomplete. */
export function slowDates(calendar: readonly Day[], { rule, start }: Pick<Recurring, 'rule' | 'start'>): number[] {
  const begin =
    start === undefined ? undefined : calendar[Temporal.PlainDate.from(dateOf(calendar[0]!)).until(start).days]
  // Group days into periods.
  const periods: Day[][] = []
  for (const [index, day] of calendar.entries()) {
    if (index === 0 || begins(rule, day)) periods.push([])
    periods.at(-1)!.push(day)
  }
  const origin = begin === undefined ? 0 : periods.findIndex((days) => days.includes(begin))
  const found: number[] = []
  for (const [index, days] of periods.entries()) {
    if ((index - origin) % rule.interval !== 0) continue
    const all = days.filter((day) => fits(rule, day, begin))
    const picked =
      rule.bySetPos.length === 0
        ? all
        : all.filter((_day, at) => rule.bySetPos.includes(at + 1) || rule.bySetPos.includes(at - all.length))
    for (const { number } of picked) if (begin === undefined || number >= begin.number) found.push(number)
  }
  return found
}

function dateOf({ year, month, day }: Day): Temporal.PlainDate {
  return new Temporal.PlainDate(year, month, day)
}

/** Whether a day, week, month or year begins with this day. */
function begins(rule: RecurrenceRule, { month, day, weekday }: Day): boolean {
  switch (rule.frequency) {
    case 'daily':
      return true
    case 'weekly':
      return weekday === rule.weekStart
    case 'monthly':
      return day === 1
    case 'yearly':
      return day === 1 && month === 1
    default:
      return never(rule.frequency)
  }
}

function fits(rule: RecurrenceRule, day: Day, start: Day | undefined): boolean {
  const { frequency, byMonth, byMonthDay, byDay } = rule
  if (byMonth.length > 0 && !byMonth.includes(day.month)) return false
  if (byMonthDay.length > 0 && !byMonthDay.some((at) => at === day.day || at === day.day - day.daysInMonth - 1)) {
    return false
  }
  const counted = frequency === 'monthly' || byMonth.length > 0 ? day.ofMonth : day.ofYear
  const named = ({ weekday, ordinal }: RuleDay): boolean =>
    weekday === day.weekday && (ordinal === undefined || counted.includes(ordinal))
  if (byDay.length > 0) return byDay.some(named)
  if (byMonthDay.length > 0 || frequency === 'daily') return true
  // No part names the day: use that of the start.
  if (frequency === 'weekly') return day.weekday === start!.weekday
  if (frequency === 'monthly' || byMonth.length > 0) return day.day === start!.day
  return day.month === start!.month && day.day === start!.day
}

const weekday = fc.integer({ min: 1, max: 7 })

const days = (frequency: Frequency, inMonths: boolean): fc.Arbitrary<RuleDay[]> => {
  const most = frequency === 'monthly' || inMonths ? 5 : 53
  const plain = fc.record({ weekday, ordinal: fc.constant(undefined) })
  const counted = fc.record({
    weekday,
    ordinal: fc.oneof(
      fc.constantFrom(1, 2, -1, -2),
      fc.integer({ min: 1, max: most }),
      fc.integer({ min: -most, max: -1 }),
    ),
  })
  const one = frequency === 'monthly' || frequency === 'yearly' ? fc.oneof(plain, plain, counted) : plain
  return fc.array(one, { minLength: 1, maxLength: 5 })
}

const none = fc.constant([])
const monthDays = fc.array(fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: -31, max: -1 })), {
  minLength: 1,
  maxLength: 6,
})

/** Valid rules without COUNT and UNTIL, with a start if they need one. */
export const randomRules: fc.Arbitrary<Recurring> = fc
  .record({
    frequency: fc.constantFrom<Frequency>('daily', 'weekly', 'monthly', 'yearly'),
    months: fc.oneof(none, none, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })),
  })
  .chain(({ frequency, months }) =>
    fc.record({
      frequency: fc.constant(frequency),
      interval: fc.constantFrom(1, 1, 1, 2, 3, 5, 18),
      byMonth: fc.constant(months),
      byMonthDay: frequency === 'weekly' ? none : fc.oneof(none, none, monthDays),
      byDay: fc.oneof(none, days(frequency, months.length > 0)),
      bySetPos: fc.oneof(
        none,
        none,
        fc.uniqueArray(fc.constantFrom(1, 2, 3, -1, -2, 20, -200), { minLength: 1, maxLength: 2 }),
      ),
      count: fc.constant(undefined),
      until: fc.constant(undefined),
      weekStart: fc.oneof(fc.constant(1), weekday),
    }),
  )
  // Normalized by the parser; contradictory rules are dropped.
  .map((rule) => parseRule(printRule(rule)))
  .filter((parsed) => parsed.state === 'valid')
  .chain((parsed) => {
    const { rule } = parsed as Extract<typeof parsed, { state: 'valid' }>
    const started = fc
      .integer({ min: 0, max: 6000 })
      .map((offset) => Temporal.PlainDate.from('2008-02-01').add({ days: offset }).toString())
    return fc.record({
      rule: fc.constant(rule),
      start: needsStart(rule).length > 0 ? started : fc.option(started, { nil: undefined, freq: 3 }),
      duration: fc.integer({ min: 1, max: 30 }).map((halves) => halves * (hour / 2)),
    })
  })
