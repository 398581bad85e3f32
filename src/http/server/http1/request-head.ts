// Finds the next request head in the receive buffer: complete, incomplete or malformed.

import type { LimitSettings } from '../../../config/configuration.ts'
import { findHead, isPossibleRequestLine, parseRequestHead, type RequestHead } from '../../llhttp.ts'

export type HeadSearch =
  /** `end`: offset after the head. */
  | { readonly state: 'complete'; readonly head: RequestHead; readonly end: number }
  /** `scanned`: bytes parsed so far. */
  | { readonly state: 'incomplete'; readonly scanned: number }
  | { readonly state: 'rejected'; readonly status: string }

const malformedHead = { state: 'rejected', status: '400 Bad Request' } as const
const headTooLarge = { state: 'rejected', status: '431 Request Header Fields Too Large' } as const
/** Bytes per field line besides name and value: colon, space, CR, LF. */
const fieldOverhead = 4

/** `scanned`: the previous `scanned`; 0 for a new head. */
export function findRequestHead(bytes: Buffer, scanned: number, limits: LimitSettings): HeadSearch {
  const start = skipEmptyLines(bytes)
  const maxBytes = Math.min(bytes.length, start + limits.headerBytes + fieldOverhead * limits.headerCount)
  const found = findHead(bytes, start, maxBytes)
  if (found === undefined) {
    if (maxBytes < bytes.length) return isPossibleRequestLine(bytes, start, maxBytes) ? headTooLarge : malformedHead
    // Not at each byte: a client that sends single bytes would cause quadratic work.
    if (bytes.length < 2 * scanned) return { state: 'incomplete', scanned }
    return isPossibleRequestLine(bytes, start, bytes.length)
      ? { state: 'incomplete', scanned: bytes.length }
      : malformedHead
  }
  const head = parseRequestHead(bytes, start, found.end, found.text)
  if (head === 'malformed') return malformedHead
  if (head === 'too_many' || head.bytes >= limits.headerBytes) return headTooLarge
  return { state: 'complete', head, end: found.end }
}

/** RFC 9112 2.2: empty lines before a request line are ignored. */
function skipEmptyLines(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === 13 || bytes[at] === 10) at++
  return at
}
