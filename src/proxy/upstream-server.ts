// One upstream server: its connections, used by one exchange at a time, and what we know of its health.

import { readFileSync } from 'node:fs'
import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { buildConnector } from 'undici'
import type { App, LimitSettings } from '../config/configuration.ts'
import { DirectLine } from './client/http1-connection.ts'
import type { Line } from './client/connection.ts'
import { createStalledClients } from '../http/idle-timeouts.ts'
import { createUndiciLine } from './client/undici-connection.ts'

export interface Target {
  readonly origin: string
  /** Exchanges it carries now. */
  readonly open: number
  /** It answered when it was last asked, or was not asked yet; `since`: epoch milliseconds. */
  readonly working: boolean
  readonly since: number
  /** Worth asking: working, or given up on long enough ago to be tried again. */
  worthAsking(now: number): boolean
  /**
   * `fresh`: one that certainly was not left over from an earlier exchange. `upgrade`: the connection itself will be
   * handed over.
   */
  take(fresh: boolean, upgrade?: boolean): Line
  /** After a complete exchange. */
  give(line: Line): void
  /** After anything else: closes it at once, whatever it is doing. */
  drop(line: Line): void
  worked(): void
  /** `until`: epoch milliseconds before which it is not asked while others work. */
  failed(until: number): void
  /** Keeps no connection any longer than an exchange needs it. */
  retire(): void
}

export interface TargetOptions {
  readonly tls: App['upstreamTls']
  readonly limits: Pick<LimitSettings, 'upstreamConnectTimeout' | 'upstreamHeaderTimeout'>
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly lookup?: LookupFunction | undefined
  /** Speak to it ourselves; upgrades stay with undici. */
  readonly direct?: boolean | undefined
}

/** Bytes of an answer's header section. */
const headerBytes = 64 * 1024
/** Milliseconds; below what common servers keep, so that a connection is rarely used while they close it. */
const keepAlive = 4_000

/** Reads the TLS files; throws when one cannot be read. */
export function createTarget(origin: string, { tls, limits, now, lookup, direct = false }: TargetOptions): Target {
  const idle: Line[] = []
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
  let working = true
  let tryAgainAt = 0
  let retired = false

  const lost = (line: Line): void => {
    const at = idle.indexOf(line)
    if (at < 0) return
    idle.splice(at, 1)
    line.destroy()
  }
  const overUndici = (): Line =>
    createUndiciLine(origin, {
      connect: (options, callback) => connector({ ...options, servername }, callback),
      headersTimeout: limits.upstreamHeaderTimeout,
      keepAlive,
      headerBytes,
      lost,
    })
  const secure = protocol === 'https:'
  const silent = direct ? createStalledClients(limits.upstreamHeaderTimeout, now) : undefined
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
  const overOurOwn = (withSilence: NonNullable<typeof silent>): Line =>
    new DirectLine({
      open: connect,
      connected: secure ? 'secureConnect' : 'connect',
      connectTimeout: limits.upstreamConnectTimeout,
      keepAlive,
      silent: withSilence,
      headerBytes,
      lost,
    })
  // Others than those that are taken again and again would stay until their servers close them.
  const sweep = direct ? setInterval(sweepIdle, keepAlive).unref() : undefined
  function sweepIdle(): void {
    const at = now()
    for (const line of idle.filter(({ idleSince, keepFor }) => at - idleSince >= keepFor)) lost(line)
  }
  const stop = (): void => {
    clearInterval(sweep)
    if (open === 0) silent?.stop()
  }

  return {
    origin,
    get open() {
      return open
    },
    get working() {
      return working
    },
    get since() {
      return since
    },
    worthAsking: (at) => working || at >= tryAgainAt,
    take(fresh, upgrade = false) {
      open++
      if (silent === undefined) return (fresh ? undefined : idle.pop()) ?? overUndici()
      if (upgrade) return overUndici()
      for (let line = fresh ? undefined : idle.pop(); line !== undefined; line = idle.pop()) {
        if (now() - line.idleSince < line.keepFor) return line
        line.destroy()
      }
      return overOurOwn(silent)
    },
    give(line) {
      open--
      if (retired || line.keepFor <= 0) line.destroy()
      else {
        line.idleSince = now()
        idle.push(line)
      }
      if (retired) stop()
    },
    drop(line) {
      open--
      line.destroy()
      if (retired) stop()
    },
    worked() {
      if (working) return
      working = true
      since = now()
    },
    failed(until) {
      if (working) since = now()
      working = false
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
