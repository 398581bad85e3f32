// One upstream server: its connections, used by one exchange at a time, and what we know of its health.

import { readFileSync } from 'node:fs'
import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { buildConnector } from 'undici'
import type { App, LimitSettings } from '../config/configuration.ts'
import { Http1Connection } from './client/http1-connection.ts'
import type { UpstreamConnection } from './client/connection.ts'
import { createIdleTimeouts } from '../http/idle-timeouts.ts'
import { createUndiciConnection } from './client/undici-connection.ts'

export interface UpstreamServer {
  readonly origin: string
  /** Exchanges it carries now. */
  readonly open: number
  /** It answered when it was last asked, or was not asked yet; `since`: epoch milliseconds. */
  readonly healthy: boolean
  readonly since: number
  /** Worth asking: working, or given up on long enough ago to be tried again. */
  isAvailable(now: number): boolean
  /**
   * `fresh`: one that certainly was not left over from an earlier exchange. `upgrade`: the connection itself will be
   * handed over.
   */
  acquire(newConnection: boolean, upgrade?: boolean): UpstreamConnection
  /** After a complete exchange. */
  release(connection: UpstreamConnection): void
  /** After anything else: closes it at once, whatever it is doing. */
  discard(connection: UpstreamConnection): void
  markHealthy(): void
  /** `until`: epoch milliseconds before which it is not asked while others work. */
  markFailed(until: number): void
  /** Keeps no connection any longer than an exchange needs it. */
  retire(): void
}

export interface UpstreamServerOptions {
  readonly tls: App['upstreamTls']
  readonly limits: Pick<LimitSettings, 'upstreamConnectTimeout' | 'upstreamHeaderTimeout'>
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly lookup?: LookupFunction | undefined
  /** Speak to it ourselves; upgrades stay with undici. */
  readonly http1Client?: boolean | undefined
}

/** Bytes of an answer's header section. */
const headerBytes = 64 * 1024
/** Milliseconds; below what common servers keep, so that a connection is rarely used while they close it. */
const keepAlive = 4_000

/** Reads the TLS files; throws when one cannot be read. */
export function createUpstreamServer(
  origin: string,
  { tls, limits, now, lookup, http1Client = false }: UpstreamServerOptions,
): UpstreamServer {
  const idle: UpstreamConnection[] = []
  const { hostname, protocol, port } = new URL(origin)
  // undici would ask for, and verify, the Host of the request: the app's public name instead of the server's.
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
    if (at < 0) return
    idle.splice(at, 1)
    connection.destroy()
  }
  const openUndici = (): UpstreamConnection =>
    createUndiciConnection(origin, {
      connect: (options, callback) => connector({ ...options, servername }, callback),
      headersTimeout: limits.upstreamHeaderTimeout,
      keepAlive,
      headerBytes,
      onClose,
    })
  const secure = protocol === 'https:'
  const responseTimeout = http1Client ? createIdleTimeouts(limits.upstreamHeaderTimeout, now) : undefined
  const where = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 443 : 80),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(lookup === undefined ? {} : { lookup }),
  }
  let ticket: Buffer | undefined
  const connect = (): Socket => {
    if (!secure) return connectPlain(where)
    const socket = connectSecure({
      ...where,
      ...secrets,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(servername === undefined ? {} : { servername }),
      ...(ticket === undefined ? {} : { session: ticket }),
    })
    socket.on('session', (session) => (ticket = session))
    return socket
  }
  const openHttp1 = (withTimeout: NonNullable<typeof responseTimeout>): UpstreamConnection =>
    new Http1Connection({
      open: connect,
      connected: secure ? 'secureConnect' : 'connect',
      connectTimeout: limits.upstreamConnectTimeout,
      keepAlive,
      responseTimeout: withTimeout,
      headerBytes,
      onClose,
    })
  // Others than those that are taken again and again would stay until their servers close them.
  const sweep = http1Client ? setInterval(sweepIdle, keepAlive).unref() : undefined
  function sweepIdle(): void {
    const at = now()
    for (const line of idle.filter(({ idleSince, keepAliveMs }) => at - idleSince >= keepAliveMs)) onClose(line)
  }
  const stop = (): void => {
    clearInterval(sweep)
    if (open === 0) responseTimeout?.close()
  }

  return {
    origin,
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
    acquire(newConnection, upgrade = false) {
      open++
      if (responseTimeout === undefined) return (newConnection ? undefined : idle.pop()) ?? openUndici()
      if (upgrade) return openUndici()
      for (let line = newConnection ? undefined : idle.pop(); line !== undefined; line = idle.pop()) {
        if (now() - line.idleSince < line.keepAliveMs) return line
        line.destroy()
      }
      return openHttp1(responseTimeout)
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
      for (const line of idle.splice(0)) line.destroy()
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
