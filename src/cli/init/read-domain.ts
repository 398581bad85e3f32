// Reads the address of the gateway, and compares what the DNS says about a host with the addresses of this machine.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { parseOrigin } from '../../config/address.ts'
import { isLoopback } from '../../net/loopback.ts'
import { accepted, rejected, type Read } from './answer.ts'
import type { Messages } from './messages/en.ts'

export interface GatewayAddress {
  readonly origin: string
  readonly hostname: string
  readonly secure: boolean
  /** Of the URL; 443 or 80 where none is written. */
  readonly port: number
}

/** `access.example.com`, or an origin. `loopbackOnly`: for the demo provider, by http alone. */
export function readGatewayAddress(t: Messages, loopbackOnly = false): Read<GatewayAddress> {
  return async (text) => {
    if (text === '') return rejected(t.needed)
    const parsed = parseOrigin(withScheme(text), 'loopback')
    if (!parsed.ok) return rejected(t.domain.invalid(parsed.message))
    const { origin, hostname, secure } = parsed
    const here = isLoopback(hostname)
    if (loopbackOnly && (!here || secure)) return rejected(t.domain.loopbackOnly)
    if (!here && (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !hostname.includes('.'))) {
      return rejected(t.domain.name)
    }
    const port = Number(new URL(origin).port) || (secure ? 443 : 80)
    const remark = await dnsRemark(hostname, t)
    return accepted({ origin, hostname, secure, port }, remark === undefined ? [] : [remark])
  }
}

/** `http:` for loopback names, which need no certificate. */
export function withScheme(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  const host = /^(\[[^\]]*\]|[^:/]*)/.exec(text)?.[1] ?? ''
  return `${isLoopback(host) ? 'http' : 'https'}://${text}`
}

/** What is odd about the DNS of `hostname`; undefined: nothing, or it is on loopback. Waits at most 5 s. */
export async function dnsRemark(hostname: string, t: Messages): Promise<string | undefined> {
  if (isLoopback(hostname)) return undefined
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, 5_000, undefined).unref())
  const found = await Promise.race([lookup(hostname, { all: true }).catch(() => undefined), late])
  if (found === undefined || found.length === 0) return t.domain.unknown(hostname)
  const addresses = [...new Set(found.map(({ address }) => address))]
  const own = ownAddresses()
  if (addresses.some((address) => own.includes(address))) return undefined
  return t.domain.elsewhere(hostname, addresses.slice(0, 4).join(', '), own.slice(0, 4).join(', ') || '-')
}

/** Of this machine, without loopback and link-local ones. */
function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  return all.filter(({ internal, address }) => !internal && !/^fe80:/i.test(address)).map(({ address }) => address)
}
