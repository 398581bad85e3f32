// What it takes to carry one allowed request to its app, and what came of it.

import type { Readable } from 'node:stream'
import type { ResponseWriter } from '../http/response-writer.ts'
import type { RequestHeaders } from './headers/serialized-headers.ts'

/** `limit: {download, upload}` of the rule that allowed the request: bytes of this one exchange. */
export interface ExchangeLimits {
  readonly download: number | undefined
  readonly upload: number | undefined
}

/** The request as decided on. Headers are already the upstream's: filtered, identity added (`headers.ts`). */
export interface ForwardRequest {
  readonly method: string
  /** The canonical target. */
  readonly target: string
  /** Includes Host, and no Content-Length. */
  readonly headers: RequestHeaders
  readonly hasBody: boolean
  readonly contentLength: number | undefined
  readonly body: Readable
  /** HTTP version of the client's side, for hop-by-hop treatment of the answer. */
  readonly version: '1.0' | '1.1' | '2'
  /** False for a public path: the answer may then be kept by shared caches when the app does not say. Default true. */
  readonly signedIn?: boolean
  /** Of the rule that allowed it; a tunnel's bytes count like those of bodies. */
  readonly limits?: ExchangeLimits
  /** Tells a client that asked first to send its body: once, when nothing we know stands against it. */
  readonly proceed?: (() => void) | undefined
}

export interface ForwardResult {
  /** What the client was told; 0 when nothing was. */
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly end: 'complete' | 'client_gone' | 'upstream_failed' | 'cut'
  /** The upstream that answered, without credentials. */
  readonly upstream: string | undefined
  /** For the log: what broke. */
  readonly detail: string | undefined
  /**
   * Nothing was written to the client, and the caller answers: 502 or 504 where the upstream failed (`upstream_failed`),
   * 413 or 408 where the upload broke a limit on its way, 403 where the answer is larger than the rule allows (`cut`).
   */
  readonly unanswered: 403 | 408 | 413 | 502 | 504 | undefined
  /** The limit of the rule that was reached. */
  readonly exceeded?: keyof ExchangeLimits
}

/** Handed to the registry of open exchanges, so that `gateway/revalidate.ts` can end it. */
export interface Abort {
  /** Ends both sides now; nothing more is read or written. Calling it again does nothing. */
  (): void
}

/** Called once, before the first byte goes upstream, with the means to end the exchange. */
export type OnOpen = (abort: Abort) => void

/** One app's upstreams: pools, health, balancing. Made at reload, retired when the last exchange through it ended. */
export interface Upstream {
  forward(request: ForwardRequest, response: ResponseWriter, onOpen: OnOpen): Promise<ForwardResult>
  /** `incoming`, `socket`, `head` as Node handed them over. Resolves when the tunnel is closed. */
  forwardWebSocket(
    request: ForwardRequest,
    socket: import('node:stream').Duplex,
    head: Buffer,
    response: ResponseWriter,
    onOpen: OnOpen,
  ): Promise<ForwardResult>
  /** For `status` and the portal. */
  health(): readonly { readonly origin: string; readonly healthy: boolean; readonly since: number }[]
  /** No new requests; open ones finish. Resolves when they have. */
  retire(): Promise<void>
}
