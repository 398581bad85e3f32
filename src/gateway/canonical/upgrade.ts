// Upgrade of a request: accepts valid WebSocket handshakes only, and ignores offers of other protocols.

import type { Exchange } from '../../http/exchange.ts'
import { isWebSocket } from '../../http/upgrade-offer.ts'
import type { HeaderIndex } from './header-fields.ts'

/** `upgrade`: an invalid handshake, 400. `websocket_version`: a version other than 13, 426 (RFC 6455 4.2.2). */
export type UpgradeError = 'upgrade' | 'websocket_version'

/**
 * RFC 6455 4.2.1. Every part of a handshake is checked before anything is sent upstream; one with a body, trailers or
 * Expect is rejected (see docs/explanation/security.md). `length`: bytes of the body, undefined when unknown.
 */
export function upgradeOf(
  exchange: Exchange,
  fields: HeaderIndex,
  length: number | undefined,
): 'websocket' | undefined | UpgradeError {
  const protocol = fields.get('upgrade')
  const { method, version } = exchange.received
  if (exchange.kind !== 'upgrade') {
    // RFC 9110 7.8: an offer is ignored. RFC 9113 8.2.2: in HTTP/2 the field makes the request malformed. WebSocket
    // without `Connection: Upgrade` is a handshake that something on the way has broken.
    return protocol === undefined || (version !== '2' && !isWebSocket(protocol)) ? undefined : 'upgrade'
  }
  const plain = length === 0 && !fields.has('trailer') && !fields.has('expect') && !fields.has('transfer-encoding')
  const request = plain && method === 'GET' && version === '1.1' && isWebSocket(protocol ?? '')
  if (!request) return 'upgrade'
  if (fields.get('sec-websocket-version') !== '13') return 'websocket_version'
  // 16 bytes in base64.
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(fields.get('sec-websocket-key') ?? '') ? 'websocket' : 'upgrade'
}
