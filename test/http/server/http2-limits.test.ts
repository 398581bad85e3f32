// HTTP/2 floods, frame by frame: each limit is enforced, and other connections are served meanwhile.

import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LimitSettings } from '../../../src/config/configuration.ts'
import { createListener, type Listener } from '../../../src/http/server/listener.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import {
  connectRawHttp2,
  endHeaders,
  endStream,
  field,
  frame,
  frameTypes,
  get,
  reset,
  setting,
  type RawHttp2,
} from '../../support/raw-http2.ts'
import { http1Backend } from '../../support/http1-backend.ts'
import { defaultLimits } from '../../support/default-limits.ts'

const { wiki } = wikiCertificate()
const undo = undoneAfterEach()

const answered = (exchange: Exchange): void =>
  void sendReply(exchange.response, { status: 200, headers: [], body: 'seen' })

async function listen(limits: Partial<LimitSettings>, handle: (exchange: Exchange) => void = answered) {
  const seen: Exchange[] = []
  const listener: Listener = await createListener(
    {
      host: '127.0.0.1',
      port: 0,
      tls: { certificates: [wiki], clientCa: undefined, http2: true },
    },
    {
      limits: { ...defaultLimits, ...limits },
      now: Date.now,
      log: createLogger({ level: 'silent' }),
      proxies: () => false,
      throttled() {},
      http1: http1Backend,
      async handle(exchange) {
        seen.push(exchange)
        handle(exchange)
      },
    },
  )
  undo.push(() => listener.close(0))
  return { port: listener.port, seen }
}

async function raw(port: number, settings?: Buffer): Promise<RawHttp2> {
  const client = await connectRawHttp2(port, settings === undefined ? {} : { settings })
  undo.push(() => client.destroy())
  return client
}

/** One request on a connection of its own. */
async function served(port: number): Promise<number> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: wiki.pem, servername: 'wiki.test' })
  session.on('error', () => {})
  try {
    const stream = session.request({ ':path': '/', ':authority': 'wiki.test' })
    const [headers] = await once(stream, 'response')
    stream.resume()
    return Number(headers[':status'])
  } finally {
    session.destroy()
  }
}

const isReset = (stream: number) => (one: { type: number; stream: number }) =>
  one.type === frameTypes.reset && one.stream === stream
const isGoaway = ({ type }: { type: number }) => type === frameTypes.goaway

test('streams beyond the concurrency limit end the connection, streams up to it do not', async () => {
  const { port, seen } = await listen({ http2Streams: 5 }, () => {})
  const client = await raw(port)
  for (let id = 1; id <= 9; id += 2) client.send(get(id))
  await expect.poll(() => seen.length).toBe(5)
  expect(client.closed()).toBe(false)
  client.send(get(11))
  await client.over
  expect(client.frames.some(isGoaway)).toBe(true)
  expect(seen).toHaveLength(5)
})

test('rapid reset ends the connection after its burst, and another connection is served', async () => {
  const { port, seen } = await listen({ http2ResetsPerSecond: 10 })
  const client = await raw(port)
  let sent = 0
  for (let id = 1; id < 2_000 && !client.closed(); id += 2) {
    client.send(get(id), reset(id))
    sent += 1
    if (sent % 20 === 0) expect(await served(port)).toBe(200)
  }
  await client.over
  expect(client.frames.some(isGoaway)).toBe(true)
  // Requests of the other connections, and few of the reset ones.
  expect(seen.length).toBeLessThan(30)
  expect(await served(port)).toBe(200)
})

test('a page navigation resets all its streams: none of them is handled, and the connection stays open', async () => {
  const { port, seen } = await listen({ http2ResetsPerSecond: 33 })
  const client = await raw(port)
  const all = Array.from({ length: 90 }, (_, at) => 1 + 2 * at)
  // In one packet: a stream that is reset before its turn is not handled.
  client.send(...all.map((id) => get(id)), ...all.map((id) => reset(id)), get(181))
  const answer = await client.until(({ type, stream }) => type === frameTypes.headers && stream === 181)
  expect(answer.payload.length).toBeGreaterThan(0)
  expect(client.frames.some(isGoaway)).toBe(false)
  expect(seen).toHaveLength(1)
})

test('a CONTINUATION flood ends the connection', async () => {
  const { port, seen } = await listen({})
  const client = await raw(port)
  client.send(get(1, Buffer.alloc(0), endStream))
  let sent = 0
  while (!client.closed() && sent < 20_000) {
    client.send(frame(frameTypes.continuation, 0, 1, field('x-a', 'b'.repeat(100))))
    sent += 1
    if (sent % 100 === 0) await pause(1)
  }
  await client.over
  expect(sent).toBeLessThan(20_000)
  expect(seen).toEqual([])
  expect(await served(port)).toBe(200)
})

test.each([
  // The rest refers to the first field in the dynamic table (RFC 7541 2.3.3).
  ['size', Buffer.concat([field('x-a', 'b'.repeat(3_900), true), Buffer.alloc(300, 0x80 | 62)])],
  ['number of fields', Buffer.concat([field('x', '', true), Buffer.alloc(2_400, 0x80 | 62)])],
])(
  'a header section beyond what is read for a page (%s) resets its stream, and the next one is served',
  async (_, block) => {
    const { port, seen } = await listen({ headerBytes: 8_192, headerCount: 100 })
    const client = await raw(port)
    client.send(get(1, block))
    const refused = await client.until(isReset(1))
    expect([constants.NGHTTP2_ENHANCE_YOUR_CALM, constants.NGHTTP2_PROTOCOL_ERROR]).toContain(
      refused.payload.readUInt32BE(),
    )
    expect(seen).toEqual([])
    client.send(get(3))
    await client.until(({ type, stream }) => type === frameTypes.headers && stream === 3)
  },
)

test('an HPACK bomb, a table entry of 4 KB referenced a thousand times, is rejected by its decoded size', async () => {
  const { port, seen } = await listen({ headerBytes: 32_768 })
  const client = await raw(port)
  const before = process.memoryUsage().rss
  for (let id = 1; id <= 401; id += 2) {
    // The first reference of the dynamic table is 62 (RFC 7541 2.3.3).
    const first = id === 1 ? field('x-bomb', 'b'.repeat(3_900), true) : Buffer.alloc(0)
    client.send(get(id, Buffer.concat([first, Buffer.alloc(4_000, 0x80 | 62)])))
  }
  await Promise.race([client.over, client.until(isReset(401))])
  expect(seen).toEqual([])
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2)
  expect(await served(port)).toBe(200)
})

test.each([
  ['PING', frame(frameTypes.ping, 0, 0, Buffer.alloc(8))],
  ['SETTINGS', frame(frameTypes.settings, 0, 0, setting(3, 100))],
])('a flood of %s without reading the acknowledgements ends the connection', async (_, one) => {
  const { port } = await listen({})
  const client = await raw(port)
  client.socket.pause()
  const before = process.memoryUsage().rss
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => one))
  for (let sent = 0; sent < 400 && !client.socket.destroyed; sent++) {
    const more = client.socket.write(many)
    if (!more)
      await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), client.over, pause(200)])
  }
  const otherStatus = await served(port)
  client.socket.resume()
  await Promise.race([client.over, pause(5_000)])
  expect(otherStatus).toBe(200)
  expect(client.closed()).toBe(true)
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 ** 2)
})

test('a client that keeps the flow-control window closed is disconnected, a slow reader is not', async () => {
  const { port, seen } = await listen({ bodyIdleTimeout: 1_000 }, (exchange) => {
    const { response } = exchange
    let left = 20
    const more = (): void => {
      while (left-- > 0) if (!response.write(Buffer.alloc(16_384, left))) return
      response.end()
    }
    response.writeHead(200, ['Content-Length', String(20 * 16_384)])
    response.onDrain(more)
    more()
  })
  // SETTINGS_INITIAL_WINDOW_SIZE 0.
  const silent = await raw(port, setting(4, 0))
  silent.send(get(1))
  await expect.poll(() => seen.length).toBe(1)
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: wiki.pem, servername: 'wiki.test' })
  undo.push(() => session.destroy())
  const slow = session.request({ ':path': '/', ':authority': 'wiki.test' })
  let bytes = 0
  const reading = (async () => {
    for await (const chunk of slow) {
      bytes += (chunk as Buffer).length
      await pause(25)
    }
  })()
  const given = await silent.until(isReset(1))
  expect(given.payload.readUInt32BE()).toBe(constants.NGHTTP2_CANCEL)
  await expect.poll(() => seen[0]!.response.closed).toBe(true)
  await reading
  expect(bytes).toBe(20 * 16_384)
})

test('a stream on which the app is silent is not ended by the idle timeout', async () => {
  const { port } = await listen({ bodyIdleTimeout: 500 }, ({ response }) => {
    response.writeHead(200, ['Content-Type', 'text/event-stream'])
    response.write(Buffer.from('data: first\n\n'))
    setTimeout(() => {
      response.write(Buffer.from('data: second\n\n'))
      response.end()
    }, 1_800)
  })
  const client = await raw(port)
  client.send(get(1, Buffer.alloc(0), endStream | endHeaders))
  await client.until(({ type, payload }) => type === frameTypes.data && payload.includes('second'))
})

const onStream1 = (many: number, one: Buffer) => Array.from({ length: many }, () => one)
const increment = (size: number): Buffer => {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(size)
  return payload
}

test.each([
  ['empty DATA frames (CVE-2019-9518)', onStream1(400, frame(frameTypes.data, 0, 1, Buffer.alloc(0)))],
  [
    'WINDOW_UPDATE beyond the largest window',
    onStream1(3, frame(frameTypes.windowUpdate, 0, 0, increment(0x7fffffff))),
  ],
  ['WINDOW_UPDATE by zero', [frame(frameTypes.windowUpdate, 0, 0, increment(0))]],
  ['a frame larger than 16 KiB', [frame(frameTypes.data, 0, 1, Buffer.alloc(16_385))]],
  ['a SETTINGS frame with 33 entries', [frame(frameTypes.settings, 0, 0, Buffer.concat(onStream1(33, setting(3, 1))))]],
  ['PUSH_PROMISE from a client', [frame(5, endHeaders, 1, Buffer.concat([increment(2), field('a', 'b')]))]],
  ['DATA on streams that never were', onStream1(300, frame(frameTypes.data, 0, 99, Buffer.alloc(1)))],
  ['HEADERS on a stream of the server', [get(2)]],
])('%s: the connection or the stream ends, and another is served', async (_, frames) => {
  const { port } = await listen({}, () => {})
  const client = await raw(port)
  client.send(get(1, Buffer.alloc(0), endHeaders))
  client.send(...frames)
  await Promise.race([client.over, client.until(isGoaway), client.until(isReset(1))])
  expect(client.closed() || client.frames.some((one) => isGoaway(one) || isReset(1)(one))).toBe(true)
  const other = await listen({})
  expect(await served(other.port)).toBe(200)
})

test.each([
  ['WINDOW_UPDATE by one', frame(frameTypes.windowUpdate, 0, 0, increment(1))],
  ['PRIORITY (CVE-2019-9513)', frame(2, 0, 1, Buffer.from([0, 0, 0, 0, 16]))],
  ['frames of an unknown type', frame(200, 0, 0, Buffer.alloc(8))],
])('a flood of %s fills no memory, and another connection is served', async (_, one) => {
  const { port } = await listen({})
  const client = await raw(port)
  const before = process.memoryUsage().rss
  const many = Buffer.concat(onStream1(1_000, one))
  for (let sent = 0; sent < 200 && !client.closed(); sent++) {
    if (!client.socket.write(many)) await Promise.race([once(client.socket, 'drain'), client.over])
  }
  expect(await served(port)).toBe(200)
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2)
})

test('a field name in capital letters resets its stream, and the next one is served', async () => {
  const { port, seen } = await listen({})
  const client = await raw(port)
  client.send(get(1, field('X-A', 'b')))
  await client.until(isReset(1))
  client.send(get(3))
  await client.until(({ type, stream }) => type === frameTypes.headers && stream === 3)
  expect(seen).toHaveLength(1)
})

// RFC 9113 8.2.1 calls such a message malformed; nghttp2 leaves the field out, and Node does not tell.
test.each([
  ['x a', 'b'],
  ['x\0', 'b'],
  ['x-a', ' b'],
  ['x-a', 'b '],
  ['x-a', '\tb'],
  ['x-a', 'b\0'],
])('an invalid field (%j: %j) reaches no request', async (name, value) => {
  const { port, seen } = await listen({})
  const client = await raw(port)
  client.send(get(1, field(name, value)))
  await client.until(({ stream }) => stream === 1)
  for (const { received } of seen) expect(received.headers).toEqual([])
})

test('requests per connection are not limited', async () => {
  const { port, seen } = await listen({})
  const client = await raw(port)
  for (let id = 1; id < 3_000; id += 2) {
    client.send(get(id))
    await client.until(
      ({ type, stream, flags }) => type === frameTypes.data && stream === id && (flags & endStream) !== 0,
    )
    ;(client.frames as unknown[]).length = 0
  }
  expect(seen).toHaveLength(1_500)
})
