// Client address and scheme of a request: the TCP peer's, or X-Forwarded-For and -Proto when sent by a trusted proxy.

import type { Received } from '../../http/exchange.ts'
import type { ProxyTrust } from '../../http/peer-address.ts'
import { addressOfNode } from './forwarded-node.ts'
import type { HeaderIndex } from './header-fields.ts'

/** Why the client of a trusted proxy has no address: for the log, which never shows the value. */
export type AddressGap =
  /** The proxy sent no X-Forwarded-For. */
  | 'x_forwarded_for_absent'
  /** The entry that names the client is not an IP address. */
  | 'x_forwarded_for_unreadable'
  /** Every entry is a trusted proxy, and the last of them named no client. */
  | 'x_forwarded_for_only_proxies'

export interface Client {
  readonly address: string | undefined
  /** Set when `address` is undefined. */
  readonly gap: AddressGap | undefined
  readonly secure: boolean
}

/**
 * `X-Forwarded-For` is read from the right as long as each hop is a trusted proxy: entries left of the first untrusted
 * address may be forged and are ignored. What a trusted proxy does not state readably is unknown, never the proxy's own
 * address, which rules may trust. Returns undefined when `X-Forwarded-Proto` is not one readable scheme.
 */
export function clientOf(received: Received, fields: HeaderIndex, trusted: ProxyTrust): Client | undefined {
  const { address, secure } = received
  if (!trusted(address)) return { address, gap: undefined, secure }
  const scheme = schemeOf(fields.get('x-forwarded-proto'))
  if (scheme === 'unreadable') return undefined
  const hop = lastUntrusted(fields.get('x-forwarded-for'), trusted)
  // Without the field, the scheme of the proxy's own connection counts (docs/guides/load-balancer.md).
  return { ...hop, secure: scheme === undefined ? secure : scheme === 'https' }
}

function lastUntrusted(field: string | undefined, trusted: ProxyTrust): Omit<Client, 'secure'> {
  if (field === undefined) return { address: undefined, gap: 'x_forwarded_for_absent' }
  let end = field.length
  for (;;) {
    const comma = field.lastIndexOf(',', end - 1)
    const address = addressOfNode(field.slice(comma + 1, end).trim())
    // Also for an empty member: what stands left of it may be the client's own.
    if (address === undefined) return { address, gap: 'x_forwarded_for_unreadable' }
    if (!trusted(address)) return { address, gap: undefined }
    if (comma < 0) return { address: undefined, gap: 'x_forwarded_for_only_proxies' }
    end = comma
  }
}

/** Several values count when they agree: when two proxies disagree, it is unknown which saw the client. */
export function schemeOf(field: string | undefined): 'http' | 'https' | 'unreadable' | undefined {
  if (field === undefined) return undefined
  const stated = field.split(',').map(readScheme)
  const [first] = stated
  return first !== undefined && stated.every((scheme) => scheme === first) ? first : 'unreadable'
}

function readScheme(value: string): 'http' | 'https' | 'unreadable' {
  switch (value.trim().toLowerCase()) {
    case 'https':
    // Traefik writes `ws` and `wss` for a WebSocket handshake.
    case 'wss':
      return 'https'
    case 'http':
    case 'ws':
      return 'http'
    // open: any other text
    default:
      return 'unreadable'
  }
}
