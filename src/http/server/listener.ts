// Listens, and turns whatever comes - HTTP/1.1, HTTP/2, upgrades - into exchanges.

import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { ServerHttp2Session } from 'node:http2'
import { createServer as createNetServer, Server, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
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
import { loadCertificates, type Certificates } from './certificates.ts'

/** A socket that listens, as it goes from one process to another. */
export interface ListeningSocket {
  close(): void
}

export interface Listener {
  readonly port: number
  /** For another process that goes on listening there: nothing that waits to be accepted is lost when this one closes. */
  readonly socket: () => ListeningSocket
  /** Reads the certificate files again; keeps the old ones and rejects when the new ones cannot be used. */
  reloadCertificates(settings: ListenerSettings): Promise<void>
  /**
   * No new connections, idle ones closed; resolves when the last one is gone, at the latest after `patience` ms.
   * Called again meanwhile, the shorter patience counts.
   */
  close(timeout: number): Promise<void>
}

export interface ListenerOptions extends ConnectionLimitOptions {
  readonly limits: LimitSettings
  /** Who speaks HTTP/1.x: Node's server (when not given), or we ourselves. HTTP/2 is always Node's. */
  readonly http1?: GatewaySettings['http1']
  readonly now: () => number
  readonly log: Logger
  /** Never throws: everything unforeseen ends in `failure.ts`. */
  readonly handle: (exchange: Exchange) => void
  /** Other processes listen there as well (SO_REUSEPORT): on a socket of its own, or on one that another gave away. */
  readonly shared?: { readonly socket: ListeningSocket | undefined } | undefined
}

/** Resolves when it listens. Rejects with Node's error (`EADDRINUSE`, `EACCES`) or the certificate's. */
export async function createListener(settings: ListenerSettings, options: ListenerOptions): Promise<Listener> {
  const certificates = settings.tls && { current: await loadCertificates(settings.tls) }
  const isTls = settings.tls && certificates && secureOptions(settings.tls, certificates, options.limits)
  const http1 = options.http1 === 'einlass' ? http1Server(isTls, options) : nodeHttp1Server(isTls, options)
  const { server } = http1
  const http2Sessions = new Set<ServerHttp2Session>()
  const idleTimeouts = createIdleTimeouts(options.limits.bodyIdleTimeout, options.now)
  const queue = createFairQueue()
  // The handshake says which (ALPN, RFC 7301).
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') return http1.add(socket)
    const session = acceptHttp2(socket, { ...options, idleTimeouts, queue })
    http2Sessions.add(session)
    session.once('close', () => http2Sessions.delete(session))
  })
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
  const sockets = limitConnections(server, options)
  if (isTls === undefined) server.on('connection', http1.add)
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
      if (certificates && changed.tls) certificates.current = await loadCertificates(changed.tls)
    },
    close(timeout) {
      closed ??= stopListening(server).then(() => {
        idleTimeouts.close()
        http1.stop()
      })
      return close(closed, { sockets, http1, http2Sessions }, timeout)
    },
  }
}

/** Whoever speaks HTTP/1.x on the connections of `server`. */
interface Http1Server {
  readonly server: Server
  /** Takes over a connection; where TLS is spoken, one whose handshake chose HTTP/1.x. */
  readonly add: (socket: Socket) => void
  /** From now on every answer is the last of its connection. */
  drain(): void
  /** Ends what is idle; may be called again. */
  closeIdle(): void
  /** Nothing is open any more. */
  stop(): void
}

const alpnProtocols = {
  noDelay: true,
  // A peer that vanished behind a quiet stream is found by its silence at this level.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

function nodeHttp1Server(isTls: TlsOptions | undefined, options: ListenerOptions): Http1Server {
  const settings = { ...alpnProtocols, ...http1Options(options.limits) }
  const server = isTls === undefined ? createHttpServer(settings) : createHttpsServer({ ...settings, ...isTls })
  acceptHttp1(server, options)
  const event = isTls === undefined ? 'connection' : 'secureConnection'
  const [node] = server.listeners(event) as ((socket: Socket) => void)[]
  server.removeAllListeners(event)
  return {
    server,
    add: (socket) => node!.call(server, socket),
    drain() {},
    closeIdle: () => server.closeIdleConnections(),
    // Ends the timer of HTTP as well.
    stop: () => void server.close(() => {}),
  }
}

function http1Server(isTls: TlsOptions | undefined, options: ListenerOptions): Http1Server {
  const connections = createHttp1Connections(options)
  const add = (socket: Socket): void => {
    socket.on('error', ignoreError)
    if (!socket.destroyed) connections.add(socket)
  }
  return {
    server: isTls === undefined ? createNetServer(alpnProtocols) : createTlsServer({ ...alpnProtocols, ...isTls }),
    add,
    drain: connections.drain,
    closeIdle: connections.closeIdle,
    stop: connections.stop,
  }
}

function secureOptions(
  { http2, clientCa }: NonNullable<ListenerSettings['tls']>,
  certificates: { current: Certificates },
  limits: LimitSettings,
): TlsOptions {
  return {
    ...certificates.current.defaults,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    SNICallback: (name, done) => done(null, certificates.current.contextFor(name)),
    requestCert: clientCa !== undefined,
    // A certificate is a posture source, not the sign-in: without one, policy says what is missing.
    rejectUnauthorized: false,
    handshakeTimeout: limits.headerTimeout,
  }
}

interface OpenServer {
  readonly sockets: ReadonlySet<Socket>
  readonly http1: Http1Server
  readonly http2Sessions: ReadonlySet<ServerHttp2Session>
}

/**
 * Resolves when the last connection is gone. Not yet `server.close()` of HTTP: it ends connections that were accepted a
 * moment ago and have not asked yet, whose clients would take that for a refusal.
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
  // GOAWAY (RFC 9113 6.8): what is open finishes, nothing new begins.
  for (const session of http2Sessions) session.close()
  const since = performance.now()
  // What was busy at the first look is idle at a later one.
  const idle = setInterval(() => performance.now() - since >= certificateCacheMs && http1.closeIdle(), 50)
  const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), timeout)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
}

/** Milliseconds for which a connection may have been accepted before its client has asked anything. */
const certificateCacheMs = 250
/** Connections the system keeps for us until we accept them. */
const backlog = 1024
