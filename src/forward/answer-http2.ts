// Writes an answer to one HTTP/2 stream.

import { constants, type ServerHttp2Stream } from 'node:http2'
import { ignoreError } from '../http/ignore-error.ts'
import type { Answer } from './answer.ts'
import { waitingFor, type StalledClients } from './stalled.ts'

/** RFC 9113 8.2.2: connection-specific fields make an HTTP/2 message malformed. */
const connectionSpecific = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

const none: readonly string[] = []

/**
 * `method` of the request: nothing follows the head of an answer to HEAD. Add an error listener to the stream before.
 * `stalled`: whoever leaves a stream's window closed (RFC 9113 10.5) is given up by it.
 */
export function answerOverHttp2(stream: ServerHttp2Stream, method: string, stalled?: StalledClients): Answer {
  return new Http2Answer(stream, method, stalled)
}

/** A class, because there is one for every request. Once its stream is closed it holds nothing that was to be told. */
class Http2Answer implements Answer {
  readonly #stream: ServerHttp2Stream
  readonly #method: string
  readonly #stalled: StalledClients | undefined
  readonly #waiting = waitingFor(() => this.#giveUp())
  #begun = false
  #ended = false
  #closed: boolean
  #bodiless = false
  #trailing: readonly string[] = none
  #onGone: (() => void) | undefined
  #onDrain: (() => void) | undefined
  #hearsDrain = false
  /** Bytes the client has to take some of. */
  #left = 0

  constructor(stream: ServerHttp2Stream, method: string, stalled: StalledClients | undefined) {
    this.#stream = stream
    this.#method = method
    this.#stalled = stalled
    this.#closed = stream.destroyed || stream.closed
    stream.on('error', ignoreError)
    stream.on('close', () => this.#over())
  }

  get begun(): boolean {
    return this.#begun
  }

  get closed(): boolean {
    return this.#closed || this.#ended
  }

  inform(status: number, headers: readonly string[]): void {
    if (this.#begun || this.#closed) return
    try {
      this.#stream.additionalHeaders({ ':status': status, ...grouped(headers) })
    } catch {
      // An early hint is only a hint: what cannot be written is left out.
    }
  }

  head(status: number, headers: readonly string[]): void {
    if (this.#begun || this.#closed) return
    const stream = this.#stream
    const bodiless = this.#method === 'HEAD' || status === 204 || status === 304
    const list: string[] = [':status', String(status)]
    let sized = false
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!.toLowerCase()
      if (connectionSpecific.has(name)) continue
      sized ||= name === 'content-length'
      list.push(name, headers[i + 1]!)
    }
    // An answer with a length came over HTTP/1.1 without trailers; waiting for them would cost it a frame.
    const waitForTrailers = !bodiless && !sized
    if (waitForTrailers) {
      stream.once('wantTrailers', () => {
        stream.sendTrailers(grouped(this.#trailing))
        stopUpload(stream)
      })
    } else if (!stream.endAfterHeaders) stream.once('finish', () => stopUpload(stream))
    stream.respond(list, { endStream: bodiless, waitForTrailers })
    this.#bodiless = bodiless
    this.#begun = true
  }

  write(chunk: Buffer): boolean {
    if (this.#closed || this.#ended || this.#bodiless) return true
    if (this.#stream.write(chunk)) return true
    this.#waits()
    if (!this.#hearsDrain) this.#stream.on('drain', () => this.#drained())
    this.#hearsDrain = true
    return false
  }

  end(trailers: readonly string[] = none): void {
    if (this.#closed || this.#ended) return
    this.#ended = true
    this.#trailing = trailers
    // What is left of the upload is thrown away.
    this.#stream.resume()
    this.#stream.end()
    this.#waits()
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  onGone(listener: () => void): void {
    if (this.#closed && !this.#ended) queueMicrotask(listener)
    else this.#onGone = listener
  }

  destroy(): void {
    this.#onGone = undefined
    if (this.#closed) return
    this.#closed = true
    // Without an error code the stream would end like a complete one.
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    this.#stream.destroy()
  }

  #waits(): void {
    this.#left = this.#stream.writableLength
    this.#stalled?.waits(this.#waiting)
  }

  #drained(): void {
    this.#stalled?.goesOn(this.#waiting)
    this.#onDrain?.()
  }

  #giveUp(): void {
    if (this.#stream.writableLength < this.#left) return this.#waits()
    this.#stream.close(constants.NGHTTP2_CANCEL)
    this.#stream.destroy()
  }

  #over(): void {
    this.#stalled?.goesOn(this.#waiting)
    this.#onDrain = undefined
    const listener = this.#onGone
    this.#onGone = undefined
    if (this.#closed) return
    this.#closed = true
    if (!this.#ended) listener?.()
  }
}

/** RFC 9113 8.1: a complete answer to an incomplete upload ends with RST_STREAM(NO_ERROR): "stop sending". */
function stopUpload(stream: ServerHttp2Stream): void {
  if (stream.readableEnded || stream.endAfterHeaders) return
  // One turn later, because nghttp2 sends a reset before frames of the same stream that still wait.
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
