// Reads all-day events (holidays) from an iCalendar file (RFC 5545). Rejects what it does not support: a skipped
// holiday would open a schedule on that day.

export type ReadCalendar =
  | { readonly state: 'valid'; readonly dates: readonly string[] }
  | { readonly state: 'invalid'; readonly line: number; readonly message: string }

export const maxCalendarBytes = 1024 * 1024
const maxDates = 10_000
/** Maximum length of one event in days. */
const maxEventDays = 366

/** ISO dates of all-day events that are not cancelled, sorted, without duplicates. `line` counts from 1. */
export function readCalendar(text: string): ReadCalendar {
  const dates = new Set<string>()
  const open: string[] = []
  let event: Line[] | undefined
  let calendars = 0
  const lines = unfold(text)
  for (const line of lines) {
    if (line === undefined || line.name === '') return invalid(line?.number ?? 1, 'not a line of an iCalendar file')
    const component = line.value.toUpperCase()
    if (line.name === 'BEGIN') {
      if (open.length === 0 && component !== 'VCALENDAR') return invalid(line.number, 'expected BEGIN:VCALENDAR')
      if (open.length > 7) return invalid(line.number, 'components are nested too deeply')
      if (open.length === 0) calendars++
      open.push(component)
      if (component === 'VEVENT') {
        if (open.length !== 2) return invalid(line.number, 'VEVENT must be directly in VCALENDAR')
        event = [line]
      }
      continue
    }
    if (open.length === 0) return invalid(line.number, 'expected BEGIN:VCALENDAR')
    if (line.name === 'END') {
      if (open.pop() !== component) return invalid(line.number, 'END without its BEGIN')
      if (component !== 'VEVENT' || event === undefined) continue
      const days = daysOf(event)
      if (!Array.isArray(days)) return days
      for (const day of days) dates.add(day)
      if (dates.size > maxDates) return invalid(line.number, `more than ${maxDates} days`)
      event = undefined
      continue
    }
    // Skips nested components, such as alarms.
    if (open.length === 2) event?.push(line)
  }
  if (calendars === 0) return invalid(1, 'the file contains no calendar')
  if (open.length > 0) return invalid(lines.at(-1)?.number ?? 1, 'the file ends inside a component')
  return { state: 'valid', dates: [...dates].sort() }
}

type Invalid = Extract<ReadCalendar, { state: 'invalid' }>

interface Line {
  readonly number: number
  /** In upper case. */
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  readonly value: string
}

const singleProperties = ['DTSTART', 'DTEND', 'DURATION', 'STATUS']
const unsupportedRepeats = ['RRULE', 'RDATE', 'EXRULE', 'RECURRENCE-ID']

function daysOf(event: readonly Line[]): string[] | Invalid {
  const begin = event[0]!.number
  const only = (name: string): Line | undefined => event.find((line) => line.name === name)
  for (const name of singleProperties) {
    const twice = event.filter((line) => line.name === name)[1]
    if (twice !== undefined) return invalid(twice.number, `duplicate ${name}`)
  }
  // RFC 5545 section 3.8.1.11: a cancelled event does not take place.
  if (only('STATUS')?.value.toUpperCase() === 'CANCELLED') return []
  const repeats = event.find((line) => unsupportedRepeats.includes(line.name))
  if (repeats !== undefined) return invalid(repeats.number, 'recurring events are not supported: list each date')

  const start = only('DTSTART')
  if (start === undefined) return invalid(begin, 'the event has no DTSTART')
  const first = dateOf(start)
  if (first === undefined) return wholeDays(start)
  const length = lengthOf(first, only('DTEND'), only('DURATION'))
  if (typeof length !== 'number') return length
  const days = Array.from({ length }, (_, index) => first.add({ days: index }).toString())
  for (const line of event.filter(({ name }) => name === 'EXDATE')) {
    for (const value of line.value.split(',')) {
      const date = dateOf({ ...line, value })
      if (date === undefined) return wholeDays(line)
      days.push(date.toString())
    }
  }
  return days
}

/** Length in days. DTEND is exclusive (RFC 5545 section 3.6.1). */
function lengthOf(first: Temporal.PlainDate, end: Line | undefined, duration: Line | undefined): number | Invalid {
  const line = end ?? duration
  if (line === undefined) return 1
  if (end !== undefined && duration !== undefined) return invalid(line.number, 'DTEND and DURATION exclude each other')
  let length: number
  if (line === end) {
    const date = dateOf(end)
    if (date === undefined) return wholeDays(end)
    length = first.until(date).days
  } else {
    const [, count, unit] = /^\+?P(\d{1,3})([DW])$/i.exec(line.value) ?? []
    if (count === undefined) return wholeDays(line)
    length = Number(count) * (unit!.toUpperCase() === 'W' ? 7 : 1)
  }
  if (length < 1) return invalid(line.number, `${line.name} must be after DTSTART (it is exclusive)`)
  if (length > maxEventDays) return invalid(line.number, `event of more than ${maxEventDays} days`)
  return length
}

/** Requires VALUE=DATE; the default type is a date-time (RFC 5545 section 3.8.2.4). */
function dateOf({ parameters, value }: Line): Temporal.PlainDate | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(value)
  if (match === null || parameters.get('VALUE')?.toUpperCase() !== 'DATE') return undefined
  try {
    return Temporal.PlainDate.from(`${match[1]}-${match[2]}-${match[3]}`, { overflow: 'reject' })
  } catch {
    return undefined
  }
}

function wholeDays({ number, name }: Line): Invalid {
  const form = name === 'DURATION' ? 'P1D' : `${name};VALUE=DATE:20261224`
  return invalid(number, `only all-day events are supported, written ${form}`)
}

function invalid(line: number, message: string): Invalid {
  return { state: 'invalid', line, message }
}

/** RFC 5545 section 3.1: a line that begins with a space or a tab continues the previous one. */
function unfold(text: string): (Line | undefined)[] {
  const whole: { number: number; text: string }[] = []
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const previous = whole.at(-1)
    if (/^[ \t]/.test(line) && previous !== undefined) previous.text += line.slice(1)
    else if (line !== '') whole.push({ number: index + 1, text: line })
  }
  return whole.map(({ number, text }) => parseLine(number, text))
}

function parseLine(number: number, text: string): Line {
  // Parameter values may be quoted, and then contain `:` and `;` (RFC 5545 section 3.2).
  const match = /^([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)$/.exec(text)
  if (match === null) return { number, name: '', parameters: new Map(), value: '' }
  const parameters = new Map<string, string>()
  for (const [, name, value] of match[2]!.matchAll(/;([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)/g)) {
    parameters.set(name!.toUpperCase(), value!)
  }
  return { number, name: match[1]!.toUpperCase(), parameters, value: match[3]!.trim() }
}
