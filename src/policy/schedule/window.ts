// Schedule windows in a time zone, weekly or by recurrence rule, with the edges (open, close) that limit a lease.

import { recurringWindows, type Recurring, type RecurringWindows } from './recurrence-windows.ts'

/**
 * `schedules.NAME`: weekly (`days`, `from`, `to`), or with `recurrence` by a rule and a duration. Days are ISO weekdays,
 * 1 = Monday; times are minutes since local midnight.
 */
export interface Schedule {
  readonly name: string
  readonly days: readonly number[]
  /** Minutes since midnight, wall clock. `to` at or before `from` means the next day; the window belongs to the day it starts on. */
  readonly from: number
  readonly to: number
  /** IANA name. */
  readonly timeZone: string
  /** ISO dates on which no window starts. */
  readonly except: readonly string[]
  /** Replaces `days` and `to`, which are then ignored. */
  readonly recurrence?: Recurring | undefined
}

export interface Window {
  readonly open: boolean
  /**
   * Epoch milliseconds of the next closing or opening; Infinity when there is none (of a rule: within 400 years). Never
   * later than the actual edge; for windows that join without a gap it may be a moment at which nothing changes, at
   * least two weeks away.
   */
  readonly edge: number
}

/** `windowAt` of one schedule with a cache of the current window: a repeated call costs one comparison. */
export type Timetable = (now: number) => Window

const minutesOfDay = 24 * 60

/** Joining adjacent windows stops after this many days. */
const maxLookAheadDays = 15

/** `now` in epoch milliseconds. Throws a RangeError for an invalid instant or time zone. */
export function windowAt(schedule: Schedule, now: number): Window {
  return windows(schedule)(now)
}

export function timetable(schedule: Schedule): Timetable {
  let find: Timetable | undefined
  let current: Window = { open: false, edge: -Infinity }
  let since = Infinity
  return (now) => {
    if (now >= since && now < current.edge) return current
    find ??= windows(schedule)
    current = find(now)
    since = now
    return current
  }
}

/** Does the one-time work of a schedule, such as computing the last date of a COUNT. */
function windows(schedule: Schedule): Timetable {
  if (schedule.recurrence === undefined) return (now) => weeklyAt(schedule, now)
  const recurring = recurringWindows(schedule.recurrence, schedule)
  return (now) => recurringAt(recurring, now)
}

function recurringAt(windows: RecurringWindows, now: number): Window {
  let closing = -Infinity
  for (const { start, end } of windows(now)) {
    if (closing === -Infinity && start > now) return { open: false, edge: start }
    if (closing !== -Infinity && start > closing) break
    closing = Math.max(closing, end)
    if (closing - now > maxLookAheadDays * minutesOfDay * 60_000) break
  }
  return closing === -Infinity ? { open: false, edge: Infinity } : { open: true, edge: closing }
}

function weeklyAt(schedule: Schedule, now: number): Window {
  if (schedule.days.length === 0) return { open: false, edge: Infinity }
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(now))
    .toZonedDateTimeISO(schedule.timeZone)
    .toPlainDate()
  let closing = -Infinity
  // Three days back: a window may start yesterday, and a zone may skip a whole day when it crosses the date line.
  const days = maxLookAheadDays + 7 + schedule.except.length * 7
  for (let offset = -3; offset <= days; offset++) {
    const window = windowStarting(schedule, today.add({ days: offset }))
    if (window === undefined) continue
    if (closing !== -Infinity) {
      if (window.start > closing || offset > maxLookAheadDays) return { open: true, edge: closing }
      closing = Math.max(closing, window.end)
    } else if (window.start > now) return { open: false, edge: window.start }
    else if (window.end > now) closing = window.end
  }
  if (closing !== -Infinity) return { open: true, edge: closing }
  return { open: false, edge: midnight(schedule, today.add({ days })) }
}

/** The window that starts on `date`, if any. */
function windowStarting(
  schedule: Schedule,
  date: Temporal.PlainDate,
): { readonly start: number; readonly end: number } | undefined {
  if (!schedule.days.includes(date.dayOfWeek)) return undefined
  if (schedule.except.includes(date.toString())) return undefined
  const start = instant(schedule, date, schedule.from)
  const end = instant(schedule, date, schedule.to <= schedule.from ? schedule.to + minutesOfDay : schedule.to)
  // A window entirely inside a DST gap does not exist on that day.
  return start < end ? { start, end } : undefined
}

/**
 * RFC 5545 section 3.3.5: a local time in a gap is read with the offset before the gap, an ambiguous one is the first.
 * Temporal calls this `compatible`.
 */
function instant(schedule: Schedule, date: Temporal.PlainDate, minutes: number): number {
  const day = date.add({ days: Math.floor(minutes / minutesOfDay) })
  const time = Temporal.PlainTime.from({ hour: Math.floor((minutes % minutesOfDay) / 60), minute: minutes % 60 })
  return day.toPlainDateTime(time).toZonedDateTime(schedule.timeZone, { disambiguation: 'compatible' })
    .epochMilliseconds
}

function midnight(schedule: Schedule, date: Temporal.PlainDate): number {
  return instant(schedule, date, 0)
}
