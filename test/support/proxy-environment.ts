// Minimal front end on Node's own servers that forwards everything to one app: test environment of the forwarder.

import { createServer, type IncomingMessage } from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { isGrpc } from '../../src/http/grpc.ts'
import type { ClientConnection } from '../../src/http/exchange.ts'
import type { App } from '../../src/config/configuration.ts'
import { nodeHttp1Response, nodeUpgradeResponse } from '../../src/http/server/node-http1-response.ts'
import { http2Response } from '../../src/http/server/http2-response.ts'
import type { Abort, ForwardRequest, ForwardResult } from '../../src/proxy/upstream.ts'
import { webSocketOffer } from '../../src/proxy/websocket-handshake.ts'
import { appHeaderSettings } from '../../src/proxy/headers/app-header-settings.ts'
import { createHeaderRules } from '../../src/proxy/headers/request-headers.ts'
import { serialize } from '../../src/proxy/headers/serialized-headers.ts'
import { createUpstream, type UpstreamOptions } from '../../src/proxy/upstream-pool.ts'
import type { Upstream } from '../../src/proxy/upstream.ts'
import { upstreamLimits } from '../../src/proxy/upstream-limits.ts'
import { http1Backend } from './http1-backend.ts'

export interface ProxyEnvironment {
  readonly port: number
  readonly http2Port: number
  readonly upstream: Upstream
  /** `cuts` in the order in which exchanges were opened, `results` in the order in which they ended. */
  readonly cuts: Abort[]
  readonly results: ForwardResult[]
  /** Closes of the private connections that are registered now. */
  readonly pinned: ReadonlySet<Abort>
  readonly warnings: object[]
  /** Resolves with the nth result, from 1. */
  result(count: number): Promise<ForwardResult>
  close(): Promise<void>
}

export const limits: UpstreamOptions['limits'] = {
  upstreamConnectTimeout: 1_000,
  upstreamHeaderTimeout: 30_000,
  bodyBytes: undefined,
  bodyIdleTimeout: 30_000,
  websocketIdleTimeout: 0,
}

export function app(origins: readonly string[], more: Partial<App> = {}): App {
  const none = { idle: 1, lifetime: 1, revalidate: 1, grace: 0, lease: 1 }
  const address = { origin: 'https://erp.example.com', host: 'erp.example.com', secure: true, path: '' }
  return {
    name: 'erp',
    title: 'ERP',
    owner: undefined,
    sensitivity: 'medium',
    addresses: [address],
    origin: address.origin,
    host: address.host,
    secure: address.secure,
    upstreams: origins.map((origin) => ({ origin })),
    upstreamTls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    declaration: { name: 'erp', mode: 'enforce', require: {}, rules: [], lease: 1 },
    session: none,
    keepStorage: false,
    identityHeaders: 'einlass',
    headerGroups: 'all',
    public: [],
    healthCheck: undefined,
    paths: 'canonical',
    trustedOrigins: [],
    websocketOrigins: [],
    websocketWithoutOrigin: false,
    connectionAuth: 'pinned',
    ...more,
    ...(more.origin !== undefined && {
      addresses: [{ ...address, origin: more.origin, host: more.host ?? address.host }],
    }),
  }
}

export async function startProxyEnvironment(
  target: App,
  options: Partial<UpstreamOptions> = {},
): Promise<ProxyEnvironment> {
  const cuts: Abort[] = []
  const results: ForwardResult[] = []
  const pinned = new Set<Abort>()
  const warnings: object[] = []
  const waiting: { count: number; resolve: (result: ForwardResult) => void }[] = []
  const upstream = createUpstream(target, {
    limits: upstreamLimits(target.limits, limits),
    now: Date.now,
    log: { info() {}, warn: (fields) => warnings.push(fields) },
    http1Client: http1Backend === 'einlass',
    ...options,
  })
  const rules = createHeaderRules(
    [],
    (cookie) => cookie.replace(/(^|; )__Host-einlass[^;]*(; )?/g, '$1'),
    appHeaderSettings(target),
  )

  const keep = (result: ForwardResult): ForwardResult => {
    results.push(result)
    for (const one of waiting.filter(({ count }) => count <= results.length)) one.resolve(results[one.count - 1]!)
    return result
  }
  const prepared = (
    method: string,
    path: string,
    raw: string[],
    body: ForwardRequest['body'],
    client: ClientConnection,
  ): ForwardRequest => {
    const field = (name: string): string | undefined => {
      for (let i = 0; i < raw.length; i += 2) if (raw[i]!.toLowerCase() === name) return raw[i + 1]
      return undefined
    }
    const length = field('content-length')
    return {
      method,
      target: path,
      headers: rules.request(raw, {
        host: target.host,
        scheme: 'https',
        address: '203.0.113.7',
        requestId: 'req-1',
        identity: serialize(['X-Forwarded-User', 'alice']),
        connectionAuth: target.connectionAuth,
      }),
      hasBody: length === undefined ? field('transfer-encoding') !== undefined : length !== '0',
      contentLength: length === undefined ? undefined : Number(length),
      body,
      version: '1.1',
      grpc: isGrpc(field('content-type')),
      // The fields a test sends stand for what the gateway knows of the client.
      session: field('x-test-session'),
      client: field('x-test-proxy') === undefined ? client : undefined,
      onPinned(close) {
        pinned.add(close)
        return () => void pinned.delete(close)
      },
    }
  }
  const ofMessage = (request: IncomingMessage): ForwardRequest =>
    prepared(request.method!, request.url!, request.rawHeaders, request, request.socket)

  const server = createServer((request, response) => {
    request.on('error', () => {})
    const answer = nodeHttp1Response(response)
    void upstream
      .forward(ofMessage(request), answer, (cut) => cuts.push(cut))
      .then(keep)
      .then(({ errorStatus }) => {
        if (errorStatus === undefined) return
        answer.writeHead(errorStatus, ['Content-Length', '5'])
        answer.write(Buffer.from('front'))
        answer.end()
      })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    const answer = nodeUpgradeResponse(request, socket)
    const webSocket = webSocketOffer((name) => request.headers[name] as string | undefined)
    void upstream
      .forwardWebSocket({ ...ofMessage(request), webSocket }, socket, head, answer, (cut) => cuts.push(cut))
      .then(keep)
      .then(({ errorStatus }) => {
        if (errorStatus === undefined) return
        answer.writeHead(errorStatus, ['Content-Length', '0'])
        answer.end()
      })
  })
  const second = http2.createServer()
  const sessions = new Set<http2.ServerHttp2Session>()
  second.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  second.on('stream', (some, headers, flags, raw) => {
    const stream = some as http2.ServerHttp2Stream
    const fields = (raw as string[]).flatMap((text, i, all) =>
      i % 2 === 0 && !text.startsWith(':') ? [text, all[i + 1]!] : [],
    )
    const answer = http2Response(stream, headers[':method']!)
    const request = prepared(headers[':method']!, headers[':path']!, fields, stream, stream.session!)
    let trailers: readonly string[] = []
    stream.once('trailers', (_headers, _flags, received?: unknown) => (trailers = received as string[]))
    const hasBody = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) === 0
    void upstream
      .forward({ ...request, hasBody, version: '2', trailers: () => rules.trailers(trailers) }, answer, (cut) =>
        cuts.push(cut),
      )
      .then(keep)
      .then(({ errorStatus }) => {
        if (errorStatus === undefined) return
        answer.writeHead(errorStatus, [])
        answer.end()
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await new Promise<void>((resolve) => second.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    http2Port: (second.address() as net.AddressInfo).port,
    upstream,
    cuts,
    results,
    pinned,
    warnings,
    result: (count) =>
      new Promise((resolve) => {
        if (results.length >= count) resolve(results[count - 1]!)
        else waiting.push({ count, resolve })
      }),
    async close() {
      for (const cut of cuts) cut()
      server.closeAllConnections()
      for (const session of sessions) session.destroy()
      await Promise.all([
        new Promise<void>((resolve) => server.close(() => resolve())),
        new Promise<void>((resolve) => second.close(() => resolve())),
        upstream.retire(),
      ])
    },
  }
}
