// One attempt to send a request over one upstream connection; events of a superseded attempt are ignored.

import type { Duplex } from 'node:stream'
import type { RawHeaders } from './headers/response-headers.ts'
import type { ResponseControl, ResponseHandler, UpstreamConnection } from './client/connection.ts'
import { upstreamError } from './upstream-error.ts'
import type { UpstreamServer } from './upstream-server.ts'

/** Events of the current attempt, implemented by the exchange. */
export interface AttemptListener {
  /** False once the attempt was superseded by a retry or the exchange ended. */
  isCurrent(attempt: Attempt): boolean
  /** Also for every 1xx. `last`: the response is complete with it (HTTP/2). */
  head(status: number, headers: RawHeaders, last: boolean): void
  data(control: ResponseControl, chunk: Buffer): void
  end(trailers: RawHeaders): void
  upgrade(headers: RawHeaders, status: number, socket: Duplex): void
  failed(attempt: Attempt, error: Error): void
}

/** A class, because there is one per request. */
export class Attempt implements ResponseHandler {
  readonly server: UpstreamServer
  readonly connection: UpstreamConnection
  /** The request is meant for the state of this very connection: it is not sent on a replacement. */
  readonly established: boolean
  control: ResponseControl | undefined
  sent = false
  readonly #listener: AttemptListener
  #reused = false
  #responseStarted = false

  constructor(listener: AttemptListener, server: UpstreamServer, connection: UpstreamConnection, established: boolean) {
    this.#listener = listener
    this.server = server
    this.connection = connection
    this.established = established
  }

  /** A reused keep-alive connection closed before the first byte of a response. */
  get stale(): boolean {
    return this.sent && this.#reused && !this.#responseStarted
  }

  onRequestStart(control: ResponseControl): void {
    if (!this.#listener.isCurrent(this)) return control.abort(new Error('the exchange ended'))
    this.control = control
    if (this.established && this.connection.isNew) {
      return control.abort(upstreamError('UPSTREAM_CLOSED', 'the upstream closed a private connection'))
    }
    this.sent = true
    this.#reused = !this.connection.isNew
    this.connection.isNew = false
  }

  onResponseStarted(): void {
    this.#responseStarted = true
  }

  onResponseStart(control: ResponseControl, status: number): void {
    if (this.#listener.isCurrent(this)) this.#listener.head(status, control.rawHeaders, control.endsWithHead === true)
  }

  onResponseData(control: ResponseControl, chunk: Buffer): void {
    if (this.#listener.isCurrent(this)) this.#listener.data(control, chunk)
  }

  onResponseEnd(control: ResponseControl): void {
    if (this.#listener.isCurrent(this)) this.#listener.end(control.rawTrailers)
  }

  onRequestUpgrade(control: ResponseControl, status: number, socket: Duplex): void {
    socket.on('error', () => {})
    if (!this.#listener.isCurrent(this)) return void socket.destroy()
    this.#listener.upgrade(control.rawHeaders, status, socket)
  }

  onResponseError(_control: ResponseControl | undefined, error: Error): void {
    if (this.#listener.isCurrent(this)) this.#listener.failed(this, error)
  }
}
