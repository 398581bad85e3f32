// Connection limit per client address (IPv6: per address block), and the set of open sockets of a listener.

import type { Server, Socket } from 'node:net'
import { addressBlock } from '../../config/address-block.ts'
import type { LimitSettings } from '../../config/configuration.ts'
import { ignoreError } from '../ignore-error.ts'
import { plainAddress, type ProxyTrust } from '../peer-address.ts'

export interface ConnectionLimitOptions {
  readonly limits: Pick<LimitSettings, 'connectionsPerAddress'>
  /** Trusted proxies, which carry many clients: their connections are not counted. */
  readonly proxies: ProxyTrust
  /** Called when a connection was closed because its address is at the limit. */
  readonly throttled: () => void
}

/** Enforces the limit, and adds an error listener to every socket first. Returns the live set of open sockets. */
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
