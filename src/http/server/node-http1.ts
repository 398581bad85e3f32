// HTTP/1.x on Node's HTTP server: turns its requests and upgrades into exchanges.

import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { LimitSettings } from '../../config/configuration.ts'
import { nodeHttp1Response, nodeUpgradeResponse } from './node-http1-response.ts'
import { cookieAllowance } from '../head-limits.ts'
import { ignoreError } from '../ignore-error.ts'
import { upgradeOffer } from '../upgrade-offer.ts'
import { serverNameOf } from './http2.ts'
import { plainAddress } from '../peer-address.ts'
import type { Exchange, Received } from '../exchange.ts'
import type { UnfinishedHeads } from './unfinished-heads.ts'

export interface Http1Options {
  readonly limits: LimitSettings
  readonly now: () => number
  readonly handle: (exchange: Exchange) => void
}

/** For `createServer` of `node:http` and of `node:https`. Adds requests whose offer of an upgrade is ignored to `ignored`. */
export function http1Options(limits: LimitSettings, ignored: WeakSet<IncomingMessage>): ServerOptions {
  return {
    // `canonicalize` rejects less with an error page.
    maxHeaderSize: limits.headerBytes + cookieAllowance,
    headersTimeout: limits.headerTimeout,
    // Uploads may take long; a stalled one is ended by the socket's idle timeout.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: Math.min(limits.headerTimeout / 4, 5_000),
    // `canonicalize` rejects a missing or second Host with an error page.
    requireHostHeader: false,
    insecureHTTPParser: false,
    shouldUpgradeCallback(request) {
      const taken = upgradeOffer(request.rawHeaders) === 'websocket'
      if (!taken) ignored.add(request)
      return taken
    },
  }
}

/** Passes every request and upgrade of this server to `handle` as an exchange. */
export function acceptHttp1(
  server: Server,
  options: Http1Options,
  heads: UnfinishedHeads,
  ignored: WeakSet<IncomingMessage>,
): void {
  // Counted by `canonicalize`: Node would silently drop fields beyond its own limit.
  server.maxHeadersCount = 0
  server.timeout = options.limits.bodyIdleTimeout
  const state: ConnectionState = { leaving: new WeakSet(), waiting: new WeakMap(), heads, ignored }
  server.on('request', (request, response) => requestExchange(request, response, options, state, false))
  server.on('checkContinue', (request, response) => requestExchange(request, response, options, state, true))
  // `canonicalize` rejects any other expectation.
  server.on('checkExpectation', (request, response) => requestExchange(request, response, options, state, false))
  server.on('upgrade', (request, socket, head) => upgradeExchange(request, socket, head, options, state))
}

interface ConnectionState {
  /** Connections that end with a response already begun. */
  readonly leaving: WeakSet<Socket>
  /** Requests of a connection without a complete response. */
  readonly waiting: WeakMap<Socket, number>
  readonly heads: UnfinishedHeads
  /** Requests that offered an upgrade which is ignored. */
  readonly ignored: WeakSet<IncomingMessage>
}

/** Node starts all pipelined requests of a connection at once; as many as an HTTP/2 connection may have by default. */
const maxPipelined = 100

function requestExchange(
  request: IncomingMessage,
  response: ServerResponse,
  options: Http1Options,
  { leaving, waiting, heads, ignored }: ConnectionState,
  expects: boolean,
): void {
  request.on('error', ignoreError)
  response.on('error', ignoreError)
  response.on('timeout', destroyIfUnread)
  const { socket } = request
  // RFC 9112 9.6: requests pipelined behind a response that ends the connection are ignored.
  if (leaving.has(socket) || socket.destroyed) return
  const count = (waiting.get(socket) ?? 0) + 1
  if (count > maxPipelined) return void socket.destroy()
  waiting.set(socket, count)
  // A listener for each response that waits: more than ten are no leak.
  if (count === 2) socket.setMaxListeners(maxPipelined + 10)
  heads.end(socket)
  response.once('close', () => {
    const left = waiting.get(socket)! - 1
    waiting.set(socket, left)
    if (left === 0) heads.begin(socket)
  })
  if (ignored.has(request)) {
    // Node drops what arrived together with an upgrade it ignored: the next request would begin somewhere inside.
    response.shouldKeepAlive = false
    leaving.add(socket)
  }
  options.handle({
    kind: 'http',
    received: requestBase(request),
    connection: socket,
    startedAt: options.now(),
    body: request,
    response: nodeHttp1Response(response, () => leaving.add(socket)),
    trailers: () => request.rawTrailers,
    proceed: expects ? () => response.writeContinue() : noop,
  })
}

/**
 * Idle timeout (`body_idle_timeout`) during a request: a client that does not read the response is disconnected. A
 * stalled upload has its own timeout (`proxy/request-body.ts`), and a silent upstream is no fault of the client.
 */
function destroyIfUnread(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy()
}

function upgradeExchange(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: Http1Options,
  { leaving, heads }: ConnectionState,
): void {
  // With a body, Node passes a wrapper as `socket` that waits for it: the response must go to the connection itself.
  const wire = request.socket
  heads.end(wire)
  socket.on('error', ignoreError)
  wire.on('error', ignoreError)
  request.on('error', ignoreError)
  if (leaving.has(wire)) return
  // Node's idle timeout is for requests: a WebSocket may be silent.
  wire.setTimeout(0)
  options.handle({
    kind: 'upgrade',
    received: requestBase(request),
    connection: wire,
    startedAt: options.now(),
    socket,
    head,
    response: nodeUpgradeResponse(request, wire),
  })
}

// Node also accepts a request line without a version, and `HTTP/2.0` in one.
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
    omittedCookies: 0,
    authority: undefined,
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    serverName: secure ? serverNameOf(socket as TLSSocket) : undefined,
    secure,
    bodyEnded: false,
  }
}

function noop(): void {}
