// Cross-origin check for WebSocket handshakes: browsers send cookies along from any page.

import type { App } from '../config/configuration.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export interface WebSocketHandshake {
  /** The `Origin` field; undefined where the client sent none. */
  readonly origin: string | undefined
}

export function webSocketHandshake(
  request: Pick<CanonicalRequest, 'upgrade' | 'header'>,
): WebSocketHandshake | undefined {
  return request.upgrade === undefined ? undefined : { origin: request.header('origin') }
}

/**
 * RFC 6455 10.2: CORS does not apply to a handshake, so only its Origin names the page, and SameSite cookies are sent by
 * siblings of the same domain. Without an Origin the client is no browser: only a stolen cookie would come with it.
 */
export function isCrossOriginWebSocket(
  app: Pick<App, 'origin' | 'websocketOrigins'>,
  handshake: WebSocketHandshake | undefined,
): boolean {
  if (handshake === undefined) return false
  const { origin } = handshake
  return origin === undefined || (origin !== app.origin && !app.websocketOrigins.includes(origin))
}
