// Connection pool of one upstream server, with keep-alive and idle timeout, and its health state.

import type { LookupFunction } from 'node:net'
import type { UpstreamRefusal } from '../config/upstream-addresses.ts'
import type { App } from '../config/configuration.ts'
import { locationOrigin, upstreamEndpoint } from '../config/upstream-origin.ts'
import { watchAddresses } from './address-watch.ts'
import { createDial } from './client/dial.ts'
import { Http1Connection } from './client/http1-connection.ts'
import type { UpstreamConnection } from './client/connection.ts'
import { createIdleTimeouts } from '../http/idle-timeouts.ts'
import { createHttp2Connections, type NeededProtocol } from './client/http2-connections.ts'
import { createUndiciConnection } from './client/undici-connection.ts'
import { headerLine } from './headers/serialized-headers.ts'
import { defaultResponseHeaderBytes, type UpstreamLimits } from './upstream-limits.ts'

export interface UpstreamServer {
  readonly origin: string
  /** Field line of Host with its own address (`host: upstream`). */
  readonly hostLine: string
  /** Number of exchanges in progress. */
  readonly open: number
  /** By connection attempts and health checks; initially true. `since`: epoch milliseconds of the last change. */
  readonly healthy: boolean
  readonly since: number
  /** `untried`: no connection attempt or health check has ended yet. */
  readonly state: 'untried' | 'reachable' | 'failing'
  /** Why it is failing, by the last failure. */
  readonly cause: string | undefined
  /** Healthy, or failed long enough ago to be tried again. `now`: epoch milliseconds. */
  isAvailable(now: number): boolean
  /** Takes a connection from the pool or opens one. `newConnection`: never a pooled one of HTTP/1.1. */
  acquire(newConnection: boolean, needed: NeededProtocol): UpstreamConnection
  /** True when the error of a connect shows that another protocol is to be tried, at the same server. */
  learns(error: Error): boolean
  /** Opens a connection that never enters the pool, and may be idle for `pinnedIdle` milliseconds. */
  acquirePinned(): UpstreamConnection
  /**
   * Between two exchanges on a connection of `acquirePinned`. `onLost`: it was closed meanwhile, and must be discarded.
   * False: this server was retired, and the connection must be discarded.
   */
  park(connection: UpstreamConnection, onLost: () => void): boolean
  /** Before the next exchange, or to discard it. */
  unpark(connection: UpstreamConnection): void
  /** Returns a connection to the pool after a complete exchange. */
  release(connection: UpstreamConnection): void
  /** Closes a connection at once, after any other outcome. */
  discard(connection: UpstreamConnection): void
  markHealthy(): void
  /** `until`: epoch milliseconds until which it is skipped while others are available. `why`: for `status`. */
  markFailed(until: number, why: string): void
  /** Closes idle connections; connections in use are closed after their exchange. */
  retire(): void
}

export interface UpstreamServerOptions {
  readonly tls: App['upstreamTls']
  readonly limits: Pick<UpstreamLimits, 'upstreamConnectTimeout' | 'upstreamHeaderTimeout' | 'responseHeaderBytes'>
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly lookup?: LookupFunction | undefined
  /** Addresses a name must not resolve to; a literal address is checked in the configuration. */
  readonly refusal?: UpstreamRefusal | undefined
  /** Use the native HTTP/1 client instead of undici. */
  readonly http1Client?: boolean | undefined
  /** Milliseconds between two look-ups of a name whose connections are in use. */
  readonly resolveInterval?: number | undefined
}

/** Milliseconds; below the keep-alive timeout of common servers, so that a connection is rarely used while it closes. */
const keepAlive = 4_000
/** Milliseconds a private connection may be idle. */
export const pinnedIdle = 60_000

/** Reads the TLS files; throws when one cannot be read. */
export function createUpstreamServer(
  origin: string,
  { tls, limits, now, lookup, refusal, http1Client = false, resolveInterval = 20_000 }: UpstreamServerOptions,
): UpstreamServer {
  const idle: UpstreamConnection[] = []
  const parked = new Map<UpstreamConnection, () => void>()
  const headerBytes = limits.responseHeaderBytes ?? defaultResponseHeaderBytes
  const endpoint = upstreamEndpoint(origin)
  const dial = createDial(endpoint, { tls, connectTimeout: limits.upstreamConnectTimeout, lookup, refusal })
  let open = 0
  let since = now()
  let healthy = true
  // Known to be reachable: one look per response.
  let confirmed = false
  let cause: string | undefined
  let tryAgainAt = 0
  let retired = false

  const onClose = (connection: UpstreamConnection): void => {
    const at = idle.indexOf(connection)
    if (at < 0) return parked.get(connection)?.()
    idle.splice(at, 1)
    connection.destroy()
  }
  const watch =
    dial.lookup === undefined
      ? undefined
      : watchAddresses({
          name: endpoint.hostname,
          lookup: dial.lookup,
          interval: resolveInterval,
          inUse: () => open > 0 || idle.length > 0 || parked.size > 0 || http2.size > 0,
          onLeft(address) {
            closeWhere((connection) => connection.address === address)
            http2.drainAddress(address)
          },
        })
  const onConnect = watch && ((address: string) => watch.opened(address))
  const openUndici = (idleFor: number): UpstreamConnection =>
    createUndiciConnection(endpoint.socketPath === undefined ? origin : 'http://localhost', {
      connect: dial.connector,
      headersTimeout: limits.upstreamHeaderTimeout,
      keepAlive: idleFor,
      keptAfterHead: idleFor === pinnedIdle,
      headerBytes,
      onConnect,
      onClose,
    })
  const responseTimeout = http1Client ? createIdleTimeouts(limits.upstreamHeaderTimeout, now) : undefined
  const openHttp1 = (withTimeout: NonNullable<typeof responseTimeout>, idleFor: number): UpstreamConnection =>
    new Http1Connection({
      open: () => dial.connect(['http/1.1']),
      connectedEvent: dial.connectedEvent,
      connectTimeout: limits.upstreamConnectTimeout,
      keepAlive: idleFor,
      responseTimeout: withTimeout,
      headerBytes,
      onConnect,
      onClose,
    })
  // `idle` is a stack: connections at its bottom would otherwise stay until their servers close them.
  const sweep = http1Client ? setInterval(sweepIdle, keepAlive).unref() : undefined
  function sweepIdle(): void {
    const at = now()
    closeWhere(({ idleSince, keepAliveMs }) => at - idleSince >= keepAliveMs)
  }
  function closeWhere(ends: (connection: UpstreamConnection) => boolean): void {
    for (const connection of idle.filter(ends)) onClose(connection)
  }
  const openConnection = (idleFor: number): UpstreamConnection =>
    responseTimeout === undefined ? openUndici(idleFor) : openHttp1(responseTimeout, idleFor)
  const http2 = createHttp2Connections({
    origin,
    endpoint,
    dial,
    connectTimeout: limits.upstreamConnectTimeout,
    responseTimeout: limits.upstreamHeaderTimeout,
    headerBytes,
    now,
    onConnect,
    openHttp1: () => openConnection(keepAlive),
  })
  const hasLeft = ({ address }: UpstreamConnection): boolean => watch !== undefined && watch.hasLeft(address)
  const stop = (): void => {
    clearInterval(sweep)
    watch?.stop()
    if (open > 0) return
    responseTimeout?.close()
    http2.stop()
  }

  return {
    origin,
    hostLine: headerLine('Host: ', new URL(locationOrigin(origin) ?? 'http://localhost').host),
    get open() {
      return open
    },
    get healthy() {
      return healthy
    },
    get since() {
      return since
    },
    get state() {
      return confirmed ? 'reachable' : healthy ? 'untried' : 'failing'
    },
    get cause() {
      return cause
    },
    isAvailable: (at) => healthy || at >= tryAgainAt,
    acquire(newConnection, needed) {
      open++
      const stream = http2.open(needed)
      if (stream !== undefined) return stream
      if (!http1Client) return (newConnection ? undefined : idle.pop()) ?? openConnection(keepAlive)
      for (let found = newConnection ? undefined : idle.pop(); found !== undefined; found = idle.pop()) {
        if (now() - found.idleSince < found.keepAliveMs) return found
        found.destroy()
      }
      return openConnection(keepAlive)
    },
    acquirePinned() {
      open++
      return http2.open('http1') ?? openConnection(pinnedIdle)
    },
    learns: http2.learns,
    park(connection, onLost) {
      if (retired || connection.keepAliveMs <= 0 || hasLeft(connection)) return false
      open--
      parked.set(connection, onLost)
      return true
    },
    unpark(connection) {
      open++
      parked.delete(connection)
    },
    release(connection) {
      open--
      if (retired || connection.keepAliveMs <= 0 || hasLeft(connection)) connection.destroy()
      else {
        connection.idleSince = now()
        idle.push(connection)
      }
      if (retired) stop()
    },
    discard(connection) {
      open--
      connection.destroy()
      if (retired) stop()
    },
    markHealthy() {
      if (confirmed) return
      confirmed = true
      healthy = true
      cause = undefined
      since = now()
    },
    markFailed(until, why) {
      if (healthy) since = now()
      healthy = false
      confirmed = false
      cause = why
      tryAgainAt = until
    },
    retire() {
      retired = true
      http2.drainAll()
      for (const connection of idle.splice(0)) connection.destroy()
      const lost = [...parked.values()]
      for (const onLost of lost) onLost()
      stop()
    },
  }
}
