// Value types of the configuration: durations, sizes, dates, paths, names.

import { canonicalPattern } from '../path-pattern.ts'
import { z } from 'zod'
import { datePattern, durationPattern, parseDuration, parseSize, sizePattern, timeOfDayPattern } from '../units.ts'

/** Milliseconds. */
export const duration = z
  .string({ error: 'expected a duration such as 90s, 15m, 8h or 30d' })
  .regex(durationPattern, 'expected a duration such as 90s, 15m, 8h or 30d')
  .transform((text) => parseDuration(text)!)
  .meta({ 'x-kind': 'duration' })

/** Bytes. */
export const size = z
  .string({ error: 'expected a size such as 64KB or 50MB' })
  .regex(sizePattern, 'expected a size such as 64KB or 50MB')
  .transform((text) => parseSize(text)!)
  .meta({ 'x-kind': 'size' })

export const timeOfDay = z
  .string({ error: 'expected a time of day such as "08:00"' })
  .regex(timeOfDayPattern, 'expected a time of day such as "08:00"')
  .meta({ 'x-kind': 'time of day' })

export const date = z
  .string({ error: 'expected a date such as 2026-12-24' })
  .regex(datePattern, 'expected a date such as 2026-12-24')
  .meta({ 'x-kind': 'date' })

export const text = z.string().min(1, 'must not be empty').max(4096, 'is too long')

/** Path relative to the file. The prefix `file:` is reserved for secret references. */
export const filePath = z
  .string()
  .min(1, 'must not be empty')
  .regex(/^(?!file:)/, 'this is a path already: write it without "file:"')
  .meta({ 'x-kind': 'path' })

/** Names are used in URLs, cookies, store keys and logs. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
    'expected a name of letters, digits, _ and - (at most 63), starting with a letter or digit',
  )

/** Of e-mail addresses. Unicode is accepted and compared in its ASCII form (RFC 5891). */
export const domain = z
  .string()
  .regex(
    /^[a-zA-Z0-9\u0080-\uffff](?:[a-zA-Z0-9.\u0080-\uffff-]*[a-zA-Z0-9\u0080-\uffff])?$/,
    'expected a domain such as example.com, without @ or *; each subdomain is listed by itself',
  )

/** A single value or a list; a list means any of its values. */
export function oneOrMore<T extends z.ZodType>(element: T) {
  return z
    .union([element, z.array(element).min(1, 'an empty list can never be met')], {
      error: 'expected a text or a list of texts',
    })
    .transform((value): z.output<T>[] => (Array.isArray(value) ? value : [value]) as z.output<T>[])
}

/** A key reserved for a later release: rejected, never ignored. */
export function later(description: string) {
  return z
    .unknown()
    .refine((value) => value === undefined, { message: 'not available yet', params: { later: true } })
    .optional()
    .meta({ description: `Not available yet: ${description}`, 'x-later': true })
}

/** Exact, or a prefix with a trailing `*`; in the spelling that canonical paths have (`path-pattern.ts`). */
export const pathPattern = z
  .string()
  .regex(/^\/[^?#\\\s*]*\*?$/, 'expected a path such as /reports or /reports/*')
  .transform(canonicalPattern)
