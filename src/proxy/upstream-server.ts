// Connection pool of one upstream server, with keep-alive and idle timeout, and its health state.

import { lookup as systemLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { buildConnector } from 'undici'
import type { UpstreamRefusal } from '../config/upstream-addresses.ts'
import { guardedLookup } from '../net/guarded-lookup.ts'
import type { App } from '../config/configuration.ts'
import { Http1Connection } from './client/http1-connection.ts'
import type { UpstreamConnection } from './client/connection.ts'
import { createIdleTimeouts } from '../http/idle-timeouts.ts'
import { createUndiciConnection } from './client/undici-connection.ts'
import { headerLine } from './headers/serialized-headers.ts'
import type { UpstreamLimits } from './upstream-limits.ts'

export interface UpstreamServer {
  readonly origin: string
  /** Field line of Host with its own address (`host: upstream`). */
  readonly hostLine: string
  /** Number of exchanges in progress. */
  readonly open: number
  /** By connection attempts and health checks; initially true. `since`: epoch milliseconds of the last change. */
  readonly healthy: boolean
  readonly since: number
  /** Healthy, or failed long enough ago to be tried again. `now`: epoch milliseconds. */
  isAvailable(now: number): boolean
  /** Takes a connection from the pool or opens one. `newConnection`: never a pooled one. */
  acquire(newConnection: boolean): UpstreamConnection
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
  /** `until`: epoch milliseconds until which it is skipped while others are available. */
  markFailed(until: number): void
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
}

/** Bytes of a response's header section. */
const defaultHeaderBytes = 64 * 1024
/** Milliseconds; below the keep-alive timeout of common servers, so that a connection is rarely used while it closes. */
const keepAlive = 4_000
/** Milliseconds a private connection may be idle. */
export const pinnedIdle = 60_000

/** Reads the TLS files; throws when one cannot be read. */
export function createUpstreamServer(
  origin: string,
  { tls, limits, now, lookup: resolve, refusal, http1Client = false }: UpstreamServerOptions,
): UpstreamServer {
  const idle: UpstreamConnection[] = []
  const parked = new Map<UpstreamConnection, () => void>()
  const headerBytes = limits.responseHeaderBytes ?? defaultHeaderBytes
  const { host, hostname, protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const portNumber = Number(port) || (secure ? 443 : 80)
  const lookup =
    refusal === undefined ? resolve : guardedLookup(resolve ?? systemLookup, (address) => refusal(address, portNumber))
  // Without it undici would use the Host of the request for SNI and verification: the app's public name.
  const servername = tls.serverName ?? (isAddress(hostname) ? undefined : hostname)
  const secrets = pem(tls)
  const connector = buildConnector({
    timeout: limits.upstreamConnectTimeout,
    allowH2: false,
    // Stated, because NODE_TLS_REJECT_UNAUTHORIZED would switch the verification off otherwise.
    rejectUnauthorized: true,
    ...secrets,
    ...(lookup === undefined ? {} : { lookup }),
  } as buildConnector.BuildOptions)
  let open = 0
  let since = now()
  let healthy = true
  let tryAgainAt = 0
  let retired = false

  const onClose = (connection: UpstreamConnection): void => {
    const at = idle.indexOf(connection)
    if (at < 0) return parked.get(connection)?.()
    idle.splice(at, 1)
    connection.destroy()
  }
  const openUndici = (idleFor: number): UpstreamConnection =>
    createUndiciConnection(origin, {
      connect: (options, callback) => connector({ ...options, servername }, callback),
      headersTimeout: limits.upstreamHeaderTimeout,
      keepAlive: idleFor,
      keptAfterHead: idleFor === pinnedIdle,
      headerBytes,
      onClose,
    })
  const responseTimeout = http1Client ? createIdleTimeouts(limits.upstreamHeaderTimeout, now) : undefined
  const endpoint = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: portNumber,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(lookup === undefined ? {} : { lookup }),
  }
  let ticket: Buffer | undefined
  const connect = (): Socket => {
    if (!secure) return connectPlain(endpoint)
    const socket = connectSecure({
      ...endpoint,
      ...secrets,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(servername === undefined ? {} : { servername }),
      ...(ticket === undefined ? {} : { session: ticket }),
    })
    socket.on('session', (session) => (ticket = session))
    return socket
  }
  const openHttp1 = (withTimeout: NonNullable<typeof responseTimeout>, idleFor: number): UpstreamConnection =>
    new Http1Connection({
      open: connect,
      connectedEvent: secure ? 'secureConnect' : 'connect',
      connectTimeout: limits.upstreamConnectTimeout,
      keepAlive: idleFor,
      responseTimeout: withTimeout,
      headerBytes,
      onClose,
    })
  // `idle` is a stack: connections at its bottom would otherwise stay until their servers close them.
  const sweep = http1Client ? setInterval(sweepIdle, keepAlive).unref() : undefined
  function sweepIdle(): void {
    const at = now()
    for (const connection of idle.filter(({ idleSince, keepAliveMs }) => at - idleSince >= keepAliveMs))
      onClose(connection)
  }
  const openConnection = (idleFor: number): UpstreamConnection =>
    responseTimeout === undefined ? openUndici(idleFor) : openHttp1(responseTimeout, idleFor)
  const stop = (): void => {
    clearInterval(sweep)
    if (open === 0) responseTimeout?.close()
  }

  return {
    origin,
    hostLine: headerLine('Host: ', host),
    get open() {
      return open
    },
    get healthy() {
      return healthy
    },
    get since() {
      return since
    },
    isAvailable: (at) => healthy || at >= tryAgainAt,
    acquire(newConnection) {
      open++
      if (!http1Client) return (newConnection ? undefined : idle.pop()) ?? openConnection(keepAlive)
      for (let found = newConnection ? undefined : idle.pop(); found !== undefined; found = idle.pop()) {
        if (now() - found.idleSince < found.keepAliveMs) return found
        found.destroy()
      }
      return openConnection(keepAlive)
    },
    acquirePinned() {
      open++
      return openConnection(pinnedIdle)
    },
    park(connection, onLost) {
      if (retired || connection.keepAliveMs <= 0) return false
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
      if (retired || connection.keepAliveMs <= 0) connection.destroy()
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
      if (healthy) return
      healthy = true
      since = now()
    },
    markFailed(until) {
      if (healthy) since = now()
      healthy = false
      tryAgainAt = until
    },
    retire() {
      retired = true
      for (const connection of idle.splice(0)) connection.destroy()
      const lost = [...parked.values()]
      for (const onLost of lost) onLost()
      stop()
    },
  }
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname)
}

function pem(tls: App['upstreamTls']): { ca?: string; cert?: string; key?: string } {
  return {
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
    ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert, 'utf8') }),
    ...(tls.key === undefined ? {} : { key: readFileSync(tls.key, 'utf8') }),
  }
}
