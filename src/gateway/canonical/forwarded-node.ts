// Forwarded node: reads the IP address from one member of X-Forwarded-For as proxies write it (RFC 7239 6).

import { isIP, SocketAddress } from 'node:net'

/** RFC 7239 6: `nodename [":" node-port]`; the port is a number or obfuscated. IPv6 is in brackets, here optional. */
const ipv4Node = /^([0-9.]+)(?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?$/
const bracketedNode = /^\[([0-9A-Fa-f:.]+)(?:%[A-Za-z0-9._~%-]{1,32})?\](?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?$/
const bareIpv6 = /^([0-9A-Fa-f:.]+)(?:%[A-Za-z0-9._~%-]{1,32})?$/
/** RFC 9110 5.6.4. RFC 7239 4 requires it around a port or an IPv6 address. */
const quoted = /^"([^"\\]*)"$/

/**
 * Returns the address in its canonical text form, without quotes, brackets, port and zone; an IPv4-mapped one as IPv4.
 * Undefined for anything else: `unknown`, an obfuscated identifier (`_hidden`), a host name, an empty member.
 */
export function addressOfNode(member: string): string | undefined {
  const text = quoted.exec(member)?.[1] ?? member
  // Nearly all: needs no further form.
  if (isIP(text) === 4) return text
  const name = (ipv4Node.exec(text) ?? bracketedNode.exec(text) ?? bareIpv6.exec(text))?.[1]
  if (name === undefined) return undefined
  const family = isIP(name)
  if (family === 4) return text[0] === '[' ? undefined : name
  return family === 6 ? canonicalIpv6(name) : undefined
}

/** RFC 5952. Two spellings of one address must be one address to rules, limits and the audit. */
function canonicalIpv6(text: string): string {
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
