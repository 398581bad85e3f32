// Aggregates client addresses for rate limits and connection limits: one IPv4 address, or the /56 of an IPv6 client.

import { isIPv6 } from 'node:net'

/**
 * `address`: without IPv4-mapped prefix. Returns an IPv6 address as `prefix::/56`: what one customer usually gets
 * (RFC 6177), so that 256 networks of one customer do not count as 256 clients; an IPv4 address, or the name of an unknown
 * one, unchanged.
 */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address
  const [head, tail] = address.replace(/%.*$/, '').split('::') as [string, string | undefined]
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    // An IPv4 address at the end is two groups long (RFC 4291 2.2).
    const width = after.length + (tail.includes('.') ? 1 : 0)
    while (groups.length + width < 8) groups.push('0')
    groups.push(...after)
  }
  const [first, second, third, fourth] = groups.map((group) => Number.parseInt(group, 16))
  return `${[first, second, third, fourth! & 0xff00].map((group) => group!.toString(16)).join(':')}::/56`
}
