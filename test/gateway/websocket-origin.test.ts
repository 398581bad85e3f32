// Origin check of WebSocket handshakes: a page of another site would use the session cookie of the user.

import { expect, test } from 'vitest'
import { isCrossOriginWebSocket, webSocketHandshake } from '../../src/gateway/websocket-origin.ts'

const app = { origin: 'https://wiki.example.com', websocketOrigins: ['https://board.example.com'] }

test.each(['https://wiki.example.com', 'https://board.example.com'])('%s may open a WebSocket', (origin) => {
  expect(isCrossOriginWebSocket(app, { origin })).toBe(false)
})

test.each([
  undefined,
  'null',
  '',
  'https://evil.test',
  'https://other.example.com',
  'http://wiki.example.com',
  'https://wiki.example.com:8443',
  'https://wiki.example.com.evil.test',
  'https://wiki.example.com, https://evil.test',
  'HTTPS://WIKI.EXAMPLE.COM',
])('%s may not', (origin) => {
  expect(isCrossOriginWebSocket(app, { origin })).toBe(true)
})

test('a request that is not a WebSocket handshake passes', () => {
  expect(
    isCrossOriginWebSocket(app, webSocketHandshake({ upgrade: undefined, header: () => 'https://evil.test' })),
  ).toBe(false)
})
