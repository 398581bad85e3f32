// Which address and scheme a request came with: the TCP peer's, unless a trusted proxy vouches for another.

import { isIP } from 'node:net'
import type { Received } from '../../http/exchange.ts'
import { plainAddress, type ProxyTrust } from '../../http/peer-address.ts'
import type { HeaderIndex } from './header-fields.ts'

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
