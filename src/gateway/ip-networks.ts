// Looks up the configured IP networks (CIDR) that contain an address.

import { BlockList, isIP } from 'node:net'
import type { Configuration } from '../config/configuration.ts'

/**
 * Returns the names of the networks that contain an address; none for an unknown one (undefined), whose conditions do not
 * read them. Cached: the same address gets the same set, because the decision cache compares by identity.
 */
export function createNetworkLookup(
  networks: Configuration['networks'],
): (address: string | undefined) => ReadonlySet<string> {
  const matchers = [...networks].map(([name, cidrs]) => [name, cidrMatcher(cidrs)] as const)
  const known = new Map<string, ReadonlySet<string>>()
  return (address) => {
    if (address === undefined) return noNames
    const found = known.get(address)
    if (found !== undefined) return found
    const names = new Set(matchers.filter(([, contains]) => contains(address)).map(([name]) => name))
    if (known.size >= maxCacheEntries) known.clear()
    known.set(address, names)
    return names
  }
}

const noNames: ReadonlySet<string> = new Set()
const maxCacheEntries = 10_000

/** Compiles CIDRs and single addresses, whose syntax the configuration has checked. */
export function cidrMatcher(cidrs: readonly string[]): (address: string) => boolean {
  if (cidrs.length === 0) return () => false
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address, prefix] = cidr.split('/') as [string, string | undefined]
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => {
    const family = isIP(address)
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}
