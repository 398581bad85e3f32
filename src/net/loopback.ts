// Loopback addresses and names, and a DNS lookup that resolves the names (RFC 6761 6.3) without a resolver.

import { lookup as systemLookup } from 'node:dns'
import { isIPv4, type LookupFunction } from 'node:net'

/** True for `localhost`, `*.localhost`, 127.0.0.0/8 and ::1, with or without brackets; no port. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase()
  return isLoopbackName(name) || name === '[::1]' || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}

/** For `net.connect` and undici: resolves loopback names to 127.0.0.1, which Node's resolver may not; others as usual. */
export const lookupWithLoopback: LookupFunction = (hostname, options, callback) => {
  if (!isLoopbackName(hostname.toLowerCase())) return systemLookup(hostname, options, callback)
  // Asynchronous like a real lookup: undici does not expect a synchronous callback.
  process.nextTick(() => {
    if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  })
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}
