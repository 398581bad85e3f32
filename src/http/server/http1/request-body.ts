// Request body as a stream: decodes the Content-Length or chunked framing of the bytes its connection passes in.

import { Readable } from 'node:stream'
import { createChunkedDecoder, incomplete, type ChunkedDecoder } from '../../chunked-decoder.ts'

export class Http1RequestBody extends Readable {
  /** The whole body was received. */
  complete = false
  #full = false
  #left: number
  readonly #chunks: ChunkedDecoder | undefined
  readonly #onDemand: () => void

  /** `length`: bytes; undefined means chunked. `onDemand`: called when the consumer wants more. */
  constructor(length: number | undefined, onDemand: () => void) {
    super({ highWaterMark: 65_536 })
    this.#left = length ?? 0
    this.#chunks = length === undefined ? createChunkedDecoder() : undefined
    this.#onDemand = onDemand
    this.on('error', () => {})
    if (length === 0) this.#finish()
  }

  /** Once it is complete. */
  get trailers(): readonly string[] {
    return this.#chunks?.trailers ?? []
  }

  /** Back-pressure: the consumer reads more slowly than the body arrives. */
  get full(): boolean {
    return this.#full
  }

  /** Returns the offset in `bytes` after the body, or `incomplete` or `malformed` (`chunked-decoder.ts`). */
  receive(bytes: Buffer, start: number): number {
    let end: number
    if (this.#chunks === undefined) {
      const to = Math.min(bytes.length, start + this.#left)
      this.#left -= to - start
      this.#full = !this.push(bytes.subarray(start, to))
      end = this.#left === 0 ? to : incomplete
    } else end = this.#chunks.read(bytes, start, (from, to) => (this.#full = !this.push(bytes.subarray(from, to))))
    if (end >= 0) this.#finish()
    return end
  }

  override _read(): void {
    this.#full = false
    this.#onDemand()
  }

  /** Does not destroy the connection: the response decides what happens to the rest of the upload. */
  override _destroy(_error: Error | null, callback: (error: Error | null) => void): void {
    callback(null)
  }

  #finish(): void {
    this.complete = true
    this.push(null)
  }
}
