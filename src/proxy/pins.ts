// Private upstream connections of one app, for sign-ins that authenticate a connection (NTLM, Negotiate): who may use
// which, limits, idle timeout.

import type { ClientConnection } from '../http/exchange.ts'
import { Pin, type PinUser, type Waiting } from './pin.ts'
import type { ForwardRequest } from './upstream.ts'
import { pinnedIdle } from './upstream-server.ts'

export type { Pin, PinUser } from './pin.ts'

export interface Pins {
  /** While it is 0, no request needs to be looked up. */
  readonly size: number
  /** A pin of this session and client exists. */
  has(request: ForwardRequest): boolean
  /**
   * Waits for the pin of this session and client, which is created where there is none. The request has a session.
   * Returns the function that stops waiting.
   */
  enter(request: ForwardRequest, user: PinUser): () => void
  /** The exchange has ended. `reusable`: the connection is intact. `status`: of its response. */
  leave(pin: Pin, reusable: boolean, status: number): void
  /** It is not used again; closed at once when idle, else when its exchange leaves. */
  close(pin: Pin): void
  /** At retirement. */
  closeAll(): void
}

export interface PinOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Milliseconds a request waits for the exchanges before it on its connection. */
  readonly turnTimeout: number
  /** Milliseconds a request waits for room: browsers open six connections at once, each for a moment. */
  readonly roomTimeout?: number | undefined
}

/** Connections of one session, and of all. */
const maxPerSession = 4
const maxPins = 256
/** Requests that wait for one connection, and those of one session that wait for room. */
const maxQueue = 100
/** Milliseconds for which a connection whose last response was a challenge is kept for the answer to it. */
const handshakeGrace = 5_000

export function createPins({ now, turnTimeout, roomTimeout = 5_000 }: PinOptions): Pins {
  const pins = new Map<ClientConnection | string, Pin>()
  const waitingForRoom: Waiting[] = []

  /** The pin of this session and client. Another session's on the same client's connection ends. */
  const find = (request: ForwardRequest): Pin | undefined => {
    const { session } = request
    if (session === undefined) return undefined
    const pin = pins.get(keyOf(request, session))
    if (pin === undefined || pin.session === session) return pin
    close(pin)
    return undefined
  }

  const enter = (request: ForwardRequest, user: PinUser): (() => void) => {
    const session = request.session!
    let pin = find(request)
    if (pin === undefined) {
      if (!makeRoom(session)) return wait(waitingForRoom, countWaiting(session), roomTimeout, request, user)
      pin = new Pin(keyOf(request, session), session, close)
      pins.set(pin.key, pin)
    }
    if (pin.busy || pin.queue.length > 0) return wait(pin.queue, pin.queue.length, turnTimeout, request, user)
    grant(pin, request, user)
    return noop
  }

  const wait = (
    queue: Waiting[],
    length: number,
    timeout: number,
    request: ForwardRequest,
    user: PinUser,
  ): (() => void) => {
    if (length >= maxQueue) {
      user.pinRefused()
      return noop
    }
    const stop = (): void => {
      clearTimeout(waiting.timer)
      const at = queue.indexOf(waiting)
      if (at >= 0) queue.splice(at, 1)
    }
    const timer = setTimeout(() => {
      stop()
      user.pinRefused()
    }, timeout)
    const waiting: Waiting = { user, request, timer }
    queue.push(waiting)
    return stop
  }

  const grant = (pin: Pin, request: ForwardRequest, user: PinUser): void => {
    pin.busy = true
    clearTimeout(pin.timer)
    pin.watch(request.client)
    // Its lease is that of the last request that was allowed to use it.
    pin.unregister()
    pin.unregister = request.onPinned?.(() => close(pin)) ?? noop
    user.pinGranted(pin)
  }

  /** In a later turn: the caller is within a callback of the connection's parser. */
  const proceed = (pin: Pin): void => {
    queueMicrotask(() => {
      if (pin.busy || pin.closed) return
      const next = pin.queue.shift()
      if (next === undefined) return
      clearTimeout(next.timer)
      grant(pin, next.request, next.user)
    })
  }

  const leave = (pin: Pin, reusable: boolean, status: number): void => {
    const { server, connection } = pin
    pin.busy = false
    if (server === undefined || connection === undefined) return close(pin)
    if (pin.closed || !reusable || !server.park(connection, () => close(pin))) {
      pin.connection = undefined
      queueMicrotask(() => server.discard(connection))
      return close(pin)
    }
    pin.established = true
    pin.idleSince = now()
    pin.status = status
    // The server's own limit (`Keep-Alive: timeout`) ends it earlier.
    pin.timer = setTimeout(() => close(pin), Math.min(pinnedIdle, connection.keepAliveMs)).unref()
    if (pin.queue.length > 0) proceed(pin)
    else if (waitingForRoom.length > 0) queueMicrotask(admitWaiting)
  }

  const close = (pin: Pin): void => {
    if (pin.closed) return
    if (pins.get(pin.key) === pin) pins.delete(pin.key)
    pin.detach()
    const { server, connection } = pin
    if (!pin.busy && server !== undefined && connection !== undefined) {
      pin.connection = undefined
      server.unpark(connection)
      server.discard(connection)
    }
    for (const { user, timer } of pin.queue.splice(0)) {
      clearTimeout(timer)
      queueMicrotask(() => user.pinLost())
    }
    if (waitingForRoom.length > 0) queueMicrotask(admitWaiting)
  }

  const admitWaiting = (): void => {
    const inOrder = [...waitingForRoom]
    for (const waiting of inOrder) {
      if (!waitingForRoom.includes(waiting) || !makeRoom(waiting.request.session!)) continue
      waitingForRoom.splice(waitingForRoom.indexOf(waiting), 1)
      clearTimeout(waiting.timer)
      waiting.user.pinLost()
    }
  }

  const countWaiting = (session: string): number =>
    waitingForRoom.filter(({ request }) => request.session === session).length

  /** Makes room by closing the connection that has been idle for longest: its client signs in again, unseen. */
  const makeRoom = (session: string): boolean => {
    const all = [...pins.values()]
    const own = all.filter((pin) => pin.session === session)
    const crowded = own.length >= maxPerSession ? own : all.length >= maxPins ? all : undefined
    if (crowded === undefined) return true
    const [oldest] = crowded.filter((pin) => isIdle(pin, now())).toSorted((a, b) => a.idleSince - b.idleSince)
    if (oldest === undefined) return false
    close(oldest)
    return true
  }

  return {
    get size() {
      return pins.size
    },
    has: (request) => find(request) !== undefined,
    enter,
    leave,
    close,
    closeAll: () => [...pins.values()].forEach(close),
  }
}

/** Over HTTP/2, and behind a trusted proxy, requests of one client share no connection of their own: the session binds. */
function keyOf({ client, version }: ForwardRequest, session: string): ClientConnection | string {
  return client === undefined || version === '2' ? session : client
}

function isIdle({ busy, queue, status, idleSince }: Pin, now: number): boolean {
  if (busy || queue.length > 0) return false
  const challenged = status === 401 || status === 407
  return !challenged || now - idleSince >= handshakeGrace
}

function noop(): void {}
