// Special addresses: link-local, cloud metadata, unspecified, multicast, broadcast; no application is reached there.

import { BlockList, isIP } from 'node:net'

type Range = readonly [family: 'ipv4' | 'ipv6', address: string, prefix: number]

/**
 * IANA special-purpose address registries (RFC 6890), and where clouds put the service that hands out a machine's
 * credentials. Loopback and private ranges are where applications are, and not here.
 */
const ranges: readonly { readonly what: string; readonly ranges: readonly Range[] }[] = [
  {
    what: 'a metadata service of a cloud',
    ranges: [
      // AWS, Google, Azure, OpenStack and others; ECS tasks; then Alibaba, Oracle, Azure's WireServer.
      ['ipv4', '169.254.169.254', 32],
      ['ipv4', '169.254.170.0', 24],
      ['ipv4', '100.100.100.200', 32],
      ['ipv4', '192.0.0.192', 32],
      ['ipv4', '168.63.129.16', 32],
      // AWS EC2 and EKS, Google.
      ['ipv6', 'fd00:ec2::', 32],
      ['ipv6', 'fd20:ce::254', 128],
    ],
  },
  {
    what: 'a link-local address',
    ranges: [
      ['ipv4', '169.254.0.0', 16],
      ['ipv6', 'fe80::', 10],
    ],
  },
  {
    what: 'an unspecified address',
    ranges: [
      ['ipv4', '0.0.0.0', 8],
      ['ipv6', '::', 128],
    ],
  },
  {
    what: 'a multicast address',
    ranges: [
      ['ipv4', '224.0.0.0', 4],
      ['ipv6', 'ff00::', 8],
    ],
  },
  { what: 'a broadcast or reserved address', ranges: [['ipv4', '240.0.0.0', 4]] },
]

const lists = ranges.map(({ what, ranges: some }) => {
  const list = new BlockList()
  for (const [family, address, prefix] of some) {
    list.addSubnet(address, prefix, family)
    // RFC 6052: the same address through NAT64. `BlockList` itself compares IPv4-mapped addresses.
    if (family === 'ipv4') list.addSubnet(`64:ff9b::${address}`, 96 + prefix, 'ipv6')
  }
  return { what, list }
})

const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
])

/** What is special about a host of a URL, with or without brackets: `a link-local address`. Undefined: nothing. */
export function specialAddress(hostname: string): string | undefined {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version === 0) return metadataNames.has(host.replace(/\.$/, '')) ? 'a metadata service of a cloud' : undefined
  // A zone (`%eth0`) only says through which interface.
  const address = host.replace(/%.*$/, '')
  return lists.find(({ list }) => list.check(address, version === 4 ? 'ipv4' : 'ipv6'))?.what
}
