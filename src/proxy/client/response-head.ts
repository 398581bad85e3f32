// Reads the head of an upstream's response: strictly first, then with the line ends and folds RFC 9112 lets a recipient mend.

import { parseResponseHead, type HeadError, type ResponseHead } from '../../http/llhttp.ts'
import type { OwnErrorCode } from '../upstream-error.ts'
import { describeMalformedHead, notHttp1 } from './malformed-head.ts'

export type ResponseHeadSearch =
  /** `text`: the head as latin1, perhaps mended; may contain bytes after it. `end`: offset after the head. */
  | { readonly state: 'complete'; readonly head: ResponseHead; readonly text: string; readonly end: number }
  | { readonly state: 'incomplete' }
  /** `message`: for the log; names the field. */
  | { readonly state: 'malformed'; readonly message: string; readonly code?: OwnErrorCode }

const statusLineStart = 'HTTP/1.'
const incomplete = { state: 'incomplete' } as const
/** Bytes searched first for the end of a head. */
const usualSize = 4_096

/** `maxBytes`: of a head. */
export function findResponseHead(bytes: Buffer, start: number, maxBytes: number): ResponseHeadSearch {
  const max = Math.min(bytes.length, start + maxBytes)
  let text = bytes.toString('latin1', start, Math.min(max, start + usualSize))
  let length = headLength(text)
  if (length < 0 && max > start + usualSize) {
    text = bytes.toString('latin1', start, max)
    length = headLength(text)
  }
  if (length < 0) return unfinished(bytes, start, max, maxBytes)
  const end = start + length
  const head = parseResponseHead(bytes, start, end, text)
  if (typeof head !== 'string') return { state: 'complete', head, text, end }
  return mendedHead(text.slice(0, length), head, end)
}

/** RFC 9112 2.2: a recipient may take a single LF as the end of a line. -1: no empty line yet. */
function headLength(text: string): number {
  const withCr = text.indexOf('\n\r\n')
  const bare = text.indexOf('\n\n')
  if (bare >= 0 && (withCr < 0 || bare < withCr)) return bare + 2
  return withCr < 0 ? -1 : withCr + 3
}

function unfinished(bytes: Buffer, start: number, max: number, maxBytes: number): ResponseHeadSearch {
  const begun = bytes.toString('latin1', start, Math.min(max, start + statusLineStart.length))
  if (!statusLineStart.startsWith(begun)) return { state: 'malformed', message: notHttp1(bytes, start) }
  if (max - start < maxBytes) return incomplete
  return {
    state: 'malformed',
    message: `the response head exceeds ${maxBytes} bytes`,
    code: 'UPSTREAM_HEAD_TOO_LARGE',
  }
}

function mendedHead(received: string, error: HeadError, end: number): ResponseHeadSearch {
  if (error === 'too_many') return { state: 'malformed', message: 'the response head has too many fields' }
  const text = mend(received)
  const again = text === received ? error : parseResponseHead(Buffer.from(text, 'latin1'), 0, text.length, text)
  if (typeof again !== 'string') return { state: 'complete', head: again, text, end }
  return { state: 'malformed', message: describeMalformedHead(text) }
}

/**
 * RFC 9112 2.2: LF becomes CRLF. 5.2: a folded line is joined by a space. RFC 9110 8.6: equal copies of Content-Length
 * become one. A CR elsewhere stays, and makes the head malformed.
 */
function mend(head: string): string {
  const lines: string[] = []
  let contentLength: string | undefined
  for (const received of head.split('\n')) {
    const line = received.endsWith('\r') ? received.slice(0, -1) : received
    // The line after the status line has nothing to continue.
    if (lines.length > 1 && /^[ \t]+[^ \t]/.test(line)) {
      lines.push(`${lines.pop()!} ${line.trim()}`)
      continue
    }
    const length = /^content-length:[ \t]*(\d+)[ \t]*$/i.exec(line)?.[1]
    if (length !== undefined && length === contentLength) continue
    contentLength ??= length
    lines.push(line)
  }
  // The last two are the empty line, and what `split` finds after it.
  return `${lines.slice(0, -2).join('\r\n')}\r\n\r\n`
}
