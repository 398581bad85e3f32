// A WebSocket handshake that failed never becomes a tunnel: the 101 of an upstream is checked against the offer.

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { acceptOf, handshakeError, type WebSocketOffer } from '../../src/proxy/websocket-handshake.ts'
import { app, startProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient } from '../support/raw-client.ts'
import { startRawUpstream } from '../support/raw-upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

// The example of RFC 6455 1.3.
const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'
const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'

/** A client offers `offered`, the upstream answers with `raw` and talks at once. */
async function handshake(raw: string, offered = '') {
  const upstream = await startRawUpstream(({ socket }) => socket.write(`${raw}\r\nhello`))
  cleanups.push(() => upstream.close())
  const front = await startProxyEnvironment(app([upstream.origin]))
  cleanups.push(() => front.close())
  const client = startRawClient(
    front.port,
    `GET /chat HTTP/1.1\r\nHost: erp.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${offered}\r\nGET /smuggled HTTP/1.1\r\n\r\n`,
  )
  cleanups.push(() => client.socket.destroy())
  return { upstream, front, client }
}

const offers =
  'Sec-WebSocket-Protocol: chat.v1, chat.v2\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-ours\r\n'

describe('a handshake that failed at the upstream is a 502, and both sides are closed', () => {
  test.each<readonly [string, string, string?]>([
    ['without Sec-WebSocket-Accept', switching],
    ['with the Accept of another key', `${switching}Sec-WebSocket-Accept: ${acceptOf('AAAAAAAAAAAAAAAAAAAAAA==')}\r\n`],
    ['with the key as Accept', `${switching}Sec-WebSocket-Accept: ${key}\r\n`],
    ['with an Accept in another case', `${switching}${accept.replace('s3pP', 'S3pP')}`],
    ['with two Accepts', `${switching}${accept}${accept}`],
    ['with a right and a wrong Accept', `${switching}${accept}Sec-WebSocket-Accept: x\r\n`],
    ['with a list of Accepts', `${switching}${accept.trim()}, x\r\n`],
    ['with a subprotocol where none was offered', `${switching}${accept}Sec-WebSocket-Protocol: chat.v1\r\n`],
    ['with a subprotocol not offered', `${switching}${accept}Sec-WebSocket-Protocol: admin\r\n`, offers],
    ['with a subprotocol in another case', `${switching}${accept}Sec-WebSocket-Protocol: Chat.v1\r\n`, offers],
    ['with two subprotocols', `${switching}${accept}Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n`, offers],
    ['with an empty subprotocol', `${switching}${accept}Sec-WebSocket-Protocol:\r\n`, offers],
    [
      'with an extension where none was offered',
      `${switching}${accept}Sec-WebSocket-Extensions: permessage-deflate\r\n`,
    ],
    ['with an extension not offered', `${switching}${accept}Sec-WebSocket-Extensions: x-ours, x-theirs\r\n`, offers],
    ['to HTTP/2', switching.replace('websocket', 'h2c') + accept],
    ['to a list of protocols', switching.replace('websocket', 'websocket, h2c') + accept],
    ['to two protocols', `${switching}Upgrade: h2c\r\n${accept}`],
    ['without Upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n' + accept],
    ['without Connection: Upgrade', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' + accept],
  ])('101 %s', async (_name, raw = '', offered) => {
    const { upstream, front, client } = await handshake(raw, offered)
    await client.until(/^HTTP\/1.1 502 /)
    await client.over
    expect(client.text()).not.toContain('hello')
    expect(await front.result(1)).toMatchObject({ status: 0, end: 'upstream_failed', errorStatus: 502 })
    await expect.poll(() => upstream.open()).toBe(0)
    // What came behind the handshake was for a tunnel, and is no request.
    expect(upstream.connections.join('')).not.toContain('smuggled')
  })
})

describe('a handshake that succeeded is a tunnel', () => {
  test.each<readonly [string, string, string?]>([
    ['with nothing negotiated', `${switching}${accept}`],
    [
      'with names and values in another case',
      (switching + accept).replace('Upgrade: w', 'UPGRADE: W').replace('Connection: U', 'connection: keep-alive, u'),
    ],
    ['with nothing of what was offered', `${switching}${accept}`, offers],
    ['with an offered subprotocol', `${switching}${accept}Sec-WebSocket-Protocol: chat.v2\r\n`, offers],
    [
      'with offered extensions and parameters',
      `${switching}${accept}Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits=12\r\nSec-WebSocket-Extensions: x-ours\r\n`,
      offers,
    ],
  ])('%s', async (_name, raw = '', offered) => {
    const { upstream, client } = await handshake(raw, offered)
    expect(await client.until(/hello$/)).toMatch(/^HTTP\/1.1 101 /)
    await expect.poll(() => upstream.connections[0]).toContain('smuggled')
  })

  test('an ordinary answer to a handshake passes', async () => {
    const { client } = await handshake('HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n')
    await client.over
    expect(client.text()).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n[^]*hello$/)
  })
})

describe('the check of a 101', () => {
  test('accepts exactly the digest of the key that was sent', () => {
    expect(acceptOf(key)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    const keys = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    fc.assert(
      fc.property(keys, keys, (sent, other) => {
        const offer: WebSocketOffer = { key: sent, protocols: undefined, extensions: undefined }
        const answer = (value: string) => [
          'Connection',
          'Upgrade',
          'Upgrade',
          'websocket',
          'Sec-WebSocket-Accept',
          value,
        ]
        const digest = createHash('sha1').update(`${other}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
        expect(handshakeError(answer(digest), offer) === undefined).toBe(sent === other)
        expect(handshakeError(answer(acceptOf(sent)), offer)).toBeUndefined()
      }),
    )
  })

  test('never accepts a subprotocol or an extension that was not offered', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'a b', '', 'A', '"a,b"')
    fc.assert(
      fc.property(fc.array(name), fc.array(name), fc.array(name), (offered, protocols, extensions) => {
        const offer: WebSocketOffer = { key, protocols: offered.join(', '), extensions: offered.join(', ') }
        const answer = ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Accept', acceptOf(key)]
        for (const one of protocols) answer.push('Sec-WebSocket-Protocol', one)
        for (const one of extensions) answer.push('Sec-WebSocket-Extensions', one)
        if (handshakeError(answer, offer) !== undefined) return
        expect(protocols.length).toBeLessThan(2)
        for (const one of protocols) expect(offered).toContain(one)
      }),
    )
  })
})
