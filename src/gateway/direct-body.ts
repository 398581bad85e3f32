// The body of a request as a stream, filled by the connection it comes over.

import { Readable } from 'node:stream'

export class DirectBody extends Readable {
  /** All of it came. */
  complete = false
  readonly #wanted: () => void

  /** `wanted`: there is room for more. */
  constructor(wanted: () => void) {
    super({ highWaterMark: 65_536 })
    this.#wanted = wanted
    this.on('error', () => {})
  }

  override _read(): void {
    this.#wanted()
  }

  /** Whoever answers decides what becomes of the rest: the connection lives on. */
  override _destroy(_error: Error | null, callback: (error: Error | null) => void): void {
    callback(null)
  }

  finish(): void {
    this.complete = true
    this.push(null)
  }
}
