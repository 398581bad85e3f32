// Interface of an upstream connection, used by one exchange at a time; implemented natively and by undici.

import type { Duplex, Readable } from 'node:stream'
import type { RawHeaders } from '../headers/response-headers.ts'
import type { RequestHeaders } from '../headers/serialized-headers.ts'

export interface UpstreamRequest {
  readonly path: string
  readonly method: string
  readonly headers: RequestHeaders
  readonly body: Readable | null
  /** Bytes of the body; undefined when unknown: the chunked transfer coding is used. */
  readonly contentLength: number | undefined
  readonly upgrade: string | null
  /** Trailers of the request, complete once `body` has ended; HTTP/2 alone sends them. Undefined: none can follow. */
  readonly trailers?: (() => readonly string[]) | undefined
  /** The response may begin at any time: no response timeout. */
  readonly patient?: boolean
}

export interface ResponseControl {
  /** Fields of the head just read. */
  readonly rawHeaders: RawHeaders
  readonly rawTrailers: RawHeaders
  /** HTTP/2: the head just read ends the response (END_STREAM). */
  readonly endsWithHead?: boolean
  abort(error: Error): void
  pause(): void
  resume(): void
}

/** Events of a request, in this order. `onResponseEnd` and `onResponseError` are final. */
export interface ResponseHandler {
  /** The connection is established, and the request is about to be written. */
  onRequestStart(control: ResponseControl): void
  /** The first bytes of a response arrived. */
  onResponseStarted?(): void
  /** Also for every 1xx. */
  onResponseStart(control: ResponseControl, status: number): void
  onResponseData(control: ResponseControl, chunk: Buffer): void
  onResponseEnd(control: ResponseControl): void
  onRequestUpgrade?(control: ResponseControl, status: number, socket: Duplex): void
  onResponseError(control: ResponseControl | undefined, error: Error): void
}

export interface UpstreamConnection {
  /** Address of the upstream it is, or was last, connected to. */
  readonly address: string | undefined
  /** No request was sent on it yet. */
  isNew: boolean
  /** Milliseconds of idle time (keep-alive) after which it must not be reused; 0: not reusable. */
  readonly keepAliveMs: number
  /** Epoch milliseconds since when it is idle; meaningless while in use. */
  idleSince: number
  dispatch(request: UpstreamRequest, handler: ResponseHandler): void
  /** Closes at once, also during an exchange. */
  destroy(): void
}
