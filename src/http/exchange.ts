// One thing that came in and waits for an answer, whatever server it came through.
// Nothing above this file and `accept.ts` sees Node's request and response objects; `forward/` writes into them.

import type { Duplex, Readable } from 'node:stream'
import type { ResponseWriter } from './response-writer.ts'

/** What the wire said, before anybody interpreted it. */
export interface Received {
  readonly method: string
  /** Request target as sent; for HTTP/2 the `:path`. */
  readonly target: string
  /** `unknown`: none at all, as in HTTP/0.9, or one that does not go with how it came. */
  readonly version: '1.0' | '1.1' | '2' | 'unknown'
  /** Name, value, name, value ... in order, names as received, pseudo-headers taken out. */
  readonly headers: readonly string[]
  /** HTTP/2 `:authority` and `:scheme`. */
  readonly authority: string | undefined
  /** TCP peer. */
  readonly address: string
  readonly port: number
  /** Server name of the TLS handshake, lower-cased; undefined without TLS or SNI. */
  readonly serverName: string | undefined
  readonly secure: boolean
  /** HTTP/2: the head said that no body follows. */
  readonly bodyEnded: boolean
}

interface Base {
  readonly received: Received
  /** Epoch milliseconds at which the head was complete. */
  readonly startedAt: number
}

/** An ordinary request: its body may be read once, its answer written once. */
export interface HttpExchange extends Base {
  readonly kind: 'http'
  readonly body: Readable
  readonly answer: ResponseWriter
  /** Tells a client that asked first (`Expect: 100-continue`) to send its body. Once, right before the body is read. */
  readonly proceed: () => void
}

/** A protocol upgrade: the socket is handed over, or answered with a plain response and closed. */
export interface UpgradeExchange extends Base {
  readonly kind: 'upgrade'
  readonly socket: Duplex
  readonly head: Buffer
  readonly answer: ResponseWriter
}

export type Exchange = HttpExchange | UpgradeExchange
