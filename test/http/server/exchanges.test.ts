// What an exchange tells about its client on each server: peer, TLS, connection, time; and what HTTP/2 clients are told first.

import { once } from 'node:events'
import { expect, test } from 'vitest'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import { http1Servers, limitedListener, received, servers } from '../../support/limited-listener.ts'
import { connectRawHttp2, endHeaders, field, frameTypes, get } from '../../support/raw-http2.ts'

const { wiki } = wikiCertificate()
const undo = undoneAfterEach()

const head = 'GET /a?b HTTP/1.1\r\nHost: wiki.test\r\nX-Two: 1\r\nx-two: 2\r\n\r\n'

test.each(servers)('%s: the peer, its TLS, its connection and the time of a request', async (server) => {
  let now = 1_000
  const open = await limitedListener(
    server,
    wiki,
    undo,
    {},
    ({ response }) => response.destroy(),
    () => now++,
  )
  const before = now
  let port: number | undefined
  if (server === 'http2') {
    const client = await connectRawHttp2(open.port, { servername: 'Wiki.Test' })
    undo.push(() => client.destroy())
    port = client.socket.localPort
    client.send(get(1, field('x-two', '1')))
  } else {
    const socket = open.connect({ servername: 'Wiki.Test' })
    await once(socket, 'secureConnect')
    port = socket.localPort
    socket.write(head)
  }
  await expect.poll(() => open.seen.length).toBe(1)
  const [exchange] = open.seen
  expect(exchange).toMatchObject({
    kind: 'http',
    received: {
      method: 'GET',
      version: server === 'http2' ? '2' : '1.1',
      omittedCookies: 0,
      address: '127.0.0.1',
      port,
      serverName: 'wiki.test',
      secure: true,
      bodyEnded: server === 'http2',
    },
  })
  if (server !== 'http2') {
    expect(exchange!.received).toMatchObject({
      target: '/a?b',
      headers: ['Host', 'wiki.test', 'X-Two', '1', 'x-two', '2'],
      authority: undefined,
    })
  } else expect(exchange!.received.headers).toEqual(['x-two', '1'])
  expect(exchange!.startedAt).toBeGreaterThanOrEqual(before)
  expect(exchange!.startedAt).toBeLessThanOrEqual(now)
})

test.each(http1Servers)(
  '%s: without TLS there is no server name, and the connection ends with its client',
  async (server) => {
    const { connectTcp, seen } = await limitedListener(server, undefined, undo, {}, () => {})
    const socket = connectTcp()
    socket.write(head)
    await expect.poll(() => seen.length).toBe(1)
    const { received: one, connection } = seen[0]!
    expect(one).toMatchObject({ serverName: undefined, secure: false, port: socket.localPort })
    expect(connection.destroyed).toBe(false)
    const closed = new Promise<void>((resolve) => connection.once('close', resolve))
    socket.destroy()
    await closed
    expect(connection.destroyed).toBe(true)
  },
)

test.each(http1Servers)('%s: a version of the protocol that there is not is unknown', async (server) => {
  for (const line of ['GET / HTTP/2.0', 'GET / HTTP/1.2']) {
    const { connectTcp, seen } = await limitedListener(server, undefined, undo)
    const socket = connectTcp()
    socket.write(`${line}\r\nHost: wiki.test\r\n\r\n`)
    // Some parsers refuse it themselves.
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 400 /)
    expect(seen.map(({ received: one }) => one.version)).not.toContain('1.1')
  }
})

test('http2: a client is told the limits on streams and fields, and that nothing is pushed', async () => {
  const { port } = await limitedListener('http2', wiki, undo, { http2Streams: 77, headerBytes: 9_000 })
  const client = await connectRawHttp2(port)
  undo.push(() => client.destroy())
  const { payload } = await client.until(({ type, flags }) => type === frameTypes.settings && flags === 0)
  const settings: Record<number, number> = {}
  for (let at = 0; at < payload.length; at += 6) settings[payload.readUInt16BE(at)] = payload.readUInt32BE(at + 2)
  // RFC 9113 6.5.2: ENABLE_PUSH, MAX_CONCURRENT_STREAMS, MAX_HEADER_LIST_SIZE.
  expect(settings).toMatchObject({ 2: 0, 3: 77, 6: 9_000 + 1_048_576 })
})

test('http2: 100 Continue is sent to a client that waits for it, when the body is wanted', async () => {
  const { port } = await limitedListener('http2', wiki, undo, {}, (exchange) => {
    if (exchange.kind === 'http') exchange.proceed()
    exchange.response.writeHead(200, ['Content-Length', '0'])
    exchange.response.end()
  })
  for (const [fields, heads] of [
    [field('expect', '100-continue'), 2],
    [field('x-expect', '100-continue'), 1],
  ] as const) {
    const client = await connectRawHttp2(port)
    undo.push(() => client.destroy())
    client.send(get(1, fields, endHeaders))
    await client.until(({ type, stream, flags }) => stream === 1 && (type === frameTypes.reset || (flags & 1) !== 0))
    expect(client.frames.filter(({ type, stream }) => type === frameTypes.headers && stream === 1)).toHaveLength(heads)
  }
})
