// Connection limits: per client address (IPv6: per address block) and in all; and the set of open sockets of a listener.

import type { Server, Socket } from 'node:net'
import { addressBlock } from '../../config/address-block.ts'
import type { LimitSettings } from '../../config/configuration.ts'
import { ignoreError } from '../ignore-error.ts'
import { plainAddress, type ProxyTrust } from '../peer-address.ts'

export interface ConnectionLimitOptions {
  readonly limits: Pick<LimitSettings, 'connections' | 'connectionsPerAddress'>
  /** Trusted proxies, which carry many clients: their connections are not counted per address, nor closed for others. */
  readonly proxies: ProxyTrust
  /** Called when a connection was closed because a limit was reached. */
  readonly throttled: () => void
}

/** Enforces the limits, and adds an error listener to every socket first. Returns the live set of open sockets. */
export function limitConnections(
  server: Server,
  { limits, proxies, throttled }: ConnectionLimitOptions,
): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  /** Sockets of each address block, oldest first. */
  const blocks = new Map<string, Set<Socket>>()

  const close = (socket: Socket): void => {
    throttled()
    socket.destroy()
  }
  const remove = (socket: Socket, block: string | undefined): void => {
    sockets.delete(socket)
    if (block === undefined) return
    const own = blocks.get(block)
    if (own?.delete(socket) === true && own.size === 0) blocks.delete(block)
  }
  /**
   * Makes room by the address block that holds most: a limit in all that refused newcomers could be filled by a stranger.
   * Its newest connection is closed, since what is open longest is most likely in use. False when no block holds more than
   * the newcomer would.
   */
  const makeRoom = (newcomer: number): boolean => {
    let largest: Set<Socket> | undefined
    for (const one of blocks.values()) if (one.size > (largest?.size ?? newcomer)) largest = one
    const newest = largest && [...largest].at(-1)
    if (newest === undefined) return false
    // At once: `close` is emitted a turn later.
    remove(newest, blockOf.get(newest))
    close(newest)
    return true
  }
  const blockOf = new WeakMap<Socket, string>()

  server.on('connection', (socket: Socket) => {
    socket.on('error', ignoreError)
    const address = plainAddress(socket.remoteAddress ?? '')
    const block = proxies(address) ? undefined : addressBlock(address)
    const own = block === undefined ? undefined : blocks.get(block)
    const count = block === undefined ? 0 : (own?.size ?? 0) + 1
    if (count > limits.connectionsPerAddress) return close(socket)
    if (sockets.size >= limits.connections && !makeRoom(count)) return close(socket)
    sockets.add(socket)
    if (block !== undefined) {
      blockOf.set(socket, block)
      if (own === undefined) blocks.set(block, new Set([socket]))
      else own.add(socket)
    }
    socket.once('close', () => remove(socket, block))
  })
  return sockets
}
