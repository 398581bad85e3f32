// What one exchange may do to the connection it is carried over, and to no exchange after it.

import type { RawHeaders } from '../headers/response-headers.ts'
import type { Control } from './connection.ts'

/** The connection. Does nothing for an exchange that is over. */
export interface Controlled {
  pause(control: Control): void
  resume(control: Control): void
  abort(control: Control, error: Error): void
}

const none: RawHeaders = []

/** A class, because there is one for every exchange. */
export class DirectControl implements Control {
  rawHeaders: RawHeaders = none
  rawTrailers: RawHeaders = none
  paused = false
  readonly #line: Controlled
  constructor(line: Controlled) {
    this.#line = line
  }
  abort(error: Error): void {
    this.#line.abort(this, error)
  }
  pause(): void {
    this.paused = true
    this.#line.pause(this)
  }
  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#line.resume(this)
  }
}
