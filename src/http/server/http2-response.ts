// HTTP/2 response writer on one stream: trailers, back-pressure, idle timeout, RST_STREAM after an early response.

import { constants, type ServerHttp2Stream } from 'node:http2'
import { ignoreError } from '../ignore-error.ts'
import type { ResponseWriter } from '../response-writer.ts'
import { idleTimer, type IdleTimeouts } from '../idle-timeouts.ts'

/** RFC 9113 8.2.2: connection-specific fields make an HTTP/2 message malformed. */
const connectionSpecific = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

const noTrailers: readonly string[] = []

/**
 * `method` of the request: a response to HEAD has no body. Add an error listener to the stream before.
 * `idleTimeouts`: ends a stream whose flow-control window the client keeps closed (RFC 9113 10.5).
 */
export function http2Response(stream: ServerHttp2Stream, method: string, idleTimeouts?: IdleTimeouts): ResponseWriter {
  return new Http2Response(stream, method, idleTimeouts)
}

/** A class, because there is one per request. Drops its listeners once the stream is closed. */
class Http2Response implements ResponseWriter {
  readonly #stream: ServerHttp2Stream
  readonly #method: string
  readonly #idleTimeouts: IdleTimeouts | undefined
  readonly #timer = idleTimer(() => this.#onTimeout())
  #headersSent = false
  #ended = false
  #closed: boolean
  #bodiless = false
  #trailing: readonly string[] = noTrailers
  #onClientClose: (() => void) | undefined
  #onDrain: (() => void) | undefined
  #listensForDrain = false
  /** Bytes queued when the idle timer was started. */
  #left = 0

  constructor(stream: ServerHttp2Stream, method: string, idleTimeouts: IdleTimeouts | undefined) {
    this.#stream = stream
    this.#method = method
    this.#idleTimeouts = idleTimeouts
    this.#closed = stream.destroyed || stream.closed
    stream.on('error', ignoreError)
    stream.on('close', () => this.#finish())
  }

  get headersSent(): boolean {
    return this.#headersSent
  }

  get closed(): boolean {
    return this.#closed || this.#ended
  }

  writeInformational(status: number, headers: readonly string[]): void {
    if (this.#headersSent || this.#closed) return
    try {
      this.#stream.additionalHeaders({ ':status': status, ...grouped(headers) })
    } catch {
      // Early hints are optional: one that cannot be written is omitted.
    }
  }

  writeHead(status: number, headers: readonly string[], last = false): void {
    if (this.#headersSent || this.#closed) return
    const stream = this.#stream
    const bodiless = last || this.#method === 'HEAD' || status === 204 || status === 304
    const list: string[] = [':status', String(status)]
    let sized = false
    let announced = false
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!.toLowerCase()
      if (connectionSpecific.has(name)) continue
      sized ||= name === 'content-length'
      announced ||= name === 'trailer'
      list.push(name, headers[i + 1]!)
    }
    // A response with Content-Length has no trailers in HTTP/1.1, and rarely in HTTP/2; waiting for them would cost a frame.
    const waitForTrailers = !bodiless && (!sized || announced)
    if (waitForTrailers) {
      stream.once('wantTrailers', () => {
        try {
          stream.sendTrailers(grouped(this.#trailing))
          stopUpload(stream)
        } catch {
          // Nothing catches what a listener throws: trailers that Node refuses must not end the process.
          this.destroy()
        }
      })
    } else if (!stream.endAfterHeaders) stream.once('finish', () => stopUpload(stream))
    stream.respond(list, { endStream: bodiless, waitForTrailers })
    this.#bodiless = bodiless
    this.#headersSent = true
  }

  write(chunk: Buffer): boolean {
    if (this.#closed || this.#ended || this.#bodiless) return true
    if (this.#stream.write(chunk)) return true
    this.#startTimer()
    if (!this.#listensForDrain) this.#stream.on('drain', () => this.#drained())
    this.#listensForDrain = true
    return false
  }

  end(trailers: readonly string[] = noTrailers): void {
    if (this.#closed || this.#ended) return
    this.#ended = true
    this.#trailing = trailers
    // The rest of the upload is discarded.
    this.#stream.resume()
    this.#stream.end()
    this.#startTimer()
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  onClientClose(listener: () => void): void {
    if (this.#closed && !this.#ended) queueMicrotask(listener)
    else this.#onClientClose = listener
  }

  destroy(): void {
    this.#onClientClose = undefined
    if (this.#closed) return
    this.#closed = true
    // Without an error code the response would look complete.
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    this.#stream.destroy()
  }

  #startTimer(): void {
    this.#left = this.#stream.writableLength
    this.#idleTimeouts?.start(this.#timer)
  }

  #drained(): void {
    this.#idleTimeouts?.cancel(this.#timer)
    this.#onDrain?.()
  }

  #onTimeout(): void {
    if (this.#stream.writableLength < this.#left) return this.#startTimer()
    this.#stream.close(constants.NGHTTP2_CANCEL)
    this.#stream.destroy()
  }

  #finish(): void {
    this.#idleTimeouts?.cancel(this.#timer)
    this.#onDrain = undefined
    const listener = this.#onClientClose
    this.#onClientClose = undefined
    if (this.#closed) return
    this.#closed = true
    if (!this.#ended) listener?.()
  }
}

/** RFC 9113 8.1: a complete response to an incomplete upload ends with RST_STREAM(NO_ERROR): stop sending. */
function stopUpload(stream: ServerHttp2Stream): void {
  if (stream.readableEnded || stream.endAfterHeaders) return
  // One turn later, because nghttp2 sends a reset before queued frames of the same stream.
  setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR))
}

function grouped(headers: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = Object.create(null)
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase()
    if (!connectionSpecific.has(name)) (record[name] ??= []).push(headers[i + 1]!)
  }
  return record
}
