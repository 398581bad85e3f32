// Parses and prints durations (`90s 15m 8h 30d`), sizes (`64KB 50MB`), times of day and ISO 8601 dates.

export const durationPattern = /^(0|[1-9]\d{0,9})(s|m|h|d)$/
export const sizePattern = /^(0|[1-9]\d{0,9})(B|KB|MB|GB|TB)$/
export const timeOfDayPattern = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/
export const datePattern = /^\d{4}-\d{2}-\d{2}$/

const milliseconds: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
// Powers of 1024, as file managers and web servers count.
const bytes: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }

/** Milliseconds; undefined if `text` is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text)
  return match === null ? undefined : Number(match[1]) * milliseconds[match[2]!]!
}

/** Bytes; undefined if `text` is not a size. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text)
  return match === null ? undefined : Number(match[1]) * bytes[match[2]!]!
}

/** `value`: milliseconds, whole seconds. Returns the largest unit that divides it: `90s`, `2h`. */
export function printDuration(value: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (isMultiple(value, milliseconds[unit]!)) return `${value / milliseconds[unit]!}${unit}`
  }
  return `${value / 1000}s`
}

/** `value`: bytes. Returns the largest unit that divides it. */
export function printSize(value: number): string {
  for (const unit of ['TB', 'GB', 'MB', 'KB'] as const) {
    if (isMultiple(value, bytes[unit]!)) return `${value / bytes[unit]!}${unit}`
  }
  return `${value}B`
}

function isMultiple(value: number, unit: number): boolean {
  return value !== 0 && value % unit === 0
}

/** Minutes since midnight. `24:00`, the end of the day, returns 0: a window then ends on the next day. */
export function parseTimeOfDay(text: string): number {
  const [hours, minutes] = text.split(':')
  return (Number(hours) % 24) * 60 + Number(minutes)
}

export function isTimeZone(name: string): boolean {
  try {
    // Temporal also accepts offsets and timestamps; only IANA names have daylight saving rules.
    return /^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name) && Temporal.Now.zonedDateTimeISO(name).timeZoneId !== ''
  } catch {
    return false
  }
}

export function isDate(text: string): boolean {
  if (!datePattern.test(text)) return false
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text
  } catch {
    return false
  }
}

/** A date, or a time without an offset: a time of some zone. */
export function isWallClock(text: string): boolean {
  return !/(Z|[+-]\d{2}:\d{2})$/.test(text)
}

/**
 * Epoch milliseconds of an ISO 8601 time. Without an offset it is wall-clock time in `timeZone` (a time that a
 * daylight saving change skips or repeats is read as RFC 5545 does). A date alone is its first moment, or with
 * `endOfDay` the first moment of the next day, so that `until: 2026-12-31` includes that day.
 */
export function parseMoment(text: string, timeZone: string, endOfDay: boolean): number | undefined {
  try {
    if (datePattern.test(text)) {
      const date = Temporal.PlainDate.from(text, { overflow: 'reject' }).add({ days: endOfDay ? 1 : 0 })
      return date.toZonedDateTime(timeZone).epochMilliseconds
    }
    if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text)) return undefined
    if (/(Z|[+-]\d{2}:\d{2})$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds
    const local = Temporal.PlainDateTime.from(text, { overflow: 'reject' })
    return local.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds
  } catch {
    return undefined
  }
}
