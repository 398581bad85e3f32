// Opens sockets to one upstream: TCP, TLS with verification and session tickets, or a unix socket.

import { lookup as systemLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'
import { buildConnector } from 'undici'
import type { App } from '../../config/configuration.ts'
import type { UpstreamRefusal } from '../../config/upstream-addresses.ts'
import type { UpstreamEndpoint } from '../../config/upstream-origin.ts'
import { guardedLookup } from '../../net/guarded-lookup.ts'

export interface Dial {
  /** Starts connecting; the event `connectedEvent` reports that the socket is usable. `protocols`: offered by ALPN. */
  connect(protocols: readonly string[]): Socket
  readonly connectedEvent: 'connect' | 'secureConnect'
  /** The same for undici, with HTTP/1.1. */
  readonly connector: buildConnector.connector
  /** Resolves the name of the upstream; undefined where it has none to resolve. */
  readonly lookup: LookupFunction | undefined
}

export interface DialOptions {
  readonly tls: App['upstreamTls']
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly lookup: LookupFunction | undefined
  /** Addresses a name must not resolve to; a literal address is checked in the configuration. */
  readonly refusal: UpstreamRefusal | undefined
}

/** Reads the TLS files; throws when one cannot be read. */
export function createDial(
  { hostname, port, secure, socketPath }: UpstreamEndpoint,
  { tls, connectTimeout, lookup: resolve, refusal }: DialOptions,
): Dial {
  const lookup =
    refusal === undefined ? resolve : guardedLookup(resolve ?? systemLookup, (address) => refusal(address, port))
  // Without it undici would use the Host of the request for SNI and verification: the app's public name.
  const servername = tls.serverName ?? (isAddress(hostname) ? undefined : hostname)
  const secrets = pem(tls)
  const connector = buildConnector({
    timeout: connectTimeout,
    allowH2: false,
    // Stated, because NODE_TLS_REJECT_UNAUTHORIZED would switch the verification off otherwise.
    rejectUnauthorized: true,
    ...secrets,
    ...(lookup === undefined ? {} : { lookup }),
    ...(socketPath === undefined ? {} : { socketPath }),
  } as buildConnector.BuildOptions)
  const endpoint = {
    ...(socketPath === undefined ? { host: hostname, port } : { path: socketPath }),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(lookup === undefined ? {} : { lookup }),
  }
  let ticket: Buffer | undefined

  return {
    connectedEvent: secure ? 'secureConnect' : 'connect',
    connector: (options, callback) => connector({ ...options, servername }, callback),
    lookup: socketPath !== undefined || isAddress(hostname) ? undefined : (lookup ?? systemLookup),
    connect(protocols) {
      if (!secure) return connectPlain(endpoint)
      const socket = connectSecure({
        ...endpoint,
        ...secrets,
        ALPNProtocols: [...protocols],
        rejectUnauthorized: true,
        ...(servername === undefined ? {} : { servername }),
        ...(ticket === undefined ? {} : { session: ticket }),
      })
      socket.on('session', (session) => (ticket = session))
      return socket
    },
  }
}

function isAddress(hostname: string): boolean {
  return isIP(hostname) !== 0 || /^[\d.]+$/.test(hostname)
}

function pem(tls: App['upstreamTls']): { ca?: string; cert?: string; key?: string } {
  return {
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
    ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert, 'utf8') }),
    ...(tls.key === undefined ? {} : { key: readFileSync(tls.key, 'utf8') }),
  }
}
