// A name of `to` that resolves to a special address, or to Einlass itself, is refused at each connect.

import { afterEach, expect, test } from 'vitest'
import type { LookupFunction } from 'node:net'
import { upstreamRefusal } from '../../src/config/upstream-addresses.ts'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { answering, startRawUpstream } from '../support/raw-upstream.ts'
import { startRawClient } from '../support/raw-client.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const ok = answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
const request = 'GET /latest/meta-data HTTP/1.1\r\nHost: erp.example.com\r\n\r\n'
const handshake =
  'GET /ws HTTP/1.1\r\nHost: erp.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'

async function frontTo(
  port: number,
  addresses: () => readonly string[],
  gateway: Parameters<typeof upstreamRefusal>[0],
): Promise<ProxyEnvironment> {
  const lookup: LookupFunction = (_name, options, callback) => {
    const all = addresses().map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    queueMicrotask(() => (options.all === true ? callback(null, all) : callback(null, all[0]!.address, all[0]!.family)))
  }
  const front = await startProxyEnvironment(app([`http://app.example.com:${port}`]), {
    lookup,
    refusal: upstreamRefusal(gateway),
  })
  cleanups.push(() => front.close())
  return front
}

async function statusOf(front: ProxyEnvironment, bytes: string): Promise<string> {
  const client = startRawClient(front.port, bytes)
  cleanups.push(() => client.socket.destroy())
  return (await client.until(/^HTTP\/1.1 \d{3}/)).slice(9, 12)
}

test.each([
  ['a request', request],
  ['a handshake', handshake],
])('%s to a name that resolves to a special address is a 502 with a clear reason', async (_name, bytes) => {
  const front = await frontTo(80, () => ['169.254.169.254', 'fe80::1'], { listen: [], operations: undefined })
  expect(await statusOf(front, bytes)).toBe('502')
  const reason =
    'ADDRESS_REFUSED: app.example.com resolves to 169.254.169.254, a metadata service of a cloud; fe80::1, a link-local address'
  expect(front.results[0]).toMatchObject({ errorStatus: 502, detail: reason })
  expect(front.warnings).toContainEqual(expect.objectContaining({ detail: reason }))
})

test('a name that resolves to a listener of Einlass is refused, and loopback itself is not', async () => {
  const upstream = await startRawUpstream(ok)
  cleanups.push(() => upstream.close())
  const own = { host: '0.0.0.0', port: upstream.port, tls: undefined }
  const loop = await frontTo(upstream.port, () => ['127.0.0.1'], { listen: [own], operations: undefined })
  expect(await statusOf(loop, request)).toBe('502')
  expect(loop.results[0]?.detail).toContain('127.0.0.1, a listener of Einlass itself')
  const plain = await frontTo(upstream.port, () => ['127.0.0.1'], {
    listen: [{ ...own, port: upstream.port + 1 }],
    operations: undefined,
  })
  expect(await statusOf(plain, request)).toBe('200')
  expect(upstream.requests).toHaveLength(1)
})

test('a name that changes its address is checked again at the next connect', async () => {
  const upstream = await startRawUpstream(
    answering('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
  )
  cleanups.push(() => upstream.close())
  let address = '127.0.0.1'
  const front = await frontTo(upstream.port, () => [address], { listen: [], operations: undefined })
  expect(await statusOf(front, request)).toBe('200')
  address = '169.254.169.254'
  expect(await statusOf(front, request)).toBe('502')
  address = '127.0.0.1'
  expect(await statusOf(front, request)).toBe('200')
})
