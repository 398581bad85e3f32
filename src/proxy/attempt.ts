// One attempt to have a request answered, over one connection: what is said on it once it counts no more is not heard.

import type { Duplex } from 'node:stream'
import type { RawHeaders } from './headers/response-headers.ts'
import type { Control, Hearing, Line } from './client/connection.ts'
import type { Target } from './upstream-server.ts'

/** The exchange that attempts it. */
export interface Carried {
  /** Still the attempt that counts. */
  goesBy(attempt: Attempt): boolean
  /** Also for every 1xx. */
  head(status: number, headers: RawHeaders): void
  data(control: Control, chunk: Buffer): void
  end(trailers: RawHeaders): void
  switchOver(headers: RawHeaders, status: number, socket: Duplex): void
  broken(attempt: Attempt, error: Error): void
}

/** A class, because there is one for every request. */
export class Attempt implements Hearing {
  readonly target: Target
  readonly line: Line
  control: Control | undefined
  sent = false
  readonly #carriage: Carried
  #reused = false
  #heard = false

  constructor(carriage: Carried, target: Target, line: Line) {
    this.#carriage = carriage
    this.target = target
    this.line = line
  }

  /** A kept connection that ended before a byte of an answer came. */
  get stale(): boolean {
    return this.sent && this.#reused && !this.#heard
  }

  onRequestStart(control: Control): void {
    if (!this.#carriage.goesBy(this)) return control.abort(new Error('the exchange ended'))
    this.control = control
    this.sent = true
    this.#reused = !this.line.fresh
    this.line.fresh = false
  }

  onResponseStarted(): void {
    this.#heard = true
  }

  onResponseStart(control: Control, status: number): void {
    if (this.#carriage.goesBy(this)) this.#carriage.head(status, control.rawHeaders)
  }

  onResponseData(control: Control, chunk: Buffer): void {
    if (this.#carriage.goesBy(this)) this.#carriage.data(control, chunk)
  }

  onResponseEnd(control: Control): void {
    if (this.#carriage.goesBy(this)) this.#carriage.end(control.rawTrailers)
  }

  onRequestUpgrade(control: Control, status: number, socket: Duplex): void {
    socket.on('error', () => {})
    if (!this.#carriage.goesBy(this)) return void socket.destroy()
    this.#carriage.switchOver(control.rawHeaders, status, socket)
  }

  onResponseError(_control: Control | undefined, error: Error): void {
    if (this.#carriage.goesBy(this)) this.#carriage.broken(this, error)
  }
}
