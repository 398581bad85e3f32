// One HTTP/2 connection to an upstream: settings, capacity, GOAWAY, silence, and the resets we caused on it.

import { connect, constants, type ClientHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { ignoreError } from '../../http/ignore-error.ts'
import { upstreamError } from '../upstream-error.ts'

export interface UpstreamSession {
  readonly address: string | undefined
  readonly session: ClientHttp2Session
  /** Streams that may still be opened; 0 once it takes no more. */
  readonly free: number
  /** Streams in use. */
  readonly open: number
  enter(): void
  /** `reset`: the stream was cancelled by us. */
  leave(reset: boolean): void
  /** Last stream the upstream processed (RFC 9113 6.8); Infinity without GOAWAY. */
  readonly lastProcessed: number
  /** Takes no more streams, and is closed after its last one. */
  drain(): void
  destroy(): void
}

export interface UpstreamSessionEvents {
  /** The upstream's SETTINGS arrived: streams may be opened. */
  ready(): void
  /** Once, also after `ready`. */
  closed(error: Error): void
}

export interface UpstreamSessionOptions {
  readonly authority: string
  /** Bytes of a response's header section. */
  readonly headerBytes: number
  /** Milliseconds it may be without a stream. */
  readonly idle: number
}

/** Streams of one connection, whatever the upstream allows: more are spread over several. */
const maxStreams = 100
/** Fields of a head; as many as the HTTP/1 client reads. */
const maxFields = 1_000
/** Flow-control window of a stream in bytes: what a slow client makes us hold of its response at most. */
const streamWindow = 256 * 1024
/** The same of a connection, which its streams share. */
const connectionWindow = 4 * 1024 * 1024
/** Milliseconds between two looks at an open connection. */
const watchInterval = 15_000
/** Looks without a received byte until a PING is sent: five minutes, which servers of gRPC accept from any client. */
const quietLooks = 20
/** Milliseconds. */
const pingTimeout = 20_000
/**
 * Streams we may cancel in a burst, and per second. Servers end a connection with many resets (CVE-2023-44487), and with it
 * the streams of everybody else: beyond this, new streams go to a new one.
 */
const resetBurst = 100
const resetsPerSecond = 10

/** Missing in Node's types. Fields that may come once were checked by the gateway: what passed there is no error here. */
const asReceived = { strictSingleValueFields: false }

/** `socket` is connected. */
export function openUpstreamSession(
  socket: Socket,
  { authority, headerBytes, idle }: UpstreamSessionOptions,
  now: () => number,
  events: UpstreamSessionEvents,
): UpstreamSession {
  const address = socket.remoteAddress
  const session = connect(authority, {
    createConnection: () => socket,
    maxHeaderListPairs: maxFields,
    maxSessionMemory: 64,
    ...asReceived,
    settings: { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: headerBytes },
  })
  let limit = 0
  let open = 0
  let draining = false
  let lastProcessed = Infinity
  let failure: Error | undefined
  let quiet = 0
  let bytesRead = 0
  let emptySince = now()
  let resets = 0
  let resetsAt = now()

  const watch = setInterval(() => {
    if (open === 0 && now() - emptySince >= idle) return drain()
    quiet = socket.bytesRead === bytesRead ? quiet + 1 : 0
    bytesRead = socket.bytesRead
    if (open > 0 && quiet > 0 && quiet % quietLooks === 0) ping()
  }, watchInterval).unref()

  const drain = (): void => {
    draining = true
    if (open === 0 && !session.closed) session.close()
  }
  /** A peer that is gone without a word would otherwise keep its streams for as long as TCP tries. */
  const ping = (): void => {
    const timer = setTimeout(() => {
      failure ??= upstreamError('UPSTREAM_SILENT', 'the upstream does not answer PING')
      session.destroy()
    }, pingTimeout).unref()
    session.ping(() => clearTimeout(timer))
  }
  const countReset = (): void => {
    const at = now()
    resets = Math.max(0, resets - ((at - resetsAt) / 1_000) * resetsPerSecond) + 1
    resetsAt = at
    if (resets >= resetBurst) drain()
  }

  socket.on('error', ignoreError)
  session.on('error', (error: Error) => (failure ??= error))
  session.on('remoteSettings', ({ maxConcurrentStreams }) => {
    const first = limit === 0
    limit = Math.min(maxStreams, maxConcurrentStreams ?? maxStreams)
    if (first) events.ready()
  })
  session.on('connect', () => session.setLocalWindowSize(connectionWindow))
  session.on('goaway', (code, lastStream) => {
    draining = true
    lastProcessed = lastStream
    if (code !== constants.NGHTTP2_NO_ERROR) {
      failure ??= upstreamError('UPSTREAM_CLOSED', `the upstream ended the connection (GOAWAY, code ${code})`)
    }
  })
  session.on('close', () => {
    clearInterval(watch)
    draining = true
    events.closed(failure ?? upstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection'))
  })

  return {
    address,
    session,
    get free() {
      return draining || session.closed || session.destroyed ? 0 : Math.max(0, limit - open)
    },
    get open() {
      return open
    },
    get lastProcessed() {
      return lastProcessed
    },
    enter: () => void open++,
    leave(reset) {
      if (--open === 0) emptySince = now()
      if (reset) countReset()
      if (draining) drain()
    },
    drain,
    destroy: () => session.destroy(),
  }
}
