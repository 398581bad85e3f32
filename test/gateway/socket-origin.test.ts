// A WebSocket opened by another site's page would carry the person's cookie and be anybody's to use.

import { expect, test } from 'vitest'
import type { CanonicalRequest } from '../../src/gateway/canonical.ts'
import { fromAnotherPage } from '../../src/gateway/socket-origin.ts'

const app = { origin: 'https://wiki.example.com', websocketOrigins: ['https://board.example.com'] }

function asked(origin: string | undefined, upgrade: CanonicalRequest['upgrade']): CanonicalRequest {
  const header = (name: string) => (name === 'origin' ? origin : undefined)
  return { upgrade, header } as CanonicalRequest
}

test.each(['https://wiki.example.com', 'https://board.example.com'])('%s may open a WebSocket', (origin) => {
  expect(fromAnotherPage(app, asked(origin, 'websocket'))).toBe(false)
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
  expect(fromAnotherPage(app, asked(origin, 'websocket'))).toBe(true)
})

test('what is no WebSocket may come from everywhere: CORS and the app decide', () => {
  expect(fromAnotherPage(app, asked('https://evil.test', undefined))).toBe(false)
})
