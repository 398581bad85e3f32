// Upstream interface of one app: the request to forward, the result, and how to abort it.

import type { PublicAddress } from '../config/configuration.ts'
import type { Readable } from 'node:stream'
import type { ClientConnection } from '../http/exchange.ts'
import type { ResponseWriter } from '../http/response-writer.ts'
import type { ChangedCookie } from './changed-cookies.ts'
import type { WebSocketOffer } from './websocket-handshake.ts'
import type { RequestHeaders } from './headers/serialized-headers.ts'
import type { UpstreamServer } from './upstream-server.ts'
import type { LimitKey } from './upstream-limits.ts'

/** `limit: {download, upload}` of the rule that allowed the request: bytes of this one exchange. */
export interface ExchangeLimits {
  readonly download: number | undefined
  readonly upload: number | undefined
}

/** The allowed request. Headers are already filtered, with identity added (`request-headers.ts`). */
export interface ForwardRequest {
  readonly method: string
  /** The canonical target. */
  readonly target: string
  /** The public address of the app that was requested. Absent: its first. */
  readonly address?: Pick<PublicAddress, 'host' | 'path'>
  /** Includes Host, and no Content-Length. */
  readonly headers: RequestHeaders
  readonly hasBody: boolean
  readonly contentLength: number | undefined
  readonly body: Readable
  /** HTTP version of the client, for the hop-by-hop fields of the response. */
  readonly version: '1.0' | '1.1' | '2'
  /** False for a public path: shared caches may then store a response without Cache-Control. Default true. */
  readonly signedIn?: boolean
  /** Limits of the rule that allowed it; bytes of a tunnel count like bytes of a body. */
  readonly limits?: ExchangeLimits
  /** The handshake of an upgrade, which the 101 of the upstream must accept. */
  readonly webSocket?: WebSocketOffer | undefined
  /** gRPC: HTTP/2 to the upstream where it speaks it, no timeout but the client's, and a status in trailers at its end. */
  readonly grpc?: boolean
  /** Trailers of the request, filtered; complete once `body` has ended. Undefined: they are dropped. */
  readonly trailers?: (() => readonly string[]) | undefined
  /** Sends 100 Continue when the client expects it; called once, after the size limit was checked. */
  readonly proceed?: (() => void) | undefined
  /** Id of the session; undefined on a public path. */
  readonly session?: string | undefined
  /** Undefined behind a trusted proxy, whose connections carry many clients. */
  readonly client?: ClientConnection | undefined
  /** Registers the private connection this request uses, until the returned function is called. */
  readonly onPinned?: (close: Abort) => () => void
}

export interface ForwardResult {
  /** Status sent to the client; 0 when none was. */
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly end: 'complete' | 'client_gone' | 'upstream_failed' | 'cut'
  /** Origin of the upstream server, without credentials. */
  readonly upstream: string | undefined
  /** For the log: the error. */
  readonly detail: string | undefined
  /**
   * Nothing was written to the client, and the caller must respond with this status: 502 or 504 when the upstream failed
   * (`upstream_failed`), 413 or 408 when the upload exceeded a limit, 403 when the response does, 503 when there are
   * too many private connections (`cut`), 431 when the upstream said so without content.
   */
  readonly errorStatus: 403 | 408 | 413 | 431 | 502 | 503 | 504 | undefined
  /** The limit of the rule that was exceeded. */
  readonly exceeded?: keyof ExchangeLimits | undefined
  /** The limit of the app that was exceeded. */
  readonly limit?: LimitKey | undefined
}

/** Stored in the registry of open exchanges, so that `gateway/revalidate.ts` can end the exchange. */
export interface Abort {
  /** Closes both sides now. Idempotent. `trailers`: end a response of gRPC that has begun, in place of a reset. */
  (trailers?: readonly string[]): void
}

/** `since`: epoch milliseconds of the last change of `state`. `cause`: of the last failure, while it is failing. */
export interface ServerHealth extends Pick<UpstreamServer, 'origin' | 'healthy' | 'state' | 'since' | 'cause'> {}

/** Called once, before the first byte is sent upstream. */
export type OnOpen = (abort: Abort) => void

/** Upstream of one app: connection pools, health, load balancing. Created at reload, retired by the next one. */
export interface Upstream {
  forward(request: ForwardRequest, response: ResponseWriter, onOpen: OnOpen): Promise<ForwardResult>
  /** Trailers of requests reach it, if they come. */
  readonly takesTrailers?: boolean
  /** `socket` and `head` as in Node's `upgrade` event. Resolves when the tunnel is closed. */
  forwardWebSocket(
    request: ForwardRequest,
    socket: import('node:stream').Duplex,
    head: Buffer,
    response: ResponseWriter,
    onOpen: OnOpen,
  ): Promise<ForwardResult>
  /** For `status` and the portal. */
  health(): readonly ServerHealth[]
  /** For `status`: cookies that were changed or dropped. */
  changedCookies(): readonly ChangedCookie[]
  /** No new requests; open ones finish. Resolves when they have. */
  retire(): Promise<void>
}
