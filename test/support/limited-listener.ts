// A listener with given limits on one of the three servers: HTTP/1.1 of our own, HTTP/1.1 of Node, HTTP/2.

import { connect as connectTcp, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { LimitSettings } from '../../src/config/configuration.ts'
import { canonicalize, canonicalRules } from '../../src/gateway/canonical/canonical-request.ts'
import { reject } from '../../src/gateway/reject.ts'
import { sendReply } from '../../src/gateway/send-reply.ts'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { createListener, type Listener } from '../../src/http/server/listener.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { defaultLimits } from './default-limits.ts'
import type { TestCertificate } from './certificates.ts'

export type ServerName = 'einlass' | 'node' | 'http2'
/** Of HTTP/1.1 and HTTP/2, for `test.each`. */
export const servers: readonly ServerName[] = ['einlass', 'node', 'http2']
export const http1Servers = ['einlass', 'node'] as const

export interface LimitedListener {
  readonly listener: Listener
  readonly port: number
  /** Requests handed over, malformed ones included. */
  readonly seen: readonly Exchange[]
  /** Connections closed because of a limit on their number. */
  throttled(): number
  /** A TLS connection that negotiated the protocol of this server; not yet established. */
  connect(options?: ConnectionOptions): TLSSocket
  connectTcp(from?: string): Socket
}

const log = createLogger({ level: 'silent' })

/** Answers each canonical request with 200, any other as the gateway does. `certificate` undefined: without TLS. */
export async function limitedListener(
  server: ServerName,
  certificate: TestCertificate | undefined,
  undo: (() => unknown)[],
  limits: Partial<LimitSettings> = {},
  handle: (exchange: Exchange) => void = answer200,
  now: () => number = Date.now,
): Promise<LimitedListener> {
  const all = { ...defaultLimits, ...limits }
  const rules = canonicalRules({ ...all, proxies: () => false })
  const seen: Exchange[] = []
  let throttled = 0
  const listener = await createListener(
    {
      host: '127.0.0.1',
      port: 0,
      tls: certificate && { certificates: [certificate], clientCa: undefined, http2: true },
    },
    {
      limits: all,
      now,
      log,
      proxies: () => false,
      throttled: () => void throttled++,
      http1: server === 'node' ? 'node' : 'einlass',
      handle(exchange) {
        seen.push(exchange)
        const view = canonicalize(exchange, rules)
        if (view.kind === 'rejected')
          reject({ log, activeConfig: () => ({ rules }) } as unknown as Dependencies, exchange, view)
        else handle(exchange)
      },
    },
  )
  const { port } = listener
  undo.push(() => listener.close(0))
  const kept = <T extends Socket>(socket: T): T => {
    socket.on('error', () => {})
    undo.push(() => socket.destroy())
    return socket
  }
  return {
    listener,
    port,
    seen,
    throttled: () => throttled,
    connect: (options) =>
      kept(
        connect({
          port,
          host: '127.0.0.1',
          servername: 'wiki.test',
          rejectUnauthorized: false,
          ALPNProtocols: [server === 'http2' ? 'h2' : 'http/1.1'],
          ...options,
        }),
      ),
    connectTcp: (from) => kept(connectTcp({ port, host: '127.0.0.1', localAddress: from })),
  }
}

function answer200(exchange: Exchange): void {
  sendReply(exchange.response, { status: 200, headers: [], body: 'seen' })
}

/** Everything received until the connection is closed or `until` matches, as latin1. */
export function received(socket: Socket, until?: RegExp): Promise<string> {
  let text = ''
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (until?.test(text) === true) resolve(text)
    })
    socket.once('close', () => resolve(text))
  })
}

/** Milliseconds until the connection is closed; undefined when it is still open after `wait`. */
export async function closedWithin(socket: Socket, wait: number): Promise<number | undefined> {
  const since = performance.now()
  if (socket.closed) return 0
  socket.resume()
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), wait)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(performance.now() - since)
    })
  })
}
