// The next request in what a client sent so far: its head is whole, goes on, or is none.

import type { LimitSettings } from '../../../config/configuration.ts'
import { findHead, mayBecomeRequest, parseRequestHead, type RequestHead } from '../../llhttp.ts'

export type Sought =
  /** `end`: where in the bytes it ends. */
  | { readonly state: 'whole'; readonly head: RequestHead; readonly end: number }
  /** `looked`: bytes that were looked at. */
  | { readonly state: 'goes_on'; readonly looked: number }
  | { readonly state: 'refused'; readonly status: string }

const malformed = { state: 'refused', status: '400 Bad Request' } as const
const tooLarge = { state: 'refused', status: '431 Request Header Fields Too Large' } as const
/** Between lines of a head. */
const perField = 4

/** `looked`: what came of it the last time; 0 for a head that begins. */
export function seekRequest(bytes: Buffer, looked: number, limits: LimitSettings): Sought {
  const start = skipEmptyLines(bytes)
  const most = Math.min(bytes.length, start + limits.headerBytes + perField * limits.headerCount)
  const found = findHead(bytes, start, most)
  if (found === undefined) {
    if (most < bytes.length) return mayBecomeRequest(bytes, start, most) ? tooLarge : malformed
    // Not at each byte: whoever sends them one by one would have all of them looked at each time.
    if (bytes.length < 2 * looked) return { state: 'goes_on', looked }
    return mayBecomeRequest(bytes, start, bytes.length) ? { state: 'goes_on', looked: bytes.length } : malformed
  }
  const head = parseRequestHead(bytes, start, found.end, found.text)
  if (head === 'malformed') return malformed
  if (head === 'too_many' || head.bytes >= limits.headerBytes) return tooLarge
  return { state: 'whole', head, end: found.end }
}

/** RFC 9112 2.2: empty lines before a request line are nothing. */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === 13 || bytes[at] === 10) at++
  return at
}
