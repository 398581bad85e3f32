// One upstream server: its connections, used by one exchange at a time, and what we know of its health.

import type { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { buildConnector, Client } from 'undici'
import type { App, LimitSettings } from '../config/configuration.ts'

/** One connection, or the place for one: undici connects when it is used and connects again when it was closed. */
export interface Line {
  readonly client: Client
  /** The connection was opened and nothing was sent on it yet. */
  fresh: boolean
}

export interface Target {
  readonly origin: string
  /** Exchanges it carries now. */
  readonly open: number
  /** It answered when it was last asked, or was not asked yet; `since`: epoch milliseconds. */
  readonly working: boolean
  readonly since: number
  /** Worth asking: working, or given up on long enough ago to be tried again. */
  worthAsking(now: number): boolean
  /** `fresh`: one that certainly was not left over from an earlier exchange. */
  take(fresh: boolean): Line
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
}

/** Bytes of an answer's header section. */
const headerBytes = 64 * 1024
/** Milliseconds; below what common servers keep, so that a connection is rarely used while they close it. */
const keepAlive = 4_000

/** Reads the TLS files; throws when one cannot be read. */
export function createTarget(origin: string, { tls, limits, now, lookup }: TargetOptions): Target {
  const idle: Line[] = []
  const name = new URL(origin).hostname
  const connector = buildConnector({
    timeout: limits.upstreamConnectTimeout,
    allowH2: false,
    // Stated, because NODE_TLS_REJECT_UNAUTHORIZED would switch the verification off otherwise.
    rejectUnauthorized: true,
    ...pem(tls),
    ...(lookup === undefined ? {} : { lookup }),
  } as buildConnector.BuildOptions)
  let open = 0
  let since = now()
  let working = true
  let tryAgainAt = 0
  let retired = false

  const connect: buildConnector.connector = (options, callback) =>
    // undici would ask for, and verify, the Host of the request: the app's public name instead of the server's.
    connector({ ...options, servername: tls.serverName ?? (isAddress(name) ? undefined : name) }, callback)

  const make = (): Line => {
    const client = new Client(origin, {
      connect,
      pipelining: 1,
      keepAliveTimeout: keepAlive,
      headersTimeout: limits.upstreamHeaderTimeout,
      // A quiet event stream is no fault; the lease ends it, and TCP keep-alive finds a dead peer.
      bodyTimeout: 0,
      maxHeaderSize: headerBytes,
      allowH2: false,
    })
    const line: Line = { client, fresh: true }
    client.on('connect', () => (line.fresh = true))
    client.on('disconnect', () => {
      const at = idle.indexOf(line)
      if (at < 0) return
      idle.splice(at, 1)
      close(client)
    })
    // Not among undici's typed events, but emitted when a handler of ours throws; unheard it would end the process.
    ;(client as EventEmitter).on('error', () => close(client))
    return line
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
    take(fresh) {
      open++
      return (fresh ? undefined : idle.pop()) ?? make()
    },
    give(line) {
      open--
      if (retired) close(line.client)
      else idle.push(line)
    },
    drop(line) {
      open--
      close(line.client)
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
      for (const line of idle.splice(0)) close(line.client)
    },
  }
}

function close(client: Client): void {
  client.destroy(null, () => {})
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
