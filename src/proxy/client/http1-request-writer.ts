// Writes a request to an upstream: head in one piece, body streamed with Content-Length or chunked transfer coding.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isRequestTarget, isToken } from '../../http/field-syntax.ts'
import type { UpstreamRequest } from './connection.ts'
import { upstreamError } from '../upstream-error.ts'

/** RFC 9110 8.6: a Content-Length is expected with these methods, also without content. */
const methodsWithContent: ReadonlySet<string> = new Set(
  'POST PUT PATCH QUERY PROPFIND PROPPATCH MKCOL LOCK REPORT ACL SEARCH MKCALENDAR'.split(' '),
)

/** As latin1. Undefined when method or target is invalid and could split the request line. */
export function serializeRequestHead({
  method,
  path,
  headers,
  body,
  contentLength,
  upgrade,
}: UpstreamRequest): string | undefined {
  if (!isRequestTarget(path) || !isToken(method)) return undefined
  const { perRequest, perHost, perUser } = headers
  return `${method} ${path} HTTP/1.1\r\n${perRequest}${perHost.lines}${perUser.lines}${upgrade === null ? bodyFraming(method, body, contentLength) : upgradeLines(upgrade)}\r\n`
}

/** RFC 9110 7.8. An upgrade has no content. */
function upgradeLines(protocol: string): string {
  return `Connection: upgrade\r\nUpgrade: ${protocol}\r\n`
}

/** RFC 9112 6.3: exactly one framing field. */
function bodyFraming(method: string, body: Readable | null, length: number | undefined): string {
  if (body === null) return methodsWithContent.has(method) ? 'Content-Length: 0\r\n' : ''
  return length === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${length}\r\n`
}

export interface BodyUpload {
  /** Call on `drain` of the socket. */
  resume(): void
  /** Detaches from body and socket. */
  stop(): void
}

export interface BodyUploadEvents {
  /** True: the upload waits for the upstream. False: it waits for the client. */
  onBackpressure(upstream: boolean): void
  onDone(): void
  onError(error: Error): void
}

/** Writes head and body. A body that differs from Content-Length is an error: the next request must not start inside it. */
export function sendBody(
  socket: Socket,
  head: string,
  { body, contentLength }: UpstreamRequest & { readonly body: Readable },
  events: BodyUploadEvents,
): BodyUpload {
  let remaining = contentLength ?? 0
  let finished = false

  const onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    if (contentLength !== undefined && chunk.length > remaining) return fail(contentLengthMismatch())
    remaining -= chunk.length
    let more: boolean
    if (contentLength === undefined) {
      socket.cork()
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      more = socket.write('\r\n', 'latin1')
      socket.uncork()
    } else more = socket.write(chunk)
    if (!more) body.pause()
    events.onBackpressure(!more)
  }
  const onEnd = (): void => {
    if (contentLength !== undefined && remaining > 0) return fail(contentLengthMismatch())
    stop()
    if (contentLength === undefined) socket.write('0\r\n\r\n', 'latin1')
    events.onBackpressure(true)
    events.onDone()
  }
  const fail = (error: Error): void => {
    if (finished) return
    stop()
    events.onError(error)
  }
  const onClose = (): void => fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the upload was aborted'))
  const stop = (): void => {
    finished = true
    body.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose)
  }
  // Head and first chunk in one packet when the chunk is available.
  socket.cork()
  socket.write(head, 'latin1')
  process.nextTick(() => socket.uncork())
  body.on('error', fail).on('close', onClose).on('end', onEnd).on('data', onData)
  return {
    stop,
    resume: () => {
      if (finished) return
      events.onBackpressure(false)
      body.resume()
    },
  }
}

function contentLengthMismatch(): Error {
  return upstreamError('UPSTREAM_REFUSED_BY_US', 'the upload does not match its Content-Length')
}
