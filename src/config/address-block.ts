// Aggregates client addresses for rate limits and connection limits: one IPv4 address, or a block of IPv6 addresses.

import { isIPv6 } from 'node:net'

/**
 * Returns an IPv6 address as `prefix::/64`, the network of one link, or as `prefix::/56`, what a provider usually assigns
 * to one customer (RFC 6177); an IPv4 address, or the name of an unknown one, unchanged. `address`: without IPv4-mapped
 * prefix.
 */
export function addressBlock(address: string, bits: 56 | 64 = 64): string {
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
  const numbers = groups.slice(0, 4).map((group) => Number.parseInt(group, 16))
  if (bits === 56) numbers[3] = numbers[3]! & 0xff00
  return `${numbers.map((group) => group.toString(16)).join(':')}::/${bits}`
}
