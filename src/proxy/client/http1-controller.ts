// Flow control (back-pressure) and abort of one exchange on a connection, without effect on later exchanges.

import type { RawHeaders } from '../headers/response-headers.ts'
import type { ResponseControl } from './connection.ts'

/** Implemented by the connection. Ignores controls of ended exchanges. */
export interface ControlTarget {
  pause(control: ResponseControl): void
  resume(control: ResponseControl): void
  abort(control: ResponseControl, error: Error): void
}

const noHeaders: RawHeaders = []

/** A class, because there is one per exchange. */
export class Http1Controller implements ResponseControl {
  rawHeaders: RawHeaders = noHeaders
  rawTrailers: RawHeaders = noHeaders
  endsWithHead = false
  paused = false
  readonly #connection: ControlTarget
  constructor(connection: ControlTarget) {
    this.#connection = connection
  }
  abort(error: Error): void {
    this.#connection.abort(this, error)
  }
  pause(): void {
    this.paused = true
    this.#connection.pause(this)
  }
  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.#connection.resume(this)
  }
}
