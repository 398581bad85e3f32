// Listener: accepts TCP or TLS connections and turns HTTP/1.x and HTTP/2 requests and upgrades into exchanges.

import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { ServerHttp2Session } from 'node:http2'
import { createServer as createNetServer, Server, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, Server as TlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { GatewaySettings, LimitSettings, ListenerSettings } from '../../config/configuration.ts'
import { createIdleTimeouts } from '../idle-timeouts.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { limitConnections, type ConnectionLimitOptions } from './connection-limits.ts'
import { acceptHttp1, http1Options } from './node-http1.ts'
import { ignoreError } from '../ignore-error.ts'
import { acceptHttp2 } from './http2.ts'
import { createHttp1Connections } from './http1/server.ts'
import type { Exchange } from '../exchange.ts'
import { createFairQueue } from './fair-queue.ts'
import { createHttp1Fallback } from './http1-fallback.ts'
import { loadCertificates } from './certificates.ts'
import { rotateTicketKeys, tlsServerOptions } from './tls-options.ts'
import { answerChallenges } from './answer-challenges.ts'
import type { IssuedCertificates } from './issued-certificates.ts'
import { createUnfinishedHeads } from './unfinished-heads.ts'

/** Handle of a listening socket, which can be passed between processes. */
export interface ListeningSocket {
  close(): void
}

export interface Listener {
  readonly port: number
  /** For another process that keeps listening: connections in the backlog survive when this process closes. */
  readonly socket: () => ListeningSocket
  /** Reloads the certificate files; keeps the old ones and rejects when the new ones are invalid. */
  reloadCertificates(settings: ListenerSettings): Promise<void>
  /**
   * Graceful close: accepts no new connections and closes idle ones; resolves when the last one is closed, at the latest
   * after `timeout` ms. Called again meanwhile, the shorter timeout counts.
   */
  close(timeout: number): Promise<void>
}

export interface ListenerOptions extends ConnectionLimitOptions {
  readonly limits: LimitSettings
  /** HTTP/1.x implementation: Node's server (the default) or the native one. HTTP/2 is always Node's. */
  readonly http1?: GatewaySettings['http1']
  readonly now: () => number
  readonly log: Logger
  /** Must not throw. */
  readonly handle: (exchange: Exchange) => void
  /** Other processes share the port: this one opens its own socket (SO_REUSEPORT), or listens on one passed to it. */
  readonly shared?: { readonly socket: ListeningSocket | undefined } | undefined
  /** Certificates of `gateway.acme`, for listeners whose settings say so. */
  readonly issued?: IssuedCertificates | undefined
}

/** Resolves when it listens. Rejects with Node's error (`EADDRINUSE`, `EACCES`) or the certificate's. */
export async function createListener(settings: ListenerSettings, options: ListenerOptions): Promise<Listener> {
  const fallback = createHttp1Fallback(options.now)
  const issued = settings.tls?.issued === true ? options.issued : undefined
  const certificates = settings.tls && { current: await loadCertificates(settings.tls, issued) }
  const tlsOptions =
    settings.tls && certificates && tlsServerOptions(settings.tls, certificates, options.limits, fallback)
  const http1 = options.http1 === 'einlass' ? http1Server(tlsOptions, options) : nodeHttp1Server(tlsOptions, options)
  const { server } = http1
  const http2Sessions = new Set<ServerHttp2Session>()
  const { limits, now } = options
  const idleTimeouts = createIdleTimeouts(limits.bodyIdleTimeout, now)
  const streamless = {
    first: createIdleTimeouts(limits.headerTimeout, now),
    later: createIdleTimeouts(limits.keepAliveTimeout, now),
  }
  const stopRotation = rotateTicketKeys(server)
  const queue = createFairQueue()
  // Protocol negotiated by ALPN (RFC 7301).
  server.on('secureConnection', (socket: TLSSocket) => {
    // After the handshake Node reports an error of TLS and leaves the connection open.
    socket.on('error', () => socket.destroy())
    if (socket.alpnProtocol !== 'h2') return http1.add(socket)
    const session = acceptHttp2(socket, { ...options, streamless, idleTimeouts, queue, broken: fallback.add })
    http2Sessions.add(session)
    session.once('close', () => http2Sessions.delete(session))
  })
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
  if (issued !== undefined) answerChallenges(server, issued, limits.headerTimeout)
  const sockets = limitConnections(server, options)
  if (tlsOptions === undefined) server.on('connection', http1.add)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const listening = (): void => {
      server.removeListener('error', reject)
      server.on('error', (error) => options.log.error({ err: error }, 'a listener failed'))
      resolve()
    }
    const { host, port } = settings
    const { shared } = options
    if (shared?.socket === undefined) server.listen({ host, port, backlog, reusePort: shared !== undefined }, listening)
    else server.listen(shared.socket, backlog, listening)
  })
  let closed: Promise<void> | undefined
  return {
    port: (server.address() as AddressInfo).port,
    socket: () => (server as unknown as { readonly _handle: ListeningSocket })._handle,
    async reloadCertificates(changed) {
      if (!certificates || !changed.tls) return
      // `gateway.acme` is new: from the next start on.
      if (changed.tls.certificates.length === 0 && issued === undefined) return
      certificates.current = await loadCertificates(changed.tls, issued)
      // For clients without SNI, which `SNICallback` is not called for.
      if (server instanceof TlsServer) server.setSecureContext(certificates.current.defaults)
    },
    close(timeout) {
      closed ??= stopListening(server).then(() => {
        for (const timeouts of [idleTimeouts, streamless.first, streamless.later]) timeouts.close()
        stopRotation()
        http1.stop()
      })
      return close(closed, { sockets, http1, http2Sessions }, timeout)
    },
  }
}

/** HTTP/1.x implementation on the connections of `server`. */
interface Http1Server {
  readonly server: Server
  /** Takes over a connection; with TLS, one whose handshake negotiated HTTP/1.x. */
  readonly add: (socket: Socket) => void
  /** From now on every response closes its connection. */
  drain(): void
  /** Closes idle connections; may be called repeatedly. */
  closeIdle(): void
  /** Called after the last connection closed: ends timers. */
  stop(): void
}

const socketOptions = {
  noDelay: true,
  // TCP keep-alive detects a dead peer of an idle stream.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

function nodeHttp1Server(tlsOptions: TlsOptions | undefined, options: ListenerOptions): Http1Server {
  const ignoredUpgrades = new WeakSet<IncomingMessage>()
  const settings = { ...socketOptions, ...http1Options(options.limits, ignoredUpgrades) }
  const server =
    tlsOptions === undefined ? createHttpServer(settings) : createHttpsServer({ ...settings, ...tlsOptions })
  const heads = createUnfinishedHeads(options.limits.headerBytes)
  acceptHttp1(server, options, heads, ignoredUpgrades)
  const event = tlsOptions === undefined ? 'connection' : 'secureConnection'
  const [node] = server.listeners(event) as ((socket: Socket) => void)[]
  server.removeAllListeners(event)
  return {
    server,
    add(socket) {
      heads.begin(socket)
      socket.once('close', () => heads.end(socket))
      node!.call(server, socket)
    },
    drain() {},
    closeIdle: () => server.closeIdleConnections(),
    // Also ends the timer of Node's HTTP server.
    stop() {
      heads.close()
      server.close(() => {})
    },
  }
}

function http1Server(tlsOptions: TlsOptions | undefined, options: ListenerOptions): Http1Server {
  const connections = createHttp1Connections(options)
  const add = (socket: Socket): void => {
    socket.on('error', ignoreError)
    if (!socket.destroyed) connections.add(socket)
  }
  return {
    server:
      tlsOptions === undefined ? createNetServer(socketOptions) : createTlsServer({ ...socketOptions, ...tlsOptions }),
    add,
    drain: connections.drain,
    closeIdle: connections.closeIdle,
    stop: connections.stop,
  }
}

interface OpenServer {
  readonly sockets: ReadonlySet<Socket>
  readonly http1: Http1Server
  readonly http2Sessions: ReadonlySet<ServerHttp2Session>
}

/**
 * Resolves when the last connection is closed. Not `server.close()` of HTTP, which also closes connections that were
 * just accepted and have not sent a request yet: their clients would see an error.
 */
function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => Server.prototype.close.call(server, () => resolve()))
}

async function close(
  closed: Promise<void>,
  { sockets, http1, http2Sessions }: OpenServer,
  timeout: number,
): Promise<void> {
  http1.drain()
  // GOAWAY (RFC 9113 6.8): open streams finish, new ones are rejected.
  for (const session of http2Sessions) session.close()
  const since = performance.now()
  // Busy connections become idle later.
  const idle = setInterval(() => performance.now() - since >= acceptGraceMs && http1.closeIdle(), 50)
  const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), timeout)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
}

/** Milliseconds a just accepted connection gets to send its first request before it counts as idle. */
const acceptGraceMs = 250
/** Length of the operating system's accept queue. */
const backlog = 1024
