// Turns the streams of an HTTP/2 connection into exchanges. Node's compatibility layer is not used: it costs half the speed.

import { constants, performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { LimitSettings } from '../config/configuration.ts'
import { answerOverHttp2 } from '../forward/answer-http2.ts'
import { plainAddress } from './client.ts'
import type { Exchange, Received } from './exchange.ts'

export interface Http2Options {
  readonly limits: LimitSettings
  readonly now: () => number
  readonly handle: (exchange: Exchange) => Promise<void>
}

/** Takes over a socket whose handshake chose `h2`. Floods of resets and invalid frames end the session (CVE-2023-44487). */
export function acceptHttp2(socket: TLSSocket, options: Http2Options): ServerHttp2Session {
  socket.setTimeout(0)
  const session = performServerHandshake(socket, {
    maxSessionMemory: 10,
    maxHeaderListPairs: options.limits.headerCount + 8,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    streamResetBurst: 200,
    streamResetRate: 33,
    settings: { maxConcurrentStreams: 100, maxHeaderListSize: options.limits.headerBytes, enablePush: false },
  })
  session.on('error', ignore)
  session.setTimeout(options.limits.bodyIdleTimeout, () => session.close())
  session.on('stream', (stream, _headers, flags, raw) => {
    stream.on('error', ignore)
    const list = raw as unknown as string[]
    const received = receivedOver(socket, list, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
    void options.handle({
      kind: 'http',
      received,
      startedAt: options.now(),
      body: stream,
      answer: answerOverHttp2(stream, received.method),
      proceed: () => stream.additionalHeaders({ ':status': 100 } as IncomingHttpHeaders & { ':status': number }),
    })
  })
  return session
}

function receivedOver(socket: TLSSocket, raw: readonly string[], bodyEnded: boolean): Received {
  let method = ''
  let target = ''
  let authority: string | undefined
  const headers: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    const value = raw[i + 1]!
    if (name === ':method') method = value
    else if (name === ':path') target = value
    else if (name === ':authority') authority = value
    else if (name[0] !== ':') headers.push(name, value)
  }
  return {
    method,
    target,
    version: '2',
    headers,
    authority,
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    serverName: nameOf(socket),
    secure: true,
    bodyEnded,
  }
}

/** Server name of the handshake, lower-cased. */
export function nameOf(socket: TLSSocket): string | undefined {
  const name = (socket as TLSSocket & { servername?: string | false }).servername
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : undefined
}

/** Errors of a socket or stream show as its close: the listener is there so that they end nothing else. */
export function ignore(): void {}
