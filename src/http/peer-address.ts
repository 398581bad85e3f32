// The address of the TCP peer in its plain form, and which peers are trusted proxies.

/** `gateway.trusted_proxies`, compiled. */
export type ProxyTrust = (address: string) => boolean

/** An IPv4 client on a dual-stack socket appears as `::ffff:192.0.2.1`; networks are written as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
