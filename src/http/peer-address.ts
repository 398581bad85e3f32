// Normalises the address of a TCP peer, and defines the trusted-proxy predicate.

/** `gateway.trusted_proxies`, compiled. */
export type ProxyTrust = (address: string) => boolean

/** Converts the IPv4-mapped address of a dual-stack socket (`::ffff:192.0.2.1`) to IPv4, as networks are configured. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
