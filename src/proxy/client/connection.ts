// One connection to an upstream server, used by one exchange at a time, whatever client is behind it.

import type { Duplex, Readable } from 'node:stream'
import type { RawHeaders } from '../headers/response-headers.ts'
import type { Outgoing } from '../headers/serialized-headers.ts'

export interface Asking {
  readonly path: string
  readonly method: string
  readonly headers: Outgoing
  readonly body: Readable | null
  /** Bytes of the body, where they are known; chunks are sent where they are not. */
  readonly length: number | undefined
  readonly upgrade: string | null
}

export interface Control {
  /** Of the head or the trailers that were just read. */
  readonly rawHeaders: RawHeaders
  readonly rawTrailers: RawHeaders
  abort(error: Error): void
  pause(): void
  resume(): void
}

/** What becomes of a request, in this order. After an end or an error nothing more is said. */
export interface Hearing {
  /** There is a connection, and the request is about to be written. */
  onRequestStart(control: Control): void
  /** The first bytes of an answer. */
  onResponseStarted?(): void
  /** Also for every 1xx. */
  onResponseStart(control: Control, status: number): void
  onResponseData(control: Control, chunk: Buffer): void
  onResponseEnd(control: Control): void
  onRequestUpgrade?(control: Control, status: number, socket: Duplex): void
  onResponseError(control: Control | undefined, error: Error): void
}

export interface Line {
  /** The connection was opened and nothing was sent on it yet. */
  fresh: boolean
  /** Milliseconds it may lie idle and still be used, as things are; 0: not once more. */
  readonly keepFor: number
  /** Epoch milliseconds: idle since then; means nothing while it is used. */
  idleSince: number
  dispatch(asking: Asking, hearing: Hearing): void
  /** At once, whatever it is doing. */
  destroy(): void
}
