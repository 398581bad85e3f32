// Parser and printer of recurrence rules (RRULE, RFC 5545 section 3.3.10), with a list of all problems of a text.

export type Frequency = 'daily' | 'weekly' | 'monthly' | 'yearly'

/** ISO weekday, 1 = Monday. `ordinal`: the second (2) or last (-1) of the month or year; undefined: each. */
export interface RuleDay {
  readonly weekday: number
  readonly ordinal: number | undefined
}

/** Omitted parts are empty or undefined; the start then supplies them (RFC 5545 section 3.3.10). */
export interface RecurrenceRule {
  readonly frequency: Frequency
  readonly interval: number
  readonly byMonth: readonly number[]
  /** Negative: from the end of the month. */
  readonly byMonthDay: readonly number[]
  readonly byDay: readonly RuleDay[]
  readonly bySetPos: readonly number[]
  readonly count: number | undefined
  /** The last local date, or the last moment in epoch milliseconds, on or at which a window may begin. */
  readonly until: { readonly date: string } | { readonly moment: number } | undefined
  /** ISO weekday with which a week begins. */
  readonly weekStart: number
}

/** `problems`: all of them, each a sentence without the text of the rule. */
export type ParsedRule =
  | { readonly state: 'valid'; readonly rule: RecurrenceRule }
  | { readonly state: 'invalid'; readonly problems: readonly string[] }

/** `MO` is ISO weekday 1. */
export const weekdayCodes = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

export const ruleParts = ['FREQ', 'INTERVAL', 'BYMONTH', 'BYMONTHDAY', 'BYDAY', 'BYSETPOS', 'COUNT', 'UNTIL', 'WKST']

/** Parts of RFC 5545 that are deliberately unsupported: a window begins at most once a day. */
const unsupported = new Set(['BYSECOND', 'BYMINUTE', 'BYHOUR', 'BYYEARDAY', 'BYWEEKNO'])

const maxInterval = 1000
/** All occurrences are computed at first use; a longer series should end by UNTIL. */
const maxCount = 1000

export function parseRule(text: string): ParsedRule {
  const problems: string[] = []
  const parts = new Map<string, string>()
  for (const piece of text.replace(/^RRULE:/i, '').split(';')) {
    const [, name, value] = /^([A-Z-]+)=(.+)$/i.exec(piece) ?? []
    if (name === undefined || value === undefined) {
      problems.push('expected parts such as FREQ=MONTHLY;BYDAY=-1FR')
      break
    }
    const key = name.toUpperCase()
    if (unsupported.has(key)) problems.push(`${key} is not supported (there are ${ruleParts.join(', ')})`)
    else if (!ruleParts.includes(key)) problems.push(`unknown part ${key} (there are ${ruleParts.join(', ')})`)
    else if (parts.has(key)) problems.push(`${key} is there twice`)
    else parts.set(key, value.toUpperCase())
  }
  const read = reader(parts, problems)
  const rule: RecurrenceRule = {
    frequency: readFrequency(parts, problems),
    interval: read.number('INTERVAL', 1, maxInterval) ?? 1,
    byMonth: read.numbers('BYMONTH', 1, 12),
    byMonthDay: read.numbers('BYMONTHDAY', -31, 31),
    byDay: readDays(parts, problems),
    bySetPos: read.numbers('BYSETPOS', -366, 366),
    count: read.number('COUNT', 1, maxCount),
    until: readUntil(parts, problems),
    weekStart: readWeekStart(parts, problems),
  }
  if (problems.length === 0) problems.push(...contradictions(rule))
  return problems.length === 0 ? { state: 'valid', rule } : { state: 'invalid', problems }
}

/** Shortest text that parses to this rule. */
export function printRule(rule: RecurrenceRule): string {
  const { frequency, interval, byMonth, byMonthDay, byDay, bySetPos, count, until, weekStart } = rule
  const days = byDay.map(({ weekday, ordinal }) => `${ordinal ?? ''}${weekdayCodes[weekday - 1]}`)
  const parts: readonly (readonly [string, unknown])[] = [
    ['FREQ', frequency.toUpperCase()],
    ['INTERVAL', interval === 1 ? '' : interval],
    ['BYMONTH', byMonth],
    ['BYMONTHDAY', byMonthDay],
    ['BYDAY', days],
    ['BYSETPOS', bySetPos],
    ['COUNT', count ?? ''],
    ['UNTIL', until === undefined ? '' : printUntil(until)],
    ['WKST', weekStart === 1 ? '' : weekdayCodes[weekStart - 1]],
  ]
  return parts.flatMap(([name, value]) => (String(value) === '' ? [] : [`${name}=${String(value)}`])).join(';')
}

/** Why the rule needs a start date, one phrase each; empty when it does not. */
export function needsStart(rule: RecurrenceRule): readonly string[] {
  const { frequency, byDay, byMonth, byMonthDay } = rule
  const needs: string[] = []
  if (rule.interval > 1) needs.push('INTERVAL is counted from it')
  if (rule.count !== undefined) needs.push('COUNT is counted from it')
  if (frequency === 'weekly' && byDay.length === 0) needs.push('without BYDAY it says on which day of the week')
  if ((frequency === 'monthly' || frequency === 'yearly') && byDay.length + byMonthDay.length === 0) {
    const year = frequency === 'yearly' && byMonth.length === 0
    needs.push(`without BYDAY or BYMONTHDAY it says on which day of the ${year ? 'year' : 'month'}`)
  }
  return needs
}

/** Violations of MUST NOT in RFC 5545 section 3.3.10, and rules that never occur. */
function contradictions(rule: RecurrenceRule): string[] {
  const { frequency, byDay, byMonth, byMonthDay } = rule
  const found: string[] = []
  const ordinals = byDay.flatMap(({ ordinal }) => ordinal ?? [])
  if (rule.count !== undefined && rule.until !== undefined) found.push('COUNT and UNTIL exclude each other')
  if (frequency === 'weekly' && byMonthDay.length > 0) found.push('BYMONTHDAY has no meaning with FREQ=WEEKLY')
  if (ordinals.length > 0 && frequency !== 'monthly' && frequency !== 'yearly') {
    found.push('BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY')
  } else if (ordinals.some((ordinal) => Math.abs(ordinal) > 5) && (frequency === 'monthly' || byMonth.length > 0)) {
    found.push('no month has more than five of a weekday')
  }
  if (rule.bySetPos.length > 0 && byDay.length + byMonth.length + byMonthDay.length === 0) {
    found.push('BYSETPOS needs another part to choose from, such as BYDAY')
  }
  return found
}

function reader(parts: ReadonlyMap<string, string>, problems: string[]) {
  const whole = (name: string, text: string, min: number, max: number): number | undefined => {
    const value = /^[+-]?\d{1,5}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max && value !== 0) return value
    problems.push(`${name} is a number from ${min} to ${max}${min < 0 ? ', not 0' : ''}`)
    return undefined
  }
  return {
    number(name: string, min: number, max: number): number | undefined {
      const text = parts.get(name)
      return text === undefined ? undefined : whole(name, text, min, max)
    },
    /** Sorted, each once. */
    numbers(name: string, min: number, max: number): number[] {
      const all = (parts.get(name)?.split(',') ?? []).flatMap((text) => whole(name, text, min, max) ?? [])
      return [...new Set(all)].sort((a, b) => a - b)
    },
  }
}

function readFrequency(parts: ReadonlyMap<string, string>, problems: string[]): Frequency {
  const text = parts.get('FREQ')
  if (text === 'DAILY' || text === 'WEEKLY' || text === 'MONTHLY' || text === 'YEARLY') {
    return text.toLowerCase() as Frequency
  }
  if (problems.length === 0 || text !== undefined) {
    problems.push(`FREQ ${text === undefined ? 'is missing' : 'is DAILY, WEEKLY, MONTHLY or YEARLY'}`)
  }
  return 'daily'
}

function readDays(parts: ReadonlyMap<string, string>, problems: string[]): RuleDay[] {
  const days = new Map<string, RuleDay>()
  for (const text of parts.get('BYDAY')?.split(',') ?? []) {
    const [, number, code] = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/.exec(text) ?? []
    const ordinal = number === undefined ? undefined : Number(number)
    if (code === undefined || ordinal === 0 || Math.abs(ordinal ?? 1) > 53) {
      problems.push('BYDAY has days such as MO, 1MO or -1FR')
      break
    }
    days.set(`${ordinal}${code}`, { weekday: weekdayCodes.indexOf(code) + 1, ordinal })
  }
  return [...days.values()].sort((a, b) => (a.ordinal ?? 0) - (b.ordinal ?? 0) || a.weekday - b.weekday)
}

/** A date means that day as well; a moment is in UTC, because the windows have a time zone (section 3.3.10). */
function readUntil(parts: ReadonlyMap<string, string>, problems: string[]): RecurrenceRule['until'] {
  const text = parts.get('UNTIL')
  if (text === undefined) return undefined
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z)?$/.exec(text)
  if (match !== null) {
    const date = `${match[1]}-${match[2]}-${match[3]}`
    try {
      const day = Temporal.PlainDate.from(date, { overflow: 'reject' }).toString()
      if (match[4] === undefined) return { date: day }
      const moment = Temporal.Instant.from(`${date}T${match[4]}:${match[5]}:${match[6]}Z`)
      return { moment: moment.epochMilliseconds }
    } catch {
      // Reported below.
    }
  }
  problems.push('UNTIL is a date such as 20271231, or a time in UTC such as 20271231T170000Z')
  return undefined
}

function readWeekStart(parts: ReadonlyMap<string, string>, problems: string[]): number {
  const text = parts.get('WKST')
  if (text === undefined) return 1
  const weekday = weekdayCodes.indexOf(text) + 1
  if (weekday === 0) problems.push('WKST is MO, TU, WE, TH, FR, SA or SU')
  return weekday
}

function printUntil(until: NonNullable<RecurrenceRule['until']>): string {
  if ('date' in until) return until.date.replaceAll('-', '')
  return Temporal.Instant.fromEpochMilliseconds(until.moment).toString().replace(/[-:]/g, '')
}
