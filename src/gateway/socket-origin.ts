// Which pages may open a WebSocket in a person's name. Browsers send cookies along whoever's page it is.

import type { App } from '../config/configuration.ts'
import type { CanonicalRequest } from './canonical.ts'

/**
 * RFC 6455 10.2: a handshake is no subject of CORS, so only its Origin says whose page asks, and SameSite lets siblings
 * of the same domain through. Without an Origin it is no browser, and then nothing but a stolen cookie vouches for it.
 */
export function fromAnotherPage(app: Pick<App, 'origin' | 'websocketOrigins'>, request: CanonicalRequest): boolean {
  if (request.upgrade === undefined) return false
  const origin = request.header('origin')
  return origin === undefined || (origin !== app.origin && !app.websocketOrigins.includes(origin))
}
