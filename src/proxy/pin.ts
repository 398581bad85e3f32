// Pin: one private upstream connection, bound to a session and its client, with a queue of exchanges in order.

import type { ClientConnection } from '../http/exchange.ts'
import type { UpstreamConnection } from './client/connection.ts'
import type { ForwardRequest } from './upstream.ts'
import type { UpstreamServer } from './upstream-server.ts'

/** An exchange that uses a pin; one call of these follows `Pins.enter`, at once or later. */
export interface PinUser {
  /** Its turn: until `Pins.leave` the connection is its own. */
  pinGranted(pin: Pin): void
  /** A limit is reached. */
  pinRefused(): void
  /** The connection it waited for is gone. */
  pinLost(): void
}

/** A user in a queue, with the timer that ends its wait. */
export interface Waiting {
  readonly user: PinUser
  readonly request: ForwardRequest
  readonly timer: NodeJS.Timeout
}

/** A class, because it is changed by `pins.ts` at each step. */
export class Pin {
  /** The client's connection, or the session where a client has several. */
  readonly key: ClientConnection | string
  readonly session: string
  readonly queue: Waiting[] = []
  readonly clients = new Set<ClientConnection>()
  server: UpstreamServer | undefined
  connection: UpstreamConnection | undefined
  /** An exchange was completed on the connection: it may carry the state of a sign-in. */
  established = false
  busy = false
  closed = false
  /** Epoch milliseconds of the end of the last exchange, and its status. */
  idleSince = 0
  status = 0
  timer: NodeJS.Timeout | undefined
  /** Ends its registration for re-authorization. */
  unregister: () => void = () => {}
  /** Closes it when its last client has gone. */
  readonly onClientClose: () => void

  constructor(key: Pin['key'], session: string, onAllClientsGone: (pin: Pin) => void) {
    this.key = key
    this.session = session
    this.onClientClose = () => {
      for (const client of this.clients) if (client.destroyed) this.clients.delete(client)
      if (this.clients.size === 0) onAllClientsGone(this)
    }
  }

  /** The connection for an attempt; a new one where none is open. */
  take(server: UpstreamServer): UpstreamConnection {
    if (this.connection !== undefined) {
      if (this.established) this.server!.unpark(this.connection)
      return this.connection
    }
    this.server = server
    this.connection = server.acquirePinned()
    return this.connection
  }

  /** The connection could not be opened: the next attempt opens another one. */
  drop(): void {
    const { server, connection } = this
    this.server = undefined
    this.connection = undefined
    // Not from within a callback of its parser.
    if (connection !== undefined) queueMicrotask(() => server!.discard(connection))
  }

  watch(client: ClientConnection | undefined): void {
    if (client === undefined || this.clients.has(client)) return
    this.clients.add(client)
    client.once('close', this.onClientClose)
  }

  /** Detaches it from everything that could reach it. */
  detach(): void {
    this.closed = true
    clearTimeout(this.timer)
    this.unregister()
    for (const client of this.clients) client.off('close', this.onClientClose)
    this.clients.clear()
  }
}
