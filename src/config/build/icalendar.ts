// Whole days out of an iCalendar file (RFC 5545): holidays on which nothing opens. What it cannot be sure of it refuses,
// because a day it overlooked would be open.

export type ReadCalendar =
  | { readonly state: 'valid'; readonly dates: readonly string[] }
  | { readonly state: 'invalid'; readonly line: number; readonly message: string }

export const maxCalendarBytes = 1024 * 1024
const maxDates = 10_000
/** Days of one event. */
const maxEventDays = 366

/** ISO dates of all whole-day events that are not cancelled, sorted, each once. */
export function readCalendar(text: string): ReadCalendar {
  const dates = new Set<string>()
  const open: string[] = []
  let event: Line[] | undefined
  let calendars = 0
  const lines = unfold(text)
  for (const line of lines) {
    if (line === undefined || line.name === '') return invalid(line?.number ?? 1, 'this is no line of a calendar')
    const component = line.value.toUpperCase()
    if (line.name === 'BEGIN') {
      if (open.length === 0 && component !== 'VCALENDAR') return invalid(line.number, 'a calendar begins before this')
      if (open.length > 7) return invalid(line.number, 'nested too deep')
      if (open.length === 0) calendars++
      open.push(component)
      if (component === 'VEVENT') {
        if (open.length !== 2) return invalid(line.number, 'an event stands directly in the calendar')
        event = [line]
      }
      continue
    }
    if (open.length === 0) return invalid(line.number, 'a calendar begins with BEGIN:VCALENDAR')
    if (line.name === 'END') {
      if (open.pop() !== component) return invalid(line.number, 'this ends what did not begin')
      if (component !== 'VEVENT' || event === undefined) continue
      const days = daysOf(event)
      if (!Array.isArray(days)) return days
      for (const day of days) dates.add(day)
      if (dates.size > maxDates) return invalid(line.number, `more than ${maxDates} days`)
      event = undefined
      continue
    }
    // Not what an alarm inside the event says.
    if (open.length === 2) event?.push(line)
  }
  if (calendars === 0) return invalid(1, 'there is no calendar in it')
  if (open.length > 0) return invalid(lines.at(-1)?.number ?? 1, 'it ends too early')
  return { state: 'valid', dates: [...dates].sort() }
}

type Invalid = Extract<ReadCalendar, { state: 'invalid' }>

interface Line {
  readonly number: number
  /** Upper case. */
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
    if (twice !== undefined) return invalid(twice.number, `${name} is there twice`)
  }
  // RFC 5545 section 3.8.1.11: it does not take place.
  if (only('STATUS')?.value.toUpperCase() === 'CANCELLED') return []
  const repeats = event.find((line) => unsupportedRepeats.includes(line.name))
  if (repeats !== undefined) return invalid(repeats.number, 'events that repeat are not read: list each date')

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

/** Days; DTEND is the day after the last (RFC 5545 section 3.6.1). */
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
  if (length < 1) return invalid(line.number, `${line.name} is not after the beginning (it is the day after the last)`)
  if (length > maxEventDays) return invalid(line.number, `an event of more than ${maxEventDays} days`)
  return length
}

/** Only what says itself that it is a date: without VALUE=DATE it would be a time (RFC 5545 section 3.8.2.4). */
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
  return invalid(number, `only whole days are read, written ${form}`)
}

function invalid(line: number, message: string): Invalid {
  return { state: 'invalid', line, message }
}

/** RFC 5545 section 3.1: a line that begins with a space or a tab goes on from the one before. */
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
