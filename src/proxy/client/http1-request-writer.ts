// Writes a request to an upstream: its head in one piece, its body as it comes, framed by us.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isRequestTarget, isToken } from '../../http/field-syntax.ts'
import type { Asking } from './connection.ts'
import { upstreamError } from '../upstream-error.ts'

/** RFC 9110 8.6: a length is expected with these, also where there is no content. */
const meansContent = new Set(['POST', 'PUT', 'PATCH'])

/** As latin1. Undefined: something in it could end a line. */
export function requestHead({ method, path, headers, body, length }: Asking): string | undefined {
  if (!isRequestTarget(path) || !isToken(method)) return undefined
  const { varying, place, person } = headers
  return `${method} ${path} HTTP/1.1\r\n${varying}${place.lines}${person.lines}${framing(method, body, length)}\r\n`
}

/** RFC 9112 6.3: said once. */
function framing(method: string, body: Readable | null, length: number | undefined): string {
  if (body === null) return meansContent.has(method) ? 'Content-Length: 0\r\n' : ''
  return length === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${length}\r\n`
}

export interface Sending {
  /** The socket takes more. */
  goesOn(): void
  /** Nothing more is written. */
  stop(): void
}

export interface SendingHeard {
  /** For the upstream to take more, or else for the client to send it. */
  waits(upstream: boolean): void
  done(): void
  failed(error: Error): void
}

/** Writes head and body. Exactly as much as was announced, or it has failed: the next request must not begin inside. */
export function sendBody(
  socket: Socket,
  head: string,
  { body, length: announced }: Asking & { readonly body: Readable },
  heard: SendingHeard,
): Sending {
  let left = announced ?? 0
  let over = false

  const onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    if (announced !== undefined && chunk.length > left) return fail(mismatch())
    left -= chunk.length
    let more: boolean
    if (announced === undefined) {
      socket.cork()
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      more = socket.write('\r\n', 'latin1')
      socket.uncork()
    } else more = socket.write(chunk)
    if (!more) body.pause()
    heard.waits(!more)
  }
  const onEnd = (): void => {
    if (announced !== undefined && left > 0) return fail(mismatch())
    stop()
    if (announced === undefined) socket.write('0\r\n\r\n', 'latin1')
    heard.waits(true)
    heard.done()
  }
  const fail = (error: Error): void => {
    if (over) return
    stop()
    heard.failed(error)
  }
  const onClose = (): void => fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the upload ended before its end'))
  const stop = (): void => {
    over = true
    body.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose)
  }
  // Head and first piece in one packet, where the piece is there.
  socket.cork()
  socket.write(head, 'latin1')
  process.nextTick(() => socket.uncork())
  body.on('error', fail).on('close', onClose).on('end', onEnd).on('data', onData)
  return {
    stop,
    goesOn: () => {
      if (over) return
      heard.waits(false)
      body.resume()
    },
  }
}

function mismatch(): Error {
  return upstreamError('UPSTREAM_REFUSED_BY_US', 'the upload is not as long as was announced')
}
