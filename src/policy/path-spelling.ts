// Ambiguous path spellings: the part of a path that every server reads alike, and what other readings the rest may have.

import { laxReadings } from './lax-path-reading.ts'

/**
 * Of a path that servers read differently: they decode once more, take `\` or a full-width slash for `/`, cut path
 * parameters or at `?`, merge slashes, trim dots and blanks, drop invalid or invisible characters.
 */
export interface Ambiguity {
  /** Every reading begins with this, unless one has dot segments. */
  readonly stable: string
  /** What comes after `stable`, of a closed set: `%2F`, `;`, `//`, `.` ... */
  readonly octet: string
  /** Some reading has a dot segment, so that it may be any path. */
  readonly dots: boolean
  /** Some reading leaves the root by dot segments. */
  readonly climbs: boolean
  /** Some reading has a control character, or escapes are nested beyond any use. */
  readonly control: boolean
  /** Segments that begin with a dot, of the readings that decode most, in lower case. */
  readonly hidden: readonly string[]
}

/**
 * What every server reads alike, as far as it goes. Not in it: escapes of ASCII, but blanks within a segment; `;`; an empty
 * segment; dots and blanks at the end of a segment; blanks at its beginning; names of NTFS streams; invalid UTF-8 (RFC 3629
 * section 3); full-width forms, general punctuation (dot leaders, zero-width characters), other slashes and soft hyphens,
 * which some systems convert or drop.
 */
const unambiguous =
  /(?:[^%;./:]|\/(?!\/|%20)|:(?!:?\$)|(?:\.|%20)+(?![./]|%20|$)|(?!%C2%AD|%E2%8[01]|%E2%88%9[56]|%E2%A7%B[58]|%EF%B[BCD])(?:%C[2-9A-F]|%D[0-9A-F]|%E0(?=%[AB])%[AB][0-9A-F]|%E[1-9ABCEF]%[89AB][0-9A-F]|%ED%[89][0-9A-F]|%F0%[9AB][0-9A-F]%[89AB][0-9A-F]|%F[1-3]%[89AB][0-9A-F]%[89AB][0-9A-F]|%F4%8[0-9A-F]%[89AB][0-9A-F])%[89AB][0-9A-F])*/y

/** `path`: decoded once, as policy evaluates it. Undefined: every server reads it alike. */
export function ambiguityOf(path: string): Ambiguity | undefined {
  unambiguous.lastIndex = 0
  let end = unambiguous.exec(path)![0].length
  if (end === path.length) return undefined
  const octet = octetAt(path, end)
  // The slash before an empty segment or a blank is read by all.
  if (path[end] === '/') end++
  // Cut off by some, depending on what is next once a character is dropped.
  const stable = path.slice(0, end).replace(/(?:[.:]|%20)+$/, '')
  return { stable, octet, ...otherReadings(path) }
}

function octetAt(path: string, at: number): string {
  if (path[at] === '/') return path.startsWith('/%20', at) ? '%20' : '//'
  return path[at] === '%' ? path.slice(at, at + 3) : path[at]!
}

/** A dot segment, also for servers that trim dots and blanks or cut parameters, queries and stream names. */
const dotSegment = /^ *\.{1,2}[. ]*(?:$|[;?#:])/
const upwards = /^ *\.[. ]*\./
const certainName = /^\.?[A-Za-z0-9_~!$&'()*+,=@-]/
/** Stands for a raw slash while the rest is decoded: no latin1 character. */
const rawSlash = '\u0100'

/**
 * Levels are counted by the raw segments, the fewest that any reading has, and dot segments by the readings that have the
 * most: no reading leaves the root where the difference does not.
 */
function otherReadings(path: string): Pick<Ambiguity, 'dots' | 'climbs' | 'control' | 'hidden'> {
  const found = { dots: false, climbs: false, control: false, hidden: [] as string[] }
  const readings = laxReadings(path.replaceAll('/', rawSlash)).map((text) => text.split(rawSlash))
  found.control =
    readings.length === 0 || readings.some((reading) => reading.some((text) => /[\0-\x1f\x7f]/.test(text)))
  let depth = 0
  path.split('/').forEach((raw, index) => {
    // Only what every server takes for a name counts.
    if (certainName.test(raw)) depth++
    let ups = 0
    for (const reading of readings) ups = Math.max(ups, readDots(reading[index]!, found))
    depth -= ups
    found.climbs ||= depth < 0
  })
  return found
}

/** Notes the segments of one raw segment that begin with a dot. Returns how many lead upwards. */
function readDots(text: string, found: { dots: boolean; readonly hidden: string[] }): number {
  if (!text.includes('.')) return 0
  let ups = 0
  for (const segment of text.split('/')) {
    if (!/^ *\./.test(segment)) continue
    found.hidden.push(segment.toLowerCase())
    if (!dotSegment.test(segment)) continue
    found.dots = true
    if (upwards.test(segment)) ups++
  }
  return ups
}
