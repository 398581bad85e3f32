// Validates the header fields of a request in one pass (syntax, count, size, duplicates) and indexes them by name.

import { isFieldValue, isToken } from '../../http/field-syntax.ts'
import type { HeadLimits } from '../../http/head-limits.ts'

export interface HeaderIndex {
  /** Of target and fields without cookies, and of cookies by themselves. */
  readonly bytes: number
  readonly cookieBytes: number
  /**
   * `name`: lower-case. Undefined when absent. A duplicate singleton field was already rejected; others are joined,
   * Cookie by `; ` (RFC 9113 8.2.3) and lists by `, ` (RFC 9110 5.3).
   */
  readonly get: (name: string) => string | undefined
  readonly has: (name: string) => boolean
}

/** Looks up a field name as received; undefined when it is not a token (RFC 9110 5.1). */
export type HeaderNames = (name: string) => HeaderName | undefined

export interface HeaderName {
  readonly lower: string
  /** A distinct bit for a singleton field, else 0. */
  readonly singletonBit: number
  readonly cookie: boolean
}

// At most 32, as each has a bit. A duplicate of these would let two parsers see two different requests (request smuggling).
const singletonFields =
  `host content-length content-type transfer-encoding authorization proxy-authorization expect upgrade
  origin referer user-agent range content-range if-modified-since if-unmodified-since if-range max-forwards from date
  sec-websocket-key sec-websocket-version sec-fetch-dest sec-fetch-mode sec-fetch-site x-requested-with device-posture
  x-device-signature destination if overwrite depth lock-token`.split(/\s+/)
const bits: ReadonlyMap<string, number> = new Map(singletonFields.map((name, at) => [name, 1 << at]))

/** Cached names; bounded because clients choose them. */
const maxCacheEntries = 512
/** Characters: longer names are not cached. */
const maxCachedLength = 64

export function createHeaderNames(): HeaderNames {
  const known = new Map<string, HeaderName>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    if (!isToken(name)) return undefined
    const lower = name.toLowerCase()
    const made: HeaderName = { lower, singletonBit: bits.get(lower) ?? 0, cookie: lower === 'cookie' }
    if (name.length > maxCachedLength) return made
    if (known.size >= maxCacheEntries) known.clear()
    known.set(name, made)
    return made
  }
}

/**
 * Returns the index, or the detail of the failed check. `target`: of the request, part of its size. `omittedCookies`: bytes.
 * Cookies have a limit of their own: `cookie_size` is answered by clearing them, and no other client's choice of target and
 * fields may bring that about.
 */
export function checkHeaders(
  flat: readonly string[],
  rules: HeadLimits & { readonly names: HeaderNames },
  target = '',
  omittedCookies = 0,
): HeaderIndex | string {
  let others = 0
  let bytes = target.length
  let cookieBytes = omittedCookies
  let seen = 0
  const names: string[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const text = flat[i + 1]!
    const known = rules.names(name)
    if (known === undefined) return 'header_name'
    if (known.cookie) cookieBytes += name.length + text.length
    else {
      bytes += name.length + text.length
      if (++others > rules.headerCount || bytes > rules.headerBytes) return 'header_size'
    }
    if (!isFieldValue(text)) return 'header_value'
    if ((seen & known.singletonBit) !== 0) return 'header_twice'
    seen |= known.singletonBit
    names.push(known.lower)
  }
  if (bytes > rules.headerBytes) return 'header_size'
  if (cookieBytes > rules.headerBytes) return 'cookie_size'
  return {
    bytes,
    cookieBytes,
    has: (name) => names.includes(name),
    get(name) {
      const first = names.indexOf(name)
      if (first < 0) return undefined
      if (names.indexOf(name, first + 1) < 0) return flat[2 * first + 1]
      const all = flat.filter((_, i) => i % 2 === 1 && names[(i - 1) / 2] === name)
      return all.join(name === 'cookie' ? '; ' : ', ')
    },
  }
}
