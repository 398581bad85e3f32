// Reads the period of a grant as people wrote it: whole days, no beginning, no end.

import type { Grant } from './grant.ts'

/** Epoch milliseconds of 9999-12-31T23:59:59.999Z, which means "no end" and which every date function can print. */
export const noEnd = 253_402_300_799_999

/** Dates written to mean "for ever", such as 9999-12-31, are in this year. */
const endless = Date.UTC(9999, 0, 1)

/** False for a grant without `from`: it has been valid since it is known, not since 1970. */
export function hasBeginning({ from }: Pick<Grant, 'from'>): boolean {
  return from > 0
}

export function hasEnd({ until }: Pick<Grant, 'until'>): boolean {
  return until < endless
}

/**
 * The last day of a grant that ends with a day (`until: 2027-01-02` is valid in `[.., 2027-01-03T00:00)`) of the zone it was
 * written in. Undefined for a grant that ends at another moment, or whose times are not wall-clock times of a zone.
 */
export function lastDayOf(grant: Pick<Grant, 'until' | 'timeZone'>): Temporal.PlainDate | undefined {
  const { until, timeZone } = grant
  if (timeZone === undefined || !hasEnd(grant)) return undefined
  const end = Temporal.Instant.fromEpochMilliseconds(Math.round(until)).toZonedDateTimeISO(timeZone)
  // Not midnight everywhere: daylight saving time may skip it.
  return end.startOfDay().epochMilliseconds === until ? end.toPlainDate().subtract({ days: 1 }) : undefined
}
