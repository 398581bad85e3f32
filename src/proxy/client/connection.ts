// One connection to an upstream server, used by one exchange at a time, whatever client is behind it.

import type { Duplex, Readable } from 'node:stream'
import type { RawHeaders } from '../headers/response-headers.ts'
import type { RequestHeaders } from '../headers/serialized-headers.ts'

export interface UpstreamRequest {
  readonly path: string
  readonly method: string
  readonly headers: RequestHeaders
  readonly body: Readable | null
  /** Bytes of the body, where they are known; chunks are sent where they are not. */
  readonly contentLength: number | undefined
  readonly upgrade: string | null
}

export interface ResponseControl {
  /** Of the head or the trailers that were just read. */
  readonly rawHeaders: RawHeaders
  readonly rawTrailers: RawHeaders
  abort(error: Error): void
  pause(): void
  resume(): void
}

/** What becomes of a request, in this order. After an end or an error nothing more is said. */
export interface ResponseHandler {
  /** There is a connection, and the request is about to be written. */
  onRequestStart(control: ResponseControl): void
  /** The first bytes of an answer. */
  onResponseStarted?(): void
  /** Also for every 1xx. */
  onResponseStart(control: ResponseControl, status: number): void
  onResponseData(control: ResponseControl, chunk: Buffer): void
  onResponseEnd(control: ResponseControl): void
  onRequestUpgrade?(control: ResponseControl, status: number, socket: Duplex): void
  onResponseError(control: ResponseControl | undefined, error: Error): void
}

export interface UpstreamConnection {
  /** The connection was opened and nothing was sent on it yet. */
  isNew: boolean
  /** Milliseconds it may lie idle and still be used, as things are; 0: not once more. */
  readonly keepAliveMs: number
  /** Epoch milliseconds: idle since then; means nothing while it is used. */
  idleSince: number
  dispatch(request: UpstreamRequest, handler: ResponseHandler): void
  /** At once, whatever it is doing. */
  destroy(): void
}
