// Addresses of the operator's own network: loopback and the private ranges, which no router of the internet forwards.

import { BlockList, isIP } from 'node:net'

const own = new BlockList()
own.addSubnet('127.0.0.0', 8, 'ipv4')
own.addAddress('::1', 'ipv6')
// RFC 1918 and RFC 4193. The shared range of RFC 6598 is left out: a carrier's other customers are there.
own.addSubnet('10.0.0.0', 8, 'ipv4')
own.addSubnet('172.16.0.0', 12, 'ipv4')
own.addSubnet('192.168.0.0', 16, 'ipv4')
own.addSubnet('fc00::', 7, 'ipv6')

/** Of an IP address, with or without brackets; false for a name. */
export function isOwnNetwork(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const version = isIP(address)
  return version !== 0 && own.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
