// Formats a schedule on one line for administrators: in `explain` and in differences between two configurations.

import { printRule } from './recurrence-rule.ts'
import type { Schedule } from './window.ts'

/** `mon..fri 08:00-18:00 Europe/Berlin`, `FREQ=MONTHLY;BYDAY=-1FR 13:00 for 4h Europe/Berlin`; without exceptions. */
export function describeSchedule(schedule: Schedule): string {
  const { days, from, to, timeZone, recurrence } = schedule
  if (recurrence === undefined) return `${daysOf(days)} ${clock(from)}-${clock(to === 0 ? 1440 : to)} ${timeZone}`
  const { rule, start, duration } = recurrence
  const since = start === undefined ? '' : ` from ${start} on`
  return `${printRule(rule)} ${clock(from)} for ${length(duration)} ${timeZone}${since}`
}

const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

function daysOf(days: readonly number[]): string {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return 'never'
  const through = days.length > 2 && last - first === days.length - 1
  return through ? `${names[first - 1]}..${names[last - 1]}` : days.map((day) => names[day - 1]).join(',')
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

function length(milliseconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ]
  const [unit, size] = units.find(([, size]) => milliseconds % size === 0) ?? ['s', 1000]
  return `${milliseconds / size}${unit}`
}
