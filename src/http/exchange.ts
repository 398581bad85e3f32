// Exchange: one received request and the writer of its response, independent of the server that accepted it.
// Only `http/server/` uses Node's request and response objects; `proxy/` writes through `ResponseWriter`.

import type { Duplex, Readable } from 'node:stream'
import type { ResponseWriter } from './response-writer.ts'

/** The request head as received, not yet validated or interpreted. */
export interface Received {
  readonly method: string
  /** Request target as sent; for HTTP/2 the `:path`. */
  readonly target: string
  /** `unknown`: absent, as in HTTP/0.9, or not a version of the protocol the message arrived by. */
  readonly version: '1.0' | '1.1' | '2' | 'unknown'
  /** Name, value, name, value ... in order, names as received, without pseudo-headers. */
  readonly headers: readonly string[]
  /** Bytes of Cookie fields that the server left out of `headers` because they are beyond any limit. */
  readonly omittedCookies: number
  /** HTTP/2 `:authority`; undefined for HTTP/1.x. */
  readonly authority: string | undefined
  /** Address of the TCP peer. */
  readonly address: string
  readonly port: number
  /** Server name of the TLS handshake, lower-cased; undefined without TLS or SNI. */
  readonly serverName: string | undefined
  readonly secure: boolean
  /** HTTP/2: END_STREAM was set on the head, so no body follows. */
  readonly bodyEnded: boolean
}

/** The connection a request arrived on. Outside `http/` only its identity and its end matter. */
export interface ClientConnection {
  readonly destroyed: boolean
  once(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

interface Base {
  readonly received: Received
  readonly connection: ClientConnection
  /** Epoch milliseconds at which the head was complete. */
  readonly startedAt: number
}

/** An ordinary request: its body may be read once, its response written once. */
export interface HttpExchange extends Base {
  readonly kind: 'http'
  readonly body: Readable
  readonly response: ResponseWriter
  /** Sends 100 Continue to a client that sent `Expect: 100-continue`. Call once, right before the body is read. */
  readonly proceed: () => void
  /** Trailers of the request: name, value, ... as received; complete once `body` has ended. */
  readonly trailers?: () => readonly string[]
}

/** A protocol upgrade: the socket is handed over, or gets an ordinary response and is closed. */
export interface UpgradeExchange extends Base {
  readonly kind: 'upgrade'
  readonly socket: Duplex
  readonly head: Buffer
  readonly response: ResponseWriter
}

export type Exchange = HttpExchange | UpgradeExchange
