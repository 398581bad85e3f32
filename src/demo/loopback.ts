// Names that mean this machine: Node does not resolve `*.localhost` by itself (RFC 6761 section 6.3 says it may).

import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** True for `localhost`, `*.localhost`, `127.0.0.0/8` and `[::1]`, without a port. */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** For `net.connect` and `undici`: `*.localhost` is 127.0.0.1, everything else is asked of the system. */
export const loopbackLookup: LookupFunction = (hostname, options, callback) => {
  if (hostname !== 'localhost' && !hostname.endsWith('.localhost')) return systemLookup(hostname, options, callback)
  if (options.all) return callback(null, [{ address: '127.0.0.1', family: 4 }])
  return callback(null, '127.0.0.1', 4)
}
