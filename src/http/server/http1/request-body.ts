// The body of a request as a stream: the connection it comes over puts in what it reads, framed as its head said.

import { Readable } from 'node:stream'
import { createChunkedDecoder, incomplete, type ChunkedDecoder } from '../../chunked-decoder.ts'

export class Http1RequestBody extends Readable {
  /** All of it came. */
  complete = false
  #full = false
  #left: number
  readonly #chunks: ChunkedDecoder | undefined
  readonly #onDemand: () => void

  /** `length`: bytes; undefined means chunks. `wanted`: there is room for more. */
  constructor(length: number | undefined, wanted: () => void) {
    super({ highWaterMark: 65_536 })
    this.#left = length ?? 0
    this.#chunks = length === undefined ? createChunkedDecoder() : undefined
    this.#onDemand = wanted
    this.on('error', () => {})
    if (length === 0) this.#finish()
  }

  /** Nobody reads as fast as it comes. */
  get full(): boolean {
    return this.#full
  }

  /** Where in `bytes` it ended; `more`, or `broken` (see `direct-chunks.ts`). */
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

  /** Whoever answers decides what becomes of the rest: the connection lives on. */
  override _destroy(_error: Error | null, callback: (error: Error | null) => void): void {
    callback(null)
  }

  #finish(): void {
    this.complete = true
    this.push(null)
  }
}
