// Finds the next request head in the receive buffer: complete, incomplete or malformed.

import type { LimitSettings } from '../../../config/configuration.ts'
import { findHead, isPossibleRequestLine, parseRequestHead, type RequestHead } from '../../llhttp.ts'

export type HeadSearch =
  /** `end`: offset after the head. */
  | { readonly state: 'whole'; readonly head: RequestHead; readonly end: number }
  /** `looked`: bytes parsed so far. */
  | { readonly state: 'goes_on'; readonly scanned: number }
  | { readonly state: 'refused'; readonly status: string }

const malformedHead = { state: 'refused', status: '400 Bad Request' } as const
const headTooLarge = { state: 'refused', status: '431 Request Header Fields Too Large' } as const
/** Bytes per field line besides name and value: colon, space, CR, LF. */
const fieldOverhead = 4

/** `scanned`: the previous `looked`; 0 for a new head. */
export function findRequestHead(bytes: Buffer, scanned: number, limits: LimitSettings): HeadSearch {
  const start = skipEmptyLines(bytes)
  const maxBytes = Math.min(bytes.length, start + limits.headerBytes + fieldOverhead * limits.headerCount)
  const found = findHead(bytes, start, maxBytes)
  if (found === undefined) {
    if (maxBytes < bytes.length) return isPossibleRequestLine(bytes, start, maxBytes) ? headTooLarge : malformedHead
    // Not at each byte: a client that sends single bytes would cause quadratic work.
    if (bytes.length < 2 * scanned) return { state: 'goes_on', scanned }
    return isPossibleRequestLine(bytes, start, bytes.length)
      ? { state: 'goes_on', scanned: bytes.length }
      : malformedHead
  }
  const head = parseRequestHead(bytes, start, found.end, found.text)
  if (head === 'malformed') return malformedHead
  if (head === 'too_many' || head.bytes >= limits.headerBytes) return headTooLarge
  return { state: 'whole', head, end: found.end }
}

/** RFC 9112 2.2: empty lines before a request line are ignored. */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === 13 || bytes[at] === 10) at++
  return at
}
