// Builds schedules: weekly windows, recurrence rules (RFC 5545), and exceptions from dates and iCalendar files.

import { needsStart, parseRule, type RecurrenceRule } from '../../policy/schedule/recurrence-rule.ts'
import { maxDuration, type Recurring } from '../../policy/schedule/recurrence-windows.ts'
import { windowAt, type Schedule } from '../../policy/schedule/window.ts'
import { maxCalendarBytes, readCalendar } from './icalendar.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace } from './diagnostics.ts'
import type { MainInput } from '../schema/schema.ts'
import { absolute, checkFile } from './tls-files.ts'
import { isDate, isTimeZone, parseTimeOfDay } from '../units.ts'

export interface BuiltSchedules {
  readonly schedules: ReadonlyMap<string, Schedule>
  /** Absolute paths of the iCalendar files read. */
  readonly calendars: readonly string[]
}

type ScheduleInput = NonNullable<MainInput['schedules']>[string]

export async function buildSchedules(
  check: Diagnostics,
  place: Place,
  input: MainInput['schedules'],
): Promise<BuiltSchedules> {
  const schedules = new Map<string, Schedule>()
  const calendars: string[] = []
  for (const [name, schedule] of Object.entries(input ?? {})) {
    schedules.set(name, await buildSchedule(check, childPlace(place, name), name, schedule, calendars))
  }
  return { schedules, calendars }
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const weeklyKeys = ['days', 'to'] as const
const recurrenceKeys = ['duration', 'start'] as const

async function buildSchedule(
  check: Diagnostics,
  at: Place,
  name: string,
  input: ScheduleInput,
  calendars: string[],
): Promise<Schedule> {
  const recurring = at.file.tree.existedOriginally([...at.path, 'rrule'])
  const before = check.problems.length
  requireKeys(check, at, recurring ? ['from', 'duration'] : ['from', 'to'])
  for (const key of recurring ? weeklyKeys : recurrenceKeys) {
    if (input[key] === undefined) continue
    const hint = key === 'to' ? 'use duration' : key === 'days' ? 'use BYDAY' : 'only with rrule'
    check.problem(childPlace(at, key), recurring ? `not with rrule: ${hint}` : hint, 'key')
  }
  if (input.tz !== undefined && !isTimeZone(input.tz)) {
    check.problem(childPlace(at, 'tz'), 'unknown time zone (expected a name such as Europe/Berlin)')
  }
  for (const [index, date] of (input.except ?? []).entries()) {
    if (!isDate(date)) check.problem(childPlace(at, 'except', index), 'no such date')
  }
  const listed = await holidays(check, at, input.ics ?? [], calendars)
  const recurrence = input.rrule === undefined ? undefined : buildRecurrence(check, at, input.rrule, input)
  const schedule: Schedule = {
    name,
    // Unused with a recurrence rule; without days the weekly window never opens.
    days: recurring ? [] : [...new Set((input.days ?? ['mon..sun']).flatMap(daysOf))].sort((a, b) => a - b),
    from: parseTimeOfDay(input.from ?? '00:00'),
    to: parseTimeOfDay(recurring ? '00:00' : (input.to ?? '00:00')),
    timeZone: input.tz ?? 'UTC',
    except: listed.length === 0 ? (input.except ?? []) : [...new Set([...(input.except ?? []), ...listed])].sort(),
    ...(recurrence === undefined ? {} : { recurrence }),
  }
  const whole = check.problems.length === before && at.file.tree.existedOriginally([...at.path, 'from'])
  if (whole && recurrence !== undefined && input.from !== undefined) warnIfNeverOpen(check, at, schedule)
  return schedule
}

function buildRecurrence(check: Diagnostics, at: Place, text: string, input: ScheduleInput): Recurring | undefined {
  const place = childPlace(at, 'rrule')
  const parsed = parseRule(text)
  if (input.from === '24:00')
    check.problem(childPlace(at, 'from'), 'a window starts before the end of the day: write "00:00"')
  const { duration, start } = input
  if (duration !== undefined && (duration < 1000 || duration > maxDuration)) {
    check.problem(childPlace(at, 'duration'), 'must be from 1s to 366d')
  }
  const dated = start === undefined || isDate(start)
  if (!dated) check.problem(childPlace(at, 'start'), 'no such date')
  if (parsed.state === 'invalid') {
    for (const problem of parsed.problems) check.problem(place, problem)
    return undefined
  }
  const { rule } = parsed
  const missing = at.file.tree.existedOriginally([...at.path, 'start']) ? [] : needsStart(rule)
  for (const why of missing) check.problem(place, `requires start, such as start: 2026-01-01 (${why})`)
  if (dated && start !== undefined && endsBefore(rule, start)) check.problem(place, 'UNTIL is before the start')
  if (missing.length > 0 || !dated || duration === undefined) return undefined
  return { rule, start, duration }
}

/** True only if it holds in every time zone: the local date may differ from the date in UTC by a day. */
function endsBefore({ until }: RecurrenceRule, start: string): boolean {
  if (until === undefined) return false
  if ('date' in until) return until.date < start
  return until.moment < Temporal.PlainDate.from(start).toZonedDateTime('UTC').epochMilliseconds - 86_400_000
}

/** Dates of the iCalendar files. An unreadable file is a problem, never an empty calendar. */
async function holidays(
  check: Diagnostics,
  at: Place,
  names: readonly string[],
  calendars: string[],
): Promise<string[]> {
  const dates: string[] = []
  const several = Array.isArray(at.file.tree.at([...at.path, 'ics']))
  for (const [index, name] of names.entries()) {
    const place = several ? childPlace(at, 'ics', index) : childPlace(at, 'ics')
    const content = await checkFile(check, place, name)
    if (content === undefined) continue
    calendars.push(absolute(place, name))
    const read = content.length > maxCalendarBytes ? undefined : readCalendar(decode(content))
    if (read === undefined) check.problem(place, 'the file is larger than 1 MB')
    else if (read.state === 'invalid') check.problem(place, `line ${read.line} of the file: ${read.message}`)
    else {
      dates.push(...read.dates)
      const last = read.dates.at(-1)
      // An outdated list of holidays silently opens the schedule on the next one.
      const today = Temporal.Instant.fromEpochMilliseconds(check.now).toString().slice(0, 10)
      if (last === undefined) check.warn(place, 'the file contains no all-day event')
      else if (last < today) check.warn(place, `outdated: the last day in the file is ${last}`)
    }
  }
  return dates
}

/** Lenient: invalid UTF-8 can only occur in titles and names, which are not read. */
function decode(content: Buffer): string {
  return content.toString('utf8')
}

const tenYears = 3653 * 86_400_000

function warnIfNeverOpen(check: Diagnostics, at: Place, schedule: Schedule): void {
  const { open, edge } = windowAt(schedule, check.now)
  if (open || edge <= check.now + tenYears) return
  const { count, until } = schedule.recurrence!.rule
  const over = count !== undefined || until !== undefined
  check.warn(
    childPlace(at, 'rrule'),
    over && edge === Infinity ? 'never opens again: COUNT or UNTIL is exhausted' : 'does not open within ten years',
  )
}

/** ISO weekdays (1 is Monday) of a day or range; a range may wrap around (`sat..mon`). */
function daysOf(text: string): number[] {
  const [first, last] = text.split('..')
  const from = weekdays.indexOf(first!)
  const to = weekdays.indexOf(last ?? first!)
  const count = ((to - from + 7) % 7) + 1
  return Array.from({ length: count }, (_, index) => ((from + index) % 7) + 1)
}
