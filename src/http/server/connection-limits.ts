// Who is connected: every socket of a listener, and how many of one address.

import type { Server, Socket } from 'node:net'
import { addressBlock } from '../../config/address-block.ts'
import type { LimitSettings } from '../../config/configuration.ts'
import { ignoreError } from '../ignore-error.ts'
import { plainAddress, type ProxyTrust } from '../peer-address.ts'

export interface ConnectionLimitOptions {
  readonly limits: Pick<LimitSettings, 'connectionsPerAddress'>
  /** Peers that carry many clients: their connections are not counted. */
  readonly proxies: ProxyTrust
  /** A connection was closed because its address has too many. */
  readonly throttled: () => void
}

/** Connections of one address are bounded, and every socket has its error listener before anything else happens. */
export function limitConnections(
  server: Server,
  { limits, proxies, throttled }: ConnectionLimitOptions,
): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    socket.on('error', ignoreError)
    const address = plainAddress(socket.remoteAddress ?? '')
    const block = proxies(address) ? undefined : addressBlock(address)
    if (block !== undefined) {
      const count = (perAddress.get(block) ?? 0) + 1
      if (count > limits.connectionsPerAddress) {
        throttled()
        return void socket.destroy()
      }
      perAddress.set(block, count)
    }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      if (block === undefined) return
      const left = perAddress.get(block)! - 1
      if (left === 0) perAddress.delete(block)
      else perAddress.set(block, left)
    })
  })
  return sockets
}
