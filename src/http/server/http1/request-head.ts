// Finds the next request head in the receive buffer: complete, incomplete or malformed.

import type { HeadLimits } from '../../head-limits.ts'
import { findHead, isPossibleRequestLine, parseRequestHead, type HeadError, type RequestHead } from '../../llhttp.ts'
import type { LargeHead } from './large-head.ts'

export type HeadSearch =
  /** `end`: offset after the head. */
  | { readonly state: 'complete'; readonly head: RequestHead; readonly end: number }
  /** `scanned`: bytes parsed so far. */
  | { readonly state: 'incomplete'; readonly scanned: number }
  /** Larger than usual heads: for `large-head.ts`, from `start`. */
  | { readonly state: 'large'; readonly start: number }
  | { readonly state: 'rejected'; readonly status: string }

const malformedHead = { state: 'rejected', status: '400 Bad Request' } as const
export const headTooLarge = { state: 'rejected', status: '431 Request Header Fields Too Large' } as const
/** Bytes per field line besides name and value: colon, space, CR, LF. */
const fieldOverhead = 4

/** `scanned`: the previous `scanned`; 0 for a new head. */
export function findRequestHead(bytes: Buffer, scanned: number, limits: HeadLimits): HeadSearch {
  const start = skipEmptyLines(bytes)
  const maxBytes = Math.min(bytes.length, start + limits.headerBytes + fieldOverhead * limits.headerCount)
  const found = findHead(bytes, start, maxBytes)
  if (found === undefined) {
    if (maxBytes < bytes.length)
      return isPossibleRequestLine(bytes, start, maxBytes) ? { state: 'large', start } : malformedHead
    // Not at each byte: a client that sends single bytes would cause quadratic work.
    if (bytes.length < 2 * scanned) return { state: 'incomplete', scanned }
    return isPossibleRequestLine(bytes, start, bytes.length)
      ? { state: 'incomplete', scanned: bytes.length }
      : malformedHead
  }
  return parsed(parseRequestHead(bytes, start, found.end, found.text), found.end)
}

/** Parses what `large-head.ts` collected; `end` is its offset in the bytes received last. */
export function readLargeHead(large: Extract<LargeHead, { state: 'complete' }>): HeadSearch {
  const { head, end } = large
  const whole = findHead(head, 0, head.length)
  // The two must agree on where the head ends.
  if (whole === undefined || whole.end !== head.length) return malformedHead
  return parsed(parseRequestHead(head, 0, head.length, whole.text), end)
}

/** Sizes are checked by `canonicalize`, which answers with a page. */
function parsed(head: RequestHead | HeadError, end: number): HeadSearch {
  if (head === 'malformed') return malformedHead
  return head === 'too_many' ? headTooLarge : { state: 'complete', head, end }
}

/** RFC 9112 2.2: empty lines before a request line are ignored. */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === 13 || bytes[at] === 10) at++
  return at
}
