// Which address and scheme a request came with: the TCP peer's, unless a trusted proxy vouches for another.

import { isIP } from 'node:net'
import type { Received } from './exchange.ts'
import type { HeaderIndex } from './header-fields.ts'

/** `gateway.trusted_proxies`, compiled. */
export type ProxyTrust = (address: string) => boolean

/** An IPv4 client on a dual-stack socket appears as `::ffff:192.0.2.1`; networks are written as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/**
 * `X-Forwarded-For` is read from the right, for as long as the sender is trusted: what a stranger wrote to the left
 * of that never counts. Anything that is no address ends the walk at the last one that was.
 */
export function clientOf(
  received: Received,
  fields: HeaderIndex,
  trusted: ProxyTrust,
): { address: string; secure: boolean } {
  let address = received.address
  if (!trusted(address)) return { address, secure: received.secure }
  const hops = (fields.get('x-forwarded-for') ?? '').split(',').map((hop) => plainAddress(hop.trim()))
  while (trusted(address)) {
    const hop = hops.pop()
    if (hop === undefined || isIP(hop) === 0) break
    address = hop
  }
  const scheme = fields.get('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase()
  return { address, secure: scheme === undefined ? received.secure : scheme === 'https' }
}
