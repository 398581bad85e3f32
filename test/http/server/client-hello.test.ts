// Reader of a ClientHello: what real clients send, in pieces, cut off and with any byte changed.

import { connect } from 'node:tls'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { maxHelloBytes, readClientHello } from '../../../src/http/server/client-hello.ts'

/** First flight of Node's own client. */
function helloOf(options: object): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read() {}, write: (chunk: Buffer) => resolve(chunk) })
    connect({ socket: wire, ...options }).on('error', () => {})
  })
}

let hello: Buffer
beforeAll(async () => {
  hello = await helloOf({ servername: 'WIKI.example.com', ALPNProtocols: ['acme-tls/1'] })
})

test('server name and protocols of a real client', async () => {
  expect(readClientHello(hello)).toEqual({ serverName: 'wiki.example.com', protocols: ['acme-tls/1'] })
  const other = await helloOf({ servername: 'a.example.com', ALPNProtocols: ['h2', 'http/1.1'], maxVersion: 'TLSv1.2' })
  expect(readClientHello(other)).toEqual({ serverName: 'a.example.com', protocols: ['h2', 'http/1.1'] })
  expect(readClientHello(await helloOf({}))).toEqual({ serverName: '', protocols: [] })
})

test('a part of it is incomplete, and what follows does not count', () => {
  for (let length = 0; length < hello.length; length++)
    expect(readClientHello(hello.subarray(0, length))).toBe('incomplete')
  expect(readClientHello(Buffer.concat([hello, Buffer.alloc(100, 255)]))).toEqual(readClientHello(hello))
})

test.each([
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['an alert', Buffer.of(21, 3, 3, 0, 2, 2, 40)],
  ['another version of the record layer', Buffer.of(22, 2, 0, 0, 4, 1, 0, 0, 0)],
  ['a record longer than permitted', Buffer.of(22, 3, 1, 0x40, 0x01)],
  ['an empty record', Buffer.of(22, 3, 1, 0, 0)],
  ['another message of the handshake', Buffer.of(22, 3, 1, 0, 4, 2, 0, 0, 0)],
  ['a hello without content', Buffer.of(22, 3, 1, 0, 4, 1, 0, 0, 0)],
  ['a hello over several records', Buffer.of(22, 3, 1, 0, 4, 1, 0, 1, 0)],
])('%s is left to the handshake', (_what, bytes) => {
  expect(readClientHello(bytes)).toBeUndefined()
})

test('no bytes throw, and none are waited for beyond one record', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readClientHello(Buffer.from(bytes))),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(hello)
      changed[at] = value
      readClientHello(changed)
    }),
    { numRuns: 5_000 },
  )
  expect(readClientHello(Buffer.concat([Buffer.of(22, 3, 1, 0x40, 0), Buffer.alloc(maxHelloBytes - 6)]))).toBe(
    'incomplete',
  )
  expect(
    readClientHello(Buffer.concat([Buffer.of(22, 3, 1, 0x40, 0), Buffer.alloc(maxHelloBytes - 5)])),
  ).toBeUndefined()
})
