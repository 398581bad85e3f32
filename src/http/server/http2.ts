// HTTP/2 server connection: turns streams into exchanges. Node's compatibility layer would halve the throughput.

import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { LimitSettings } from '../../config/configuration.ts'
import { http2Response } from './http2-response.ts'
import { idleTimer, type IdleTimeouts } from '../idle-timeouts.ts'
import { cookieAllowance, cookieFields } from '../head-limits.ts'
import { ignoreError } from '../ignore-error.ts'
import { plainAddress } from '../peer-address.ts'
import type { Exchange, Received } from '../exchange.ts'
import type { FairQueue } from './fair-queue.ts'

export interface Http2Options {
  readonly limits: LimitSettings
  readonly now: () => number
  readonly idleTimeouts: IdleTimeouts
  /** Of a connection without an open stream: before its first one, and after its last. */
  readonly streamless: { readonly first: IdleTimeouts; readonly later: IdleTimeouts }
  readonly queue: FairQueue
  /** Called with the client's address when its connection ended with an error. */
  readonly broken: (address: string) => void
  readonly handle: (exchange: Exchange) => void
}

/** Burst of stream resets, in seconds of the allowed rate: a browser that leaves a page resets all its streams. */
const streamResetBurst = 6
/** Fields that are read in any case; their bytes are limited by `maxHeaderListSize`. */
const readFields = 2_048
/** Memory of one session, including responses that wait for a flow-control window. */
const maxSessionMemoryMb = 10

/**
 * Takes over a socket whose handshake negotiated `h2`. Abuse ends the session: rapid resets (CVE-2023-44487), streams
 * beyond the concurrency limit, invalid frames; a header section, including its CONTINUATION frames, is rejected beyond
 * the announced size (CVE-2024-27983).
 */
export function acceptHttp2(socket: TLSSocket, options: Http2Options): ServerHttp2Session {
  socket.setTimeout(0)
  const { limits } = options
  const session = performServerHandshake(socket, {
    maxSessionMemory: maxSessionMemoryMb,
    // Far more than are accepted, because Node resets the stream beyond: `canonicalize` rejects with an error page.
    maxHeaderListPairs: Math.max(2 * limits.headerCount, readFields) + cookieFields,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    streamResetBurst: limits.http2ResetsPerSecond * streamResetBurst,
    streamResetRate: limits.http2ResetsPerSecond,
    settings: {
      maxConcurrentStreams: limits.http2Streams,
      maxHeaderListSize: limits.headerBytes + cookieAllowance,
      enablePush: false,
    },
  })
  const address = plainAddress(socket.remoteAddress ?? '')
  session.on('error', () => options.broken(address))
  const peer: Peer = {
    address,
    port: socket.remotePort ?? 0,
    serverName: serverNameOf(socket),
    secure: true,
  }
  const streamOpened = closeStreamless(session, options.streamless)
  session.on('stream', (stream, _headers, flags, raw) => {
    stream.on('error', ignoreError)
    streamOpened(stream)
    const startedAt = options.now()
    const bodyEnded = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    // Before it waits: everything of a small request may have arrived by then.
    const trailers = bodyEnded ? undefined : keepTrailers(stream)
    options.queue.enqueue(session, () => {
      if (stream.destroyed || stream.closed) return
      const list = raw as unknown as string[]
      const received = receivedRequest(peer, list, bodyEnded)
      options.handle({
        kind: 'http',
        received,
        connection: session,
        startedAt,
        body: stream,
        response: http2Response(stream, received.method, options.idleTimeouts),
        ...(trailers && { trailers }),
        proceed: () => {
          // RFC 9110 10.1.1: only to a client that sent Expect.
          if (expects(received.headers)) stream.additionalHeaders({ ':status': 100 } as Informational)
        },
      })
    })
  })
  return session
}

/** Milliseconds a client gets to take the GOAWAY of an idle connection. */
const goawayMs = 2_000

/**
 * Closes a connection on which no stream is open for a time. Not by received bytes: PING frames, or a header section sent
 * byte by byte, would keep it open (CVE-2016-1546). Returns a function to call for each stream.
 */
function closeStreamless(
  session: ServerHttp2Session,
  { first, later }: Http2Options['streamless'],
): (stream: ServerHttp2Stream) => void {
  let open = 0
  const timer = idleTimer(() => {
    session.close()
    setTimeout(() => session.destroy(), goawayMs).unref()
  })
  let running = first
  const streamClosed = (): void => {
    if (--open > 0 || session.destroyed) return
    running = later
    running.start(timer)
  }
  running.start(timer)
  session.once('close', () => running.cancel(timer))
  return (stream) => {
    if (open++ === 0) running.cancel(timer)
    stream.once('close', streamClosed)
  }
}

/** Node does not keep them. nghttp2 has checked their names and values (RFC 9113 8.2.1). */
function keepTrailers(stream: ServerHttp2Stream): () => readonly string[] {
  let trailers: readonly string[] = []
  stream.once('trailers', (_headers, _flags, raw?: unknown) => (trailers = raw as string[]))
  return () => trailers
}

type Peer = Pick<Received, 'address' | 'port' | 'serverName' | 'secure'>

function receivedRequest(peer: Peer, raw: readonly string[], bodyEnded: boolean): Received {
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
    omittedCookies: 0,
    authority,
    ...peer,
    bodyEnded,
  }
}

type Informational = IncomingHttpHeaders & { ':status': number }

function expects(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === 'expect') return true
  return false
}

/** Server name of the handshake (SNI), lower-cased. Without a dot at its end, which RFC 6066 section 3 forbids. */
export function serverNameOf(socket: TLSSocket): string | undefined {
  const name = (socket as TLSSocket & { servername?: string | false }).servername
  return typeof name === 'string' && name !== '' ? name.toLowerCase().replace(/\.$/, '') : undefined
}
