// Node's own HTTP server: what it hands over becomes exchanges.

import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { LimitSettings } from '../../config/configuration.ts'
import { nodeHttp1Response, nodeUpgradeResponse } from './node-http1-response.ts'
import { ignoreError } from '../ignore-error.ts'
import { serverNameOf } from './http2.ts'
import { plainAddress } from '../peer-address.ts'
import type { Exchange, Received } from '../exchange.ts'

export interface Http1Options {
  readonly limits: LimitSettings
  readonly now: () => number
  readonly handle: (exchange: Exchange) => void
}

/** For `createServer` of `node:http` and of `node:https`. */
export function http1Options(limits: LimitSettings): ServerOptions {
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
  }
}

/** Everything this server reads becomes an exchange from now on. */
export function acceptHttp1(server: Server, options: Http1Options): void {
  // Counted by the canonicaliser: Node would silently drop what is over its own count.
  server.maxHeadersCount = 0
  server.timeout = options.limits.bodyIdleTimeout
  /** Connections that were told that they end. */
  const leaving = new WeakSet<Socket>()
  server.on('request', (request, response) => requestExchange(request, response, options, leaving, false))
  server.on('checkContinue', (request, response) => requestExchange(request, response, options, leaving, true))
  // The canonicaliser answers any other expectation.
  server.on('checkExpectation', (request, response) => requestExchange(request, response, options, leaving, false))
  server.on('upgrade', (request, socket, head) => upgradeExchange(request, socket, head, options, leaving))
}

function requestExchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: Http1Options,
  leaving: WeakSet<Socket>,
  expects: boolean,
): void {
  request.on('error', ignoreError)
  response.on('error', ignoreError)
  response.on('timeout', isIdle)
  const { socket } = request
  // RFC 9112 9.6: what was sent behind a request whose answer ends the connection is not a request any more.
  if (leaving.has(socket)) return
  options.handle({
    kind: 'http',
    received: requestBase(request),
    startedAt: options.now(),
    body: request,
    answer: nodeHttp1Response(response, () => leaving.add(socket)),
    proceed: expects ? () => response.writeContinue() : noop,
  })
}

/**
 * Nothing passed for `body_idle_timeout` while a request is under way. A client that does not read what waits for it is
 * given up; one that does not send is the upload's to answer; and where the app is silent nobody is to blame.
 */
function isIdle(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy()
}

function upgradeExchange(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: Http1Options,
  leaving: WeakSet<Socket>,
): void {
  // Where a body was announced, `socket` is a stand-in that waits for it: only the connection itself can be answered.
  const wire = request.socket
  socket.on('error', ignoreError)
  wire.on('error', ignoreError)
  request.on('error', ignoreError)
  if (leaving.has(wire)) return
  // Node's idle time-out is for requests: a WebSocket may be silent.
  wire.setTimeout(0)
  options.handle({
    kind: 'upgrade',
    received: requestBase(request),
    startedAt: options.now(),
    socket,
    head,
    answer: nodeUpgradeResponse(request, wire),
  })
}

// Node also takes a request line without a version, and `HTTP/2.0` in one.
const versions: ReadonlyMap<string, Received['version']> = new Map([
  ['1.0', '1.0'],
  ['1.1', '1.1'],
])

function requestBase(request: IncomingMessage): Received {
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
    serverName: secure ? serverNameOf(socket as TLSSocket) : undefined,
    secure,
    bodyEnded: false,
  }
}

function noop(): void {}
