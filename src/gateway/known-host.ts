// Name and logo for the error page of a malformed request: only on a configured host, so that strangers learn no name.

import type { Received } from '../http/exchange.ts'
import type { Face } from '../web/kit/face.ts'
import type { ActiveConfig } from './active-config.ts'

type Known = Pick<ActiveConfig, 'configuration' | 'hosts' | 'rules'>

/**
 * Undefined where the request names no host, several, or one that is not configured. Never throws, because it is used where
 * something has failed already.
 */
export function faceOfHost(config: Known, received: Received): Face | undefined {
  try {
    return find(config, received)
  } catch {
    return undefined
  }
}

function find(config: Known, received: Received): Face | undefined {
  const stated = [
    ...(received.authority === undefined ? [] : [received.authority]),
    ...received.headers.filter((_text, at) => at % 2 === 1 && received.headers[at - 1]!.toLowerCase() === 'host'),
  ]
  const known = (host: string | undefined): boolean =>
    host !== undefined && (host === config.configuration.gateway.host || config.hosts.has(host))
  const schemes = ['http', 'https'] as const
  const all = stated.map((text) => schemes.some((scheme) => known(config.rules.hostOf(text, scheme))))
  return all.length > 0 && all.every(Boolean) ? config.rules.face : undefined
}
