// Writes a request to an upstream: its head in one piece, its body as it comes, framed by us.

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Asking } from './line.ts'
import { upstreamError } from './upstream-fault.ts'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 5.5. */
const invalidValue = /[^\t\x20-\x7e\x80-\xff]/
const invalidTarget = /[^\x21-\x7e]/
/** RFC 9110 8.6: a length is expected with these, also where there is no content. */
const meansContent = new Set(['POST', 'PUT', 'PATCH'])

/** As latin1. Undefined: something in it could end a line. */
export function requestHead({ method, path, headers, body }: Asking): string | undefined {
  if (invalidTarget.test(path) || !token.test(method)) return undefined
  let text = `${method} ${path} HTTP/1.1\r\n`
  let sized = false
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    const value = headers[i + 1]!
    if (!token.test(name) || invalidValue.test(value)) return undefined
    if (name.length === 14 && name.toLowerCase() === 'content-length') sized = true
    text += `${name}: ${value}\r\n`
  }
  if (body !== null && !sized) return `${text}Transfer-Encoding: chunked\r\n\r\n`
  if (body === null && !sized && meansContent.has(method)) return `${text}Content-Length: 0\r\n\r\n`
  return `${text}\r\n`
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
  { body, headers }: Asking & { readonly body: Readable },
  heard: SendingHeard,
): Sending {
  const announced = lengthIn(headers)
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

function lengthIn(headers: readonly string[]): number | undefined {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (headers[i]!.length === 14 && headers[i]!.toLowerCase() === 'content-length') return Number(headers[i + 1])
  }
  return undefined
}
