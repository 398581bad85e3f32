// Client address and scheme of a request: the TCP peer's, or X-Forwarded-For and -Proto when sent by a trusted proxy.

import { isIP } from 'node:net'
import type { Received } from '../../http/exchange.ts'
import { plainAddress, type ProxyTrust } from '../../http/peer-address.ts'
import type { HeaderIndex } from './header-fields.ts'

/**
 * `X-Forwarded-For` is read from the right as long as each hop is a trusted proxy: entries left of the first untrusted
 * address may be forged and are ignored. An entry that is not an IP address ends the walk at the last valid one.
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
