// Addresses no request is forwarded to: special ones, and the listeners of Einlass itself, which would be a loop.

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopback } from '../net/loopback.ts'
import { specialAddress } from '../net/special-addresses.ts'
import type { GatewaySettings } from './configuration.ts'

/** Why `address` (without brackets) with `port` is refused as an upstream; undefined: it is not. */
export type UpstreamRefusal = (address: string, port: number) => string | undefined

/** `local`: addresses of this machine. Checked when the configuration is loaded, and at each connect for names. */
export function upstreamRefusal(
  {
    listen,
    httpRedirect,
    operations,
  }: Pick<GatewaySettings, 'listen' | 'operations'> & Partial<Pick<GatewaySettings, 'httpRedirect'>>,
  local: ReadonlySet<string> = localAddresses(),
): UpstreamRefusal {
  // Port 0 is chosen by the system later.
  const all = [...listen, ...(httpRedirect?.listen ?? []), ...(operations === undefined ? [] : [operations])]
  const own = all.filter(({ port }) => port !== 0)
  const listeners = own.map(({ host, port }) => ({ host: plain(host), port, operations: port === operations?.port }))
  return (address, port) => {
    const special = specialAddress(address)
    if (special !== undefined) return special
    const host = plain(address)
    const found = listeners.find((one) => one.port === port && accepts(one.host, host, local))
    if (found === undefined) return undefined
    return found.operations ? 'the operations listener of Einlass' : 'a listener of Einlass itself'
  }
}

/** Whether a listener on `listening` gets connections to `host`. */
function accepts(listening: string, host: string, local: ReadonlySet<string>): boolean {
  if (listening === host) return true
  // `::` takes IPv4 connections as well.
  const everywhere = listening === '0.0.0.0' || listening === '::'
  return everywhere && (isLoopback(host) || local.has(host))
}

/** Names of this machine become addresses; IPv4-mapped addresses become IPv4. */
function plain(host: string): string {
  const name = host.toLowerCase().replace(/%.*$/, '')
  if (isIP(name) === 0) return isLoopback(name) ? '127.0.0.1' : name
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(name)
  if (mapped !== null) return mapped[1]!
  const words = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name)
  if (words === null) return name
  const [high, low] = [Number.parseInt(words[1]!, 16), Number.parseInt(words[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function localAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => plain(address))))
}
