// Expands a recurrence rule to dates (RFC 5545 section 3.3.10). Dates are day numbers: days since 1970-01-01.

import type { RecurrenceRule, RuleDay } from './recurrence-rule.ts'
import { never } from '../never.ts'

/** Dates of a rule on or after a day, in order, each once, as far ahead as `maxLookAheadDays`. */
export type Recurrence = (from: number) => Iterable<number>

/**
 * Days of 400 years. The Gregorian calendar repeats after them including weekdays, so with an INTERVAL of 1 a date that
 * does not occur within them never occurs.
 */
export const maxLookAheadDays = 146_097

/**
 * `start`: no date lies before it; INTERVAL counts from it, and it supplies the parts that the rule omits. COUNT and UNTIL
 * are not applied here: they refer to windows, and a window that does not exist is not counted.
 */
export function recurrence(rule: RecurrenceRule, start: number | undefined): Recurrence {
  const full = completed(rule, start)
  const { interval } = full
  const phase = periodOf(full, start ?? 0)
  return function* (from) {
    const first = Math.max(from, start ?? -Infinity)
    const last = first + maxLookAheadDays
    const now = periodOf(full, first)
    // The first period at or after `first` that is a multiple of `interval` away from the period of the start.
    let period = now + modulo(phase - now, interval)
    for (const end = periodOf(full, last); period <= end; period += interval) {
      for (const day of chosen(full.bySetPos, datesIn(full, period))) {
        if (day >= first && day <= last) yield day
      }
    }
  }
}

/** Day number of a date of the Gregorian calendar; `month` and `day` may exceed their ranges. */
export function dayNumber(year: number, month: number, day: number): number {
  // Date.UTC maps years below 100 to 19xx; 400 years later the calendar is the same.
  return Date.UTC(year + 400, month - 1, day) / millisecondsOfDay - maxLookAheadDays
}

/** Of an ISO date. */
export function dayOf(date: string): number {
  const { year, month, day } = Temporal.PlainDate.from(date)
  return dayNumber(year, month, day)
}

export function dateOf(day: number): Temporal.PlainDate {
  const { year, month, day: dayOfMonth } = calendar(day)
  return Temporal.PlainDate.from({ year, month, day: dayOfMonth })
}

const millisecondsOfDay = 86_400_000

/** Fills omitted parts from the start; configuration loading has rejected rules that need a start and have none. */
function completed(rule: RecurrenceRule, start: number | undefined): RecurrenceRule {
  const { frequency, byDay, byMonth, byMonthDay } = rule
  if (start === undefined || frequency === 'daily' || byDay.length + byMonthDay.length > 0) return rule
  const { month, day } = calendar(start)
  if (frequency === 'weekly') return { ...rule, byDay: [{ weekday: weekdayOf(start), ordinal: undefined }] }
  const months = frequency === 'yearly' && byMonth.length === 0 ? [month] : byMonth
  return { ...rule, byMonth: months, byMonthDay: [day] }
}

/** Number of the day, week, month or year a day is in. */
function periodOf(rule: RecurrenceRule, day: number): number {
  if (rule.frequency === 'daily') return day
  // Day 0 is a Thursday, so day -3 is a Monday.
  if (rule.frequency === 'weekly') return Math.floor((day + 4 - rule.weekStart) / 7)
  const { year, month } = calendar(day)
  return rule.frequency === 'monthly' ? year * 12 + month - 1 : year
}

/** All dates of one period in order, before BYSETPOS. */
function datesIn(rule: RecurrenceRule, period: number): readonly number[] {
  switch (rule.frequency) {
    case 'daily':
      return passes(rule, period) ? [period] : []
    case 'weekly': {
      const first = period * 7 - 4 + rule.weekStart
      const wanted = rule.byDay.map(({ weekday }) => first + modulo(weekday - rule.weekStart, 7))
      return inOrder(wanted.filter((day) => inMonths(rule, day)))
    }
    case 'monthly': {
      const [year, month] = [Math.floor(period / 12), modulo(period, 12) + 1]
      if (rule.byMonth.length > 0 && !rule.byMonth.includes(month)) return []
      return datesOfMonth(rule, year, month, monthSpan(year, month))
    }
    case 'yearly':
      return datesOfYear(rule, period)
    default:
      return never(rule.frequency)
  }
}

interface Span {
  readonly first: number
  readonly last: number
}

function datesOfYear(rule: RecurrenceRule, year: number): readonly number[] {
  const { byMonth, byMonthDay, byDay } = rule
  const whole = { first: dayNumber(year, 1, 1), last: dayNumber(year, 12, 31) }
  // "The second Monday" is that of the month where months are named, else that of the year (note 2 of the table).
  if (byMonth.length === 0 && byMonthDay.length === 0) return inOrder(byDay.flatMap((day) => weekdaysIn(whole, day)))
  const months = byMonth.length > 0 ? byMonth : [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  return months.flatMap((month) => datesOfMonth(rule, year, month, byMonth.length > 0 ? monthSpan(year, month) : whole))
}

/** `ordinals`: of which span an ordinal counts the weekdays. BYMONTHDAY expands, BYDAY then limits (note 1). */
function datesOfMonth(rule: RecurrenceRule, year: number, month: number, ordinals: Span): readonly number[] {
  const { first, last } = monthSpan(year, month)
  const weekdays = rule.byDay.flatMap((day) => weekdaysIn(ordinals, day))
  if (rule.byMonthDay.length === 0) return inOrder(weekdays)
  // A month without that day is left out: "invalid dates MUST be ignored".
  const days = rule.byMonthDay
    .map((day) => (day > 0 ? first + day - 1 : last + day + 1))
    .filter((day) => day >= first && day <= last)
  return inOrder(rule.byDay.length === 0 ? days : days.filter((day) => weekdays.includes(day)))
}

function weekdaysIn({ first, last }: Span, { weekday, ordinal }: RuleDay): number[] {
  const earliest = first + modulo(weekday - weekdayOf(first), 7)
  const count = Math.floor((last - earliest) / 7) + 1
  if (ordinal === undefined) return Array.from({ length: count }, (_, index) => earliest + index * 7)
  const index = ordinal > 0 ? ordinal - 1 : count + ordinal
  return index >= 0 && index < count ? [earliest + index * 7] : []
}

/** With FREQ=DAILY every BY part limits. */
function passes(rule: RecurrenceRule, day: number): boolean {
  const { byMonthDay, byDay } = rule
  if (byDay.length > 0 && !byDay.some(({ weekday }) => weekday === weekdayOf(day))) return false
  if (!inMonths(rule, day)) return false
  if (byMonthDay.length === 0) return true
  const { year, month, day: dayOfMonth } = calendar(day)
  const { first, last } = monthSpan(year, month)
  return byMonthDay.includes(dayOfMonth) || byMonthDay.includes(dayOfMonth - (last - first + 1) - 1)
}

function inMonths({ byMonth }: RecurrenceRule, day: number): boolean {
  return byMonth.length === 0 || byMonth.includes(calendar(day).month)
}

/** BYSETPOS: the first (1), the last (-1) of the dates of a period. */
function chosen(positions: readonly number[], days: readonly number[]): readonly number[] {
  if (positions.length === 0) return days
  return inOrder(positions.flatMap((position) => days.at(position > 0 ? position - 1 : position) ?? []))
}

function inOrder(days: readonly number[]): number[] {
  return [...new Set(days)].sort((a, b) => a - b)
}

function monthSpan(year: number, month: number): Span {
  return { first: dayNumber(year, month, 1), last: dayNumber(year, month + 1, 0) }
}

function calendar(day: number): { readonly year: number; readonly month: number; readonly day: number } {
  const date = new Date(day * millisecondsOfDay)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** ISO weekday; day 0 was a Thursday. */
function weekdayOf(day: number): number {
  return modulo(day + 3, 7) + 1
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
