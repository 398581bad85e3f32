// Origin check of WebSocket handshakes against cross-site WebSocket hijacking: browsers send cookies from any page.

import type { App } from '../config/configuration.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export interface WebSocketHandshake {
  /** The `Origin` field; undefined when absent. */
  readonly origin: string | undefined
}

export function webSocketHandshake(
  request: Pick<CanonicalRequest, 'upgrade' | 'header'>,
): WebSocketHandshake | undefined {
  return request.upgrade === undefined ? undefined : { origin: request.header('origin') }
}

/**
 * RFC 6455 10.2: CORS does not apply to a handshake, so only Origin identifies the page, and SameSite cookies are also
 * sent from sibling subdomains. A session cookie without an Origin does not come from a browser and may be stolen.
 */
export function isCrossOriginWebSocket(
  app: Pick<App, 'origin' | 'websocketOrigins'>,
  handshake: WebSocketHandshake | undefined,
): boolean {
  if (handshake === undefined) return false
  const { origin } = handshake
  return origin === undefined || (origin !== app.origin && !app.websocketOrigins.includes(origin))
}
