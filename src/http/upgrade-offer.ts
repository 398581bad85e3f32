// Upgrade offers: whether a client asks for WebSocket, the only protocol ever switched to, or for another one.

/**
 * RFC 9110 7.8: a server ignores an offer it does not take, and answers the request as usual. `other`: any other
 * protocol, also a list with WebSocket in it, which no WebSocket client sends. `headers`: name, value, ...
 */
export function upgradeOffer(headers: readonly string[]): 'websocket' | 'other' | undefined {
  let offer: 'websocket' | 'other' | undefined
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.length !== 7 || headers[i]!.toLowerCase() !== 'upgrade') continue
    offer = offer === undefined && isWebSocket(headers[i + 1]!) ? 'websocket' : 'other'
  }
  return offer
}

/** RFC 6455 4.2.1: compared without case. */
export function isWebSocket(protocol: string): boolean {
  return protocol.toLowerCase() === 'websocket'
}
