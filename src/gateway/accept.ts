// Listens, and turns whatever Node hands over - HTTP/1.1, HTTP/2, upgrades - into exchanges.

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { ServerHttp2Session } from 'node:http2'
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { addressBlock } from '../config/address-block.ts'
import type { LimitSettings, ListenerSettings } from '../config/configuration.ts'
import { answerOverHttp1, answerOverUpgrade } from '../forward/answer-http1.ts'
import { createStalledClients, type StalledClients } from '../forward/stalled.ts'
import type { Logger } from '../telemetry/logger.ts'
import { acceptHttp2, ignore, nameOf } from './accept-http2.ts'
import { plainAddress, type ProxyTrust } from './client.ts'
import type { Exchange, Received } from './exchange.ts'
import { createTurns, type Turns } from './turns.ts'
import { loadCertificates, type Certificates } from './tls.ts'

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
  close(patience: number): Promise<void>
}

export interface AcceptOptions {
  readonly limits: LimitSettings
  readonly now: () => number
  readonly log: Logger
  /** Peers that carry many clients: their connections are not counted. */
  readonly proxies: ProxyTrust
  /** A connection was closed because its address has too many. */
  readonly throttled: () => void
  /** Never rejects: everything unforeseen ends in `failure.ts`. */
  readonly handle: (exchange: Exchange) => Promise<void>
  /** Other processes listen there as well (SO_REUSEPORT): on a socket of its own, or on one that another gave away. */
  readonly shared?: { readonly socket: ListeningSocket | undefined } | undefined
}

/** Resolves when it listens. Rejects with Node's error (`EADDRINUSE`, `EACCES`) or the certificate's. */
export async function accept(settings: ListenerSettings, options: AcceptOptions): Promise<Listener> {
  const certificates = settings.tls && { current: await loadCertificates(settings.tls) }
  const overHttp2 = new Set<ServerHttp2Session>()
  const stalled = createStalledClients(options.limits.bodyIdleTimeout, options.now)
  const server = certificates
    ? secureServer(settings, certificates, { ...options, stalled, turns: createTurns() }, overHttp2)
    : plainServer(options)
  const sockets = watchConnections(server, options)
  /** Connections that were told that they end. */
  const leaving = new WeakSet<Socket>()
  server.on('request', (request, response) => received(request, response, options, leaving, false))
  server.on('checkContinue', (request, response) => received(request, response, options, leaving, true))
  // The canonicaliser answers any other expectation.
  server.on('checkExpectation', (request, response) => received(request, response, options, leaving, false))
  server.on('upgrade', (request, socket, head) => upgraded(request, socket, head, options, leaving))
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
    close(patience) {
      closed ??= stopListening(server).then(stalled.stop)
      return close(server, closed, sockets, overHttp2, patience)
    },
  }
}

function plainServer(options: AcceptOptions): Server {
  return configured(createServer(serverOptions(options.limits)), options.limits)
}

/** HTTP/2 and HTTP/1.1 on one port: the TLS handshake says which (ALPN, RFC 7301). */
function secureServer(
  settings: ListenerSettings,
  certificates: { current: Certificates },
  options: AcceptOptions & { readonly stalled: StalledClients; readonly turns: Turns },
  overHttp2: Set<ServerHttp2Session>,
): Server {
  const http2 = settings.tls!.http2
  const server = createSecureServer({
    ...serverOptions(options.limits),
    ...certificates.current.defaults,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    SNICallback: (name, done) => done(null, certificates.current.contextFor(name)),
    requestCert: settings.tls!.clientCa !== undefined,
    // A certificate is a posture source, not the sign-in: without one, policy says what is missing.
    rejectUnauthorized: false,
    handshakeTimeout: options.limits.headerTimeout,
  })
  const [overHttp1] = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[]
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') return void overHttp1!.call(server, socket)
    const session = acceptHttp2(socket, options)
    overHttp2.add(session)
    session.once('close', () => overHttp2.delete(session))
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return configured(server as unknown as Server, options.limits)
}

function serverOptions(limits: LimitSettings): ServerOptions {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerTimeout,
    // Uploads may take long; a silent one is ended by the socket's own time-out.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: Math.min(limits.headerTimeout / 4, 5_000),
    // The canonicaliser answers a missing or second Host in our own words.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
    // A peer that vanished behind a quiet stream is found by its silence at this level.
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  }
}

function configured(server: Server, limits: LimitSettings): Server {
  // Counted by the canonicaliser: Node would silently drop what is over its own count.
  server.maxHeadersCount = 0
  server.timeout = limits.bodyIdleTimeout
  return server
}

/** Connections of one address are bounded, and every socket has its error listener before anything else happens. */
function watchConnections(server: Server, { limits, proxies, throttled }: AcceptOptions): Set<Socket> {
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    socket.on('error', ignore)
    const address = plainAddress(socket.remoteAddress ?? '')
    const block = proxies(address) ? undefined : addressBlock(address)
    if (block !== undefined) {
      const count = (perAddress.get(block) ?? 0) + 1
      if (count > limits.connectionsPerAddress) {
        throttled()
        return void socket.destroy()
      }
      perAddress.set(block, count)
    }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      if (block === undefined) return
      const left = perAddress.get(block)! - 1
      if (left === 0) perAddress.delete(block)
      else perAddress.set(block, left)
    })
  })
  return sockets
}

function received(
  request: IncomingMessage,
  response: ServerResponse,
  options: AcceptOptions,
  leaving: WeakSet<Socket>,
  expects: boolean,
): void {
  request.on('error', ignore)
  response.on('error', ignore)
  response.on('timeout', silent)
  const { socket } = request
  // RFC 9112 9.6: what was sent behind a request whose answer ends the connection is not a request any more.
  if (leaving.has(socket)) return
  void options.handle({
    kind: 'http',
    received: overHttp1(request),
    startedAt: options.now(),
    body: request,
    answer: answerOverHttp1(response, () => leaving.add(socket)),
    proceed: expects ? () => response.writeContinue() : nothing,
  })
}

/**
 * Nothing passed for `body_idle_timeout` while a request is under way. A client that does not read what waits for it is
 * given up; one that does not send is the upload's to answer; and where the app is silent nobody is to blame.
 */
function silent(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy()
}

function upgraded(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: AcceptOptions,
  leaving: WeakSet<Socket>,
): void {
  // Where a body was announced, `socket` is a stand-in that waits for it: only the connection itself can be answered.
  const wire = request.socket
  socket.on('error', ignore)
  wire.on('error', ignore)
  request.on('error', ignore)
  if (leaving.has(wire)) return
  // Node's idle time-out is for requests: a WebSocket may be silent.
  wire.setTimeout(0)
  void options.handle({
    kind: 'upgrade',
    received: overHttp1(request),
    startedAt: options.now(),
    socket,
    head,
    answer: answerOverUpgrade(request, wire),
  })
}

// Node also takes a request line without a version, and `HTTP/2.0` in one.
const versions: ReadonlyMap<string, Received['version']> = new Map([
  ['1.0', '1.0'],
  ['1.1', '1.1'],
])

function overHttp1(request: IncomingMessage): Received {
  const { socket } = request
  const secure = 'encrypted' in socket
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    version: versions.get(request.httpVersion) ?? 'unknown',
    headers: request.rawHeaders,
    authority: undefined,
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    serverName: secure ? nameOf(socket as TLSSocket) : undefined,
    secure,
    bodyEnded: false,
  }
}

/**
 * Resolves when the last connection is gone. Not yet `server.close()` of HTTP: it ends connections that were accepted a
 * moment ago and have not asked yet, whose clients would take that for a refusal.
 */
function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => NetServer.prototype.close.call(server, () => resolve()))
}

async function close(
  server: Server,
  closed: Promise<void>,
  sockets: Set<Socket>,
  overHttp2: Set<ServerHttp2Session>,
  patience: number,
): Promise<void> {
  // GOAWAY (RFC 9113 6.8): what is open finishes, nothing new begins.
  for (const session of overHttp2) session.close()
  const since = performance.now()
  // What was busy at the first look is idle at a later one.
  const idle = setInterval(() => performance.now() - since >= freshFor && server.closeIdleConnections(), 50)
  const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), patience)
  await closed
  clearInterval(idle)
  clearTimeout(timer)
  // Ends the timer of HTTP as well.
  server.close(nothing)
}

/** Milliseconds for which a connection may have been accepted before its client has asked anything. */
const freshFor = 250
/** Connections the system keeps for us until we accept them. */
const backlog = 1024

function nothing(): void {}
