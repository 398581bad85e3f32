// Time windows of a recurrence rule: each begins by wall-clock time in a time zone and lasts an elapsed duration.

import type { RecurrenceRule } from './recurrence-rule.ts'
import { dateOf, dayNumber, dayOf, recurrence } from './recurrence-dates.ts'

export interface Recurring {
  readonly rule: RecurrenceRule
  /** ISO date; no window begins before it, INTERVAL and COUNT are counted from it. */
  readonly start: string | undefined
  /** Milliseconds of elapsed time, also across a DST change; at most `maxDuration`. */
  readonly duration: number
}

/** Where and when the windows of a rule begin. */
export interface WindowStart {
  /** Minutes since midnight, wall clock. */
  readonly from: number
  /** IANA name. */
  readonly timeZone: string
  /** ISO dates on which no window begins. COUNT counts them all the same, as it does an EXDATE. */
  readonly except: readonly string[]
}

/** Epoch milliseconds; the window is open in `[start, end)`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Windows that end after `now`, ordered by beginning; none begins more than 400 years ahead. */
export type RecurringWindows = (now: number) => Iterable<Span>

const day = 86_400_000
export const maxDuration = 366 * day

export function recurringWindows({ rule, start, duration }: Recurring, beginning: WindowStart): RecurringWindows {
  const dates = recurrence(rule, start === undefined ? undefined : dayOf(start))
  const excepted = new Set(beginning.except.map(dayOf))
  const lastDay = lastDayOf()
  const lastMoment = rule.until !== undefined && 'moment' in rule.until ? rule.until.moment : Infinity
  // One day more for the time of day, one for a zone that skips a day when it crosses the date line.
  const lookBack = Math.ceil(duration / day) + 2

  return function* (now) {
    const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(now)).toZonedDateTimeISO(beginning.timeZone)
    for (const date of dates(dayNumber(today.year, today.month, today.day) - lookBack)) {
      if (date > lastDay) return
      const opens = moment(date, beginning)
      if (opens === undefined || excepted.has(date)) continue
      if (opens > lastMoment) return
      if (opens + duration > now) yield { start: opens, end: opens + duration }
    }
  }

  function lastDayOf(): number {
    if (rule.until !== undefined && 'date' in rule.until) return dayOf(rule.until.date)
    if (rule.count === undefined) return Infinity
    let [left, last] = [rule.count, -Infinity]
    // Counted from the start, which the configuration requires with COUNT.
    for (const date of dates(start === undefined ? 0 : dayOf(start))) {
      if (moment(date, beginning) === undefined) continue
      last = date
      left -= 1
      if (left === 0) break
    }
    return last
  }
}

/**
 * Epoch milliseconds at which the window of a date begins. RFC 5545 section 3.3.10: an instance at a local time that
 * does not exist is ignored and not counted (undefined). Section 3.3.5: a time that comes twice is the first.
 */
function moment(date: number, { from, timeZone }: WindowStart): number | undefined {
  const local = dateOf(date).toPlainDateTime({ hour: Math.floor(from / 60), minute: from % 60 })
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  return zoned.toPlainDateTime().equals(local) ? zoned.epochMilliseconds : undefined
}
