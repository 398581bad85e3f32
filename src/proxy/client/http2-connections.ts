// Decides between HTTP/1.1 and HTTP/2 for each request to one upstream, and opens the HTTP/2 streams.

import type { UpstreamEndpoint } from '../../config/upstream-origin.ts'
import { createIdleTimeouts, type IdleTimeouts } from '../../http/idle-timeouts.ts'
import { upstreamError } from '../upstream-error.ts'
import type { UpstreamConnection } from './connection.ts'
import type { Dial } from './dial.ts'
import { Http2Exchange } from './http2-exchange.ts'
import { createHttp2Sessions, type Http2Sessions } from './http2-sessions.ts'

/**
 * What a request needs. `http1`: a connection of its own, for WebSockets and for sign-ins that authenticate a connection.
 * `http2`: gRPC. `any`: HTTP/1.1, unless the upstream speaks HTTP/2 alone.
 */
export type NeededProtocol = 'http1' | 'http2' | 'any'

export interface Http2Connections {
  /** Undefined: HTTP/1.1. */
  open(needed: NeededProtocol): UpstreamConnection | undefined
  /** True when the error of a connect shows that the upstream speaks HTTP/2 alone, which was unknown so far. */
  learns(error: Error): boolean
  /** Connections. */
  readonly size: number
  drainAddress(address: string): void
  /** At retirement. */
  drainAll(): void
  /** Ends timers; nothing is in use any more. */
  stop(): void
}

export interface Http2ConnectionsOptions {
  readonly origin: string
  readonly endpoint: UpstreamEndpoint
  readonly dial: Dial
  /** Milliseconds, both. */
  readonly connectTimeout: number
  readonly responseTimeout: number
  /** Bytes of a response head. */
  readonly headerBytes: number
  readonly now: () => number
  readonly onConnect: ((address: string) => void) | undefined
  readonly openHttp1: () => UpstreamConnection
}

/** Milliseconds a connection may be without a stream. */
const idle = 60_000
/** RFC 7301 3.2: no protocol is common to both. */
const noCommonProtocol = new Set([
  'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  'ERR_SSL_TLS_ALERT_NO_APPLICATION_PROTOCOL',
])

export function createHttp2Connections(options: Http2ConnectionsOptions): Http2Connections {
  const { endpoint, now, openHttp1 } = options
  const scheme = endpoint.secure ? 'https' : 'http'
  let sessions: Http2Sessions | undefined
  let responseTimeout: IdleTimeouts | undefined
  let alone = endpoint.http2 === 'always'

  const opened = (): Http2Sessions =>
    (sessions ??= createHttp2Sessions({
      ...options,
      authority: `${scheme}${options.origin.slice(options.origin.indexOf(':'))}`,
      protocols: alone ? ['h2'] : ['h2', 'http/1.1'],
      idle,
    }))

  return {
    open(needed) {
      if (endpoint.http2 === 'never') return undefined
      const negotiates = needed === 'http2' && sessions?.choseHttp1 !== true
      if (!alone && !negotiates) return undefined
      if (needed === 'http1') return refusedConnection()
      return new Http2Exchange({
        sessions: opened(),
        scheme,
        headerBytes: options.headerBytes,
        responseTimeout: (responseTimeout ??= createIdleTimeouts(options.responseTimeout, now)),
        openHttp1() {
          alone = false
          return openHttp1()
        },
      })
    },
    learns(error) {
      const { code } = error as { readonly code?: unknown }
      if (endpoint.http2 !== 'negotiated' || alone || typeof code !== 'string' || !noCommonProtocol.has(code))
        return false
      alone = true
      return true
    },
    get size() {
      return sessions?.size ?? 0
    },
    drainAddress: (address) => sessions?.drainAddress(address),
    drainAll: () => sessions?.drainAll(),
    stop: () => responseTimeout?.close(),
  }
}

/** A connection shared by several people can carry neither a WebSocket of HTTP/1.1 nor a sign-in that authenticates it. */
function refusedConnection(): UpstreamConnection {
  return {
    address: undefined,
    isNew: true,
    keepAliveMs: 0,
    idleSince: 0,
    dispatch(_request, handler) {
      const message = 'the upstream speaks HTTP/2 alone; WebSockets, NTLM and Negotiate need HTTP/1.1'
      queueMicrotask(() => handler.onResponseError(undefined, upstreamError('UPSTREAM_REFUSED_BY_US', message)))
    },
    destroy() {},
  }
}
