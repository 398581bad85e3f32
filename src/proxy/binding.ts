// Binding of one exchange to a private upstream connection: waits for its pin, takes its connection, gives it back.

import type { UpstreamConnection } from './client/connection.ts'
import type { NeededProtocol } from './client/http2-connections.ts'
import type { Pin, Pins, PinUser } from './pins.ts'
import type { ForwardRequest } from './upstream.ts'
import type { UpstreamServer } from './upstream-server.ts'

/** Implemented by the exchange. */
export interface BindingListener {
  /** It may begin. `server`: the one its private connection leads to. */
  bound(server: UpstreamServer | undefined): void
  /** `lost`: the connection the handshake began on is gone. */
  notBound(reason: 'throttled' | 'lost'): void
}

/** A class, because there is one per exchange, but only where a pin exists or a request needs one. */
export class Binding implements PinUser {
  readonly #pins: Pins
  readonly #request: ForwardRequest
  readonly #mayPin: boolean
  readonly #listener: BindingListener
  #pin: Pin | undefined
  #stopWaiting: (() => void) | undefined

  /** `isUpgrade`: its connection is handed over afterwards, so that no pin is created for it. */
  constructor(pins: Pins, request: ForwardRequest, isUpgrade: boolean, listener: BindingListener) {
    this.#pins = pins
    this.#request = request
    this.#mayPin = request.session !== undefined && request.onPinned !== undefined && !isUpgrade
    this.#listener = listener
  }

  begin(): void {
    const { credentials } = this.#request.headers
    if (!this.#pins.has(this.#request)) {
      // It answers a challenge given on another connection: sent on this one it would be a replay.
      if (credentials === 'continuation') return this.#listener.notBound('lost')
      // Without a session nothing could end the connection: it is used for this request alone.
      if (credentials === undefined || !this.#mayPin) return this.#listener.bound(undefined)
    }
    const stop = this.#pins.enter(this.#request, this)
    if (this.#pin === undefined) this.#stopWaiting = stop
  }

  pinGranted(pin: Pin): void {
    this.#stopWaiting = undefined
    this.#pin = pin
    this.#listener.bound(pin.server)
  }

  pinRefused(): void {
    this.#stopWaiting = undefined
    this.#listener.notBound('throttled')
  }

  pinLost(): void {
    if (this.#stopWaiting === undefined) return
    this.#stopWaiting = undefined
    this.begin()
  }

  /** The connection carries the state of earlier exchanges: on a new one the request would mean something else. */
  get established(): boolean {
    return this.#pin?.established === true
  }

  /** Credentials never travel on a pooled connection. */
  connect(server: UpstreamServer, newConnection: boolean, needed: NeededProtocol): UpstreamConnection {
    if (this.#pin !== undefined) return this.#pin.take(server)
    if (this.#request.headers.credentials !== undefined) return server.acquire(true, 'http1')
    return server.acquire(newConnection, needed)
  }

  /** The server could not be reached, and another one is tried: false when there is no pin. */
  reconnect(): boolean {
    this.#pin?.drop()
    return this.#pin !== undefined
  }

  /** The attempt has ended: false when its connection was not a pin's. */
  leave(reusable: boolean, status: number): boolean {
    const pin = this.#pin
    this.#pin = undefined
    if (pin !== undefined) this.#pins.leave(pin, reusable, status)
    return pin !== undefined
  }

  /** The connection becomes a tunnel. */
  handOver(): void {
    if (this.#pin !== undefined) this.#pins.close(this.#pin)
  }

  stopWaiting(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
  }
}
