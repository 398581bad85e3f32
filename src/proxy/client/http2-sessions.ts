// HTTP/2 connections to one upstream: opens them when streams need them, and spreads streams over them.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { upstreamError } from '../upstream-error.ts'
import type { Dial } from './dial.ts'
import { openUpstreamSession, type UpstreamSession, type UpstreamSessionOptions } from './http2-session.ts'

/** A request that needs a stream; one of these is called once. */
export interface SessionUser {
  /** The stream is opened within this call; `UpstreamSession.leave` follows when it ended. */
  sessionReady(session: UpstreamSession): void
  /** The upstream chose HTTP/1.1. */
  sessionIsHttp1(): void
  sessionFailed(error: Error): void
  /** The connection it waited for has no room: it enters again. */
  sessionMoved(): void
}

export interface Http2Sessions {
  /** Calls `user` at once or later. Returns the function that stops waiting. */
  enter(user: SessionUser): () => void
  /** By the last negotiation; asked again after a while. */
  readonly choseHttp1: boolean
  /** Connections, also those being opened. */
  readonly size: number
  /** They take no more streams, and close after their last one. */
  drainAddress(address: string): void
  /** At retirement: also those opened afterwards. */
  drainAll(): void
}

export interface Http2SessionsOptions extends UpstreamSessionOptions {
  readonly dial: Dial
  /** Offered by ALPN; without TLS HTTP/2 is spoken without negotiation. */
  readonly protocols: readonly string[]
  /** Milliseconds until the upstream's SETTINGS. */
  readonly connectTimeout: number
  readonly now: () => number
  /** Called with the address of each connection. */
  readonly onConnect: ((address: string) => void) | undefined
}

/** Requests that wait for one connection: as many as it may carry at most. */
const maxWaiting = 100
/** Milliseconds for which an upstream that chose HTTP/1.1 is not asked again. */
const http1Memory = 60_000

interface Opening {
  readonly waiting: Set<SessionUser>
}

export function createHttp2Sessions(options: Http2SessionsOptions): Http2Sessions {
  const { dial, protocols, connectTimeout, now, onConnect } = options
  const sessions = new Set<UpstreamSession>()
  const openings = new Set<Opening>()
  let http1Until = 0
  let closing = false

  const enter = (user: SessionUser): (() => void) => {
    for (const one of sessions) {
      if (one.free === 0) continue
      use(one, user)
      return noop
    }
    let opening = [...openings].find(({ waiting }) => waiting.size < maxWaiting)
    if (opening === undefined) openings.add((opening = open()))
    const { waiting } = opening
    waiting.add(user)
    return () => void waiting.delete(user)
  }

  const use = (session: UpstreamSession, user: SessionUser): void => {
    session.enter()
    user.sessionReady(session)
  }

  const open = (): Opening => {
    const opening: Opening = { waiting: new Set() }
    let socket: Socket | undefined
    /** Returns what listens; nothing the second time. */
    const settle = (): SessionUser[] => {
      clearTimeout(timer)
      openings.delete(opening)
      const users = [...opening.waiting]
      opening.waiting.clear()
      return users
    }
    const fail = (error: Error): void => {
      for (const user of settle()) user.sessionFailed(error)
      socket?.destroy()
    }
    const timer = setTimeout(
      () => fail(upstreamError('UPSTREAM_CONNECT_TIMEOUT', 'connect timeout')),
      connectTimeout,
    ).unref()
    const connected = (to: Socket): void => {
      if (dial.connectedEvent === 'secureConnect' && (to as TLSSocket).alpnProtocol !== 'h2') {
        http1Until = now() + http1Memory
        to.destroy()
        for (const user of settle()) user.sessionIsHttp1()
        return
      }
      if (to.remoteAddress !== undefined) onConnect?.(to.remoteAddress)
      const session = openUpstreamSession(to, options, now, {
        ready: () => begin(session, settle()),
        closed(error) {
          sessions.delete(session)
          fail(error)
        },
      })
    }
    // Not within `enter`: its caller does not know yet how to stop waiting.
    queueMicrotask(() => {
      if (!openings.has(opening)) return
      const to = dial.connect(protocols)
      socket = to
      to.on('error', fail)
      to.once('close', () => fail(upstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection')))
      to.once(dial.connectedEvent, () => openings.has(opening) && connected(to))
    })
    return opening
  }

  /** Those beyond the capacity wait for another connection. */
  const begin = (session: UpstreamSession, users: readonly SessionUser[]): void => {
    sessions.add(session)
    if (session.free === 0) {
      const error = upstreamError('UPSTREAM_INVALID', 'the upstream allows no HTTP/2 streams')
      for (const user of users) user.sessionFailed(error)
      return session.drain()
    }
    for (const user of users) {
      if (session.free > 0) use(session, user)
      else user.sessionMoved()
    }
    if (closing) drain(session)
  }

  return {
    enter,
    get choseHttp1() {
      return now() < http1Until
    },
    get size() {
      return sessions.size + openings.size
    },
    drainAddress(address) {
      for (const session of sessions) if (session.address === address) drain(session)
    },
    drainAll() {
      closing = true
      for (const session of sessions) drain(session)
    },
  }

  function drain(session: UpstreamSession): void {
    sessions.delete(session)
    session.drain()
  }
}

function noop(): void {}
