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
 * address, which rules may trust. Returns undefined when `X-Forwarded-Proto` has a value that is no scheme.
 */
export function clientOf(received: Received, fields: HeaderIndex, trusted: ProxyTrust): Client | undefined {
  const { address, secure } = received
  if (!trusted(address)) return { address, gap: undefined, secure }
  const { hops, entries, ...client } = lastUntrusted(fields.get('x-forwarded-for'), trusted)
  const scheme = schemeOf(fields.get('x-forwarded-proto'), hops, entries)
  if (scheme === 'unreadable') return undefined
  // Without the field, the scheme of the proxy's own connection counts (docs/guides/load-balancer.md).
  return { ...client, secure: scheme === undefined ? secure : scheme === 'https' }
}

interface LastUntrusted extends Omit<Client, 'secure'> {
  /** Entries to the right of the client's. */
  readonly hops: number
  readonly entries: number
}

function lastUntrusted(field: string | undefined, trusted: ProxyTrust): LastUntrusted {
  if (field === undefined) return { address: undefined, gap: 'x_forwarded_for_absent', hops: 0, entries: 0 }
  const members = field.split(',')
  const entries = members.length
  for (let hops = 0; hops < entries; hops++) {
    const address = addressOfNode(members[entries - 1 - hops]!.trim())
    // Also for an empty member: what stands left of it may be the client's own.
    if (address === undefined) return { address, gap: 'x_forwarded_for_unreadable', hops, entries }
    if (!trusted(address)) return { address, gap: undefined, hops, entries }
  }
  return { address: undefined, gap: 'x_forwarded_for_only_proxies', hops: entries - 1, entries }
}

/**
 * Proxies that append leave one value for each hop, the client's own connection first: of as many values as
 * X-Forwarded-For has entries the one beside the client's address counts, otherwise the first. What a client forges here
 * gains it nothing: a request that an app does not expect over `http` is refused.
 */
export function schemeOf(
  field: string | undefined,
  hops = 0,
  entries = 0,
): 'http' | 'https' | 'unreadable' | undefined {
  if (field === undefined) return undefined
  const stated = field.split(',').map(readScheme)
  if (stated.includes('unreadable')) return 'unreadable'
  return stated.length === entries ? stated[entries - 1 - hops] : stated[0]
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
