// Sends the content of a request on an HTTP/2 stream, with back-pressure; one that ends early never looks complete.

import type { ClientHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import { upstreamError } from '../upstream-error.ts'

export interface BodyUpload {
  /** Detaches from body and stream. */
  stop(): void
}

export interface BodyUploadEvents {
  /** True: the upload is complete, or waits for the upstream. False: it waits for the client. */
  onBackpressure(upstream: boolean): void
  onError(error: Error): void
}

/** `contentLength`: bytes as stated to the upstream; a body that differs is an error (RFC 9113 8.1.1). */
export function sendHttp2Body(
  stream: ClientHttp2Stream,
  body: Readable,
  contentLength: number | undefined,
  events: BodyUploadEvents,
): BodyUpload {
  let sent = 0
  let finished = false

  const onData = (chunk: Buffer): void => {
    sent += chunk.length
    if (contentLength !== undefined && sent > contentLength) return fail(mismatch())
    const more = stream.write(chunk)
    if (!more) body.pause()
    events.onBackpressure(!more)
  }
  const onDrain = (): void => {
    events.onBackpressure(false)
    body.resume()
  }
  const onEnd = (): void => {
    if (contentLength !== undefined && sent < contentLength) return fail(mismatch())
    stop()
    stream.end()
    events.onBackpressure(true)
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
    stream.off('drain', onDrain)
  }
  stream.on('drain', onDrain)
  body.on('error', fail).on('close', onClose).on('end', onEnd).on('data', onData)
  return { stop }
}

function mismatch(): Error {
  return upstreamError('UPSTREAM_REFUSED_BY_US', 'the upload does not match its Content-Length')
}
