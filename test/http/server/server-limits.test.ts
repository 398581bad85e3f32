// Limits of the HTTP servers, side by side: heads, keep-alive, pipelining, chunk extensions, trailers, connections.

import { once } from 'node:events'
import { Server, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { RequestBody } from '../../../src/proxy/request-body.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import { connectRawHttp2, endHeaders, endStream, field, frame, frameTypes, get } from '../../support/raw-http2.ts'
import { closedWithin, http1Servers, limitedListener, received, servers } from '../../support/limited-listener.ts'

const { wiki } = wikiCertificate()
const undo = undoneAfterEach()
afterEach(() => void vi.restoreAllMocks())

const head = (more = '', target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: wiki.test\r\n${more}\r\n`
const post = 'POST / HTTP/1.1\r\nHost: wiki.test\r\nTransfer-Encoding: chunked\r\n\r\n'
const later = (response: { readonly headersSent: boolean }): void => void response

/** Writes `text` one byte at a time, every 50 ms. */
function drip(socket: Socket, text: string): void {
  let at = 0
  const timer = setInterval(() => {
    if (socket.writable) socket.write(text[at++ % text.length]!)
  }, 50)
  undo.push(() => clearInterval(timer))
}

/** An HTTP/2 connection that sent its preface and has no stream. */
async function http2(port: number) {
  const client = await connectRawHttp2(port)
  undo.push(() => client.destroy())
  return client
}

test.each(http1Servers)(
  '%s: the head of the first request must be complete within the header time-out',
  async (name) => {
    const { connectTcp, throttled } = await limitedListener(name, undefined, undo, { headerTimeout: 1_000 })
    const silent = connectTcp()
    const slow = connectTcp()
    slow.write('GET / HTTP/1.1\r\nHost: a\r\nX: ')
    drip(slow, 'a')
    const answers = await Promise.all([received(silent), received(slow)])
    for (const answer of answers) expect(answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/)
    expect(throttled()).toBe(0)
  },
)

test.each(http1Servers)('%s: an idle connection ends after the keep-alive time-out, by bytes or not', async (name) => {
  const { connectTcp } = await limitedListener(name, undefined, undo, { keepAliveTimeout: 1_000, headerTimeout: 1_000 })
  const idle = connectTcp()
  const dripping = connectTcp()
  for (const socket of [idle, dripping]) {
    socket.write(head())
    await received(socket, /seen$/)
  }
  drip(
    dripping,
    'GET / HTTP/1.1\r\nHost: a\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  )
  const times = await Promise.all([closedWithin(idle, 5_000), closedWithin(dripping, 5_000)])
  for (const time of times) expect(time).toBeLessThan(3_500)
})

test('http2: the first stream must be complete within the header time-out', async () => {
  const { port, connect } = await limitedListener('http2', wiki, undo, { headerTimeout: 1_000 })
  const noPreface = connect()
  await once(noPreface, 'secureConnect')
  const silent = await http2(port)
  const pinging = await http2(port)
  const slow = await http2(port)
  slow.send(get(1, Buffer.alloc(0), endStream))
  const timer = setInterval(() => {
    pinging.send(frame(frameTypes.ping, 0, 0, Buffer.alloc(8)))
    slow.send(frame(frameTypes.continuation, 0, 1, field('x', 'a')))
  }, 200)
  undo.push(() => clearInterval(timer))
  const sockets = [noPreface, silent.socket, pinging.socket, slow.socket]
  const times = await Promise.all(sockets.map((socket) => closedWithin(socket, 6_000)))
  for (const time of times) expect(time).toBeLessThan(4_500)
})

test('http2: a connection without an open stream ends after the keep-alive time-out, PING frames or not', async () => {
  const { port, seen } = await limitedListener('http2', wiki, undo, { keepAliveTimeout: 1_000 })
  const clients = [await http2(port), await http2(port), await http2(port)] as const
  const [idle, pinging, dripping] = clients
  for (const client of clients) {
    client.send(get(1))
    await client.until(({ type, stream }) => type === frameTypes.data && stream === 1)
  }
  dripping.send(get(3, Buffer.alloc(0), endStream))
  const timer = setInterval(() => {
    pinging.send(frame(frameTypes.ping, 0, 0, Buffer.alloc(8)))
    dripping.send(frame(frameTypes.continuation, 0, 3, field('x', 'a')))
  }, 200)
  undo.push(() => clearInterval(timer))
  const times = await Promise.all([idle, pinging, dripping].map(({ socket }) => closedWithin(socket, 6_000)))
  for (const time of times) expect(time).toBeLessThan(4_500)
  expect(seen).toHaveLength(3)
})

test('http2: a connection with an open stream is kept, however long the application is silent', async () => {
  const limits = { keepAliveTimeout: 1_000, headerTimeout: 1_000, bodyIdleTimeout: 1_000 }
  const { port } = await limitedListener('http2', wiki, undo, limits, ({ response }) => {
    response.writeHead(200, [])
    response.write(Buffer.from('first'))
    setTimeout(() => response.end(), 3_000)
  })
  const client = await http2(port)
  client.send(get(1))
  const ended = ({ type, stream, flags }: { type: number; stream: number; flags: number }) =>
    type === frameTypes.data && stream === 1 && (flags & endStream) !== 0
  await client.until(ended)
  expect(client.frames.some(({ type }) => type === frameTypes.goaway)).toBe(false)
})

test.each(servers)('%s: an upload that pauses for longer than the idle time-out ends', async (name) => {
  const failures: string[] = []
  const { connect, port } = await limitedListener(name, wiki, undo, {}, (exchange) => {
    if (exchange.kind !== 'http') return
    const body = new RequestBody(exchange.body, { bytes: undefined, idle: 500 })
    body.on('error', (error: Error & { code?: string }) => {
      failures.push(error.code ?? '')
      sendReply(exchange.response, { status: 408, headers: [], body: 'paused' })
    })
    body.resume()
  })
  if (name === 'http2') {
    const client = await http2(port)
    client.send(get(1, Buffer.alloc(0), endHeaders), frame(frameTypes.data, 0, 1, Buffer.from('a')))
    await client.until(({ type, payload }) => type === frameTypes.data && payload.includes('paused'))
  } else {
    const socket = connect()
    socket.write(`${post}1\r\na\r\n`)
    expect(await received(socket, /paused$/)).toMatch(/^HTTP\/1\.1 408 /)
  }
  expect(failures).toEqual(['body_idle'])
})

test.each(http1Servers)('%s: requests per connection are not limited', async (name) => {
  const { connectTcp, seen } = await limitedListener(name, undefined, undo)
  const socket = connectTcp()
  for (let count = 0; count < 1_500; count++) {
    socket.write(head())
    await received(socket, /seen$/)
    socket.removeAllListeners('data').removeAllListeners('close')
  }
  expect(seen).toHaveLength(1_500)
})

test('einlass: pipelined requests are handled one at a time, and 64 KiB of them are read ahead', async () => {
  const { connectTcp, seen } = await limitedListener('einlass', undefined, undo, {}, ({ response }) => later(response))
  const socket = connectTcp()
  let accepted = 0
  const many = Buffer.from(head().repeat(1_000))
  for (let i = 0; i < 500 && accepted === i; i++) {
    const flushed = new Promise<boolean>((resolve) => {
      socket.write(many, () => resolve(true))
      setTimeout(() => resolve(false), 300)
    })
    if (await flushed) accepted++
  }
  expect(seen).toHaveLength(1)
  // The rest waits in the buffers of the two kernels.
  expect(accepted).toBeLessThan(500)
})

test('node: more than a hundred pipelined requests without a response end the connection', async () => {
  const { connectTcp, seen } = await limitedListener('node', undefined, undo, {}, ({ response }) => later(response))
  const some = connectTcp()
  some.write(head().repeat(100))
  await expect.poll(() => seen.length).toBe(100)
  expect(await closedWithin(some, 300)).toBeUndefined()
  const many = connectTcp()
  many.write(head().repeat(5_000))
  expect(await closedWithin(many, 2_000)).toBeDefined()
  expect(seen).toHaveLength(200)
})

test.each(http1Servers)('%s: chunk extensions beyond 16 KiB end the request', async (name) => {
  const { connectTcp } = await limitedListener(name, undefined, undo, {}, ({ response, ...exchange }) => {
    if (exchange.kind === 'http') exchange.body.resume()
    later(response)
  })
  const socket = connectTcp()
  socket.write(`${post}1;a=${'b'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`)
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 4(?:00|13) /)
})

test.each(http1Servers)('%s: trailers beyond the size of a head end the request', async (name) => {
  const { connectTcp } = await limitedListener(name, undefined, undo, {}, ({ response, ...exchange }) => {
    if (exchange.kind === 'http') exchange.body.resume()
    later(response)
  })
  const socket = connectTcp()
  socket.write(`${post}1\r\nx\r\n0\r\n${`X-T: ${'b'.repeat(1_000)}\r\n`.repeat(1_200)}\r\n`)
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 4(?:00|31) /)
})

test('http2: trailers beyond the size of a header section reset the stream', async () => {
  const { port } = await limitedListener('http2', wiki, undo, {}, ({ response, ...exchange }) => {
    if (exchange.kind === 'http') exchange.body.resume()
    later(response)
  })
  const client = await http2(port)
  client.send(get(1, Buffer.alloc(0), endHeaders))
  const block = field('x-t', 'b'.repeat(4_000))
  client.send(frame(frameTypes.headers, endStream, 1, block))
  for (let i = 0; i < 20; i++) client.send(frame(frameTypes.continuation, 0, 1, block))
  client.send(frame(frameTypes.continuation, endHeaders, 1, block))
  const refused = ({ type }: { type: number }) => type === frameTypes.reset || type === frameTypes.goaway
  await Promise.race([client.until(refused), client.over])
})

test.each(servers)('%s: connections of one address are limited', async (name) => {
  const { connectTcp, throttled } = await limitedListener(name, wiki, undo, { connectionsPerAddress: 3 })
  const kept = [connectTcp(), connectTcp(), connectTcp()]
  await Promise.all(kept.map((socket) => once(socket, 'connect')))
  expect(await closedWithin(connectTcp(), 1_000)).toBeDefined()
  expect(throttled()).toBe(1)
  const other = connectTcp('127.0.0.2')
  await once(other, 'connect')
  expect(await closedWithin(other, 200)).toBeUndefined()
})

test.each(servers)(
  '%s: at the limit in all, the address with most connections loses its newest, and a newcomer is served',
  async (name) => {
    const { connectTcp, throttled } = await limitedListener(name, wiki, undo, { connections: 12 })
    const opened = async (from: string): Promise<Socket> => {
      const socket = connectTcp(from)
      await once(socket, 'connect')
      return socket
    }
    const person = await opened('127.0.0.9')
    const flood: Socket[] = []
    for (let i = 0; i < 11; i++) flood.push(await opened('127.0.0.66'))
    expect(throttled()).toBe(0)
    const newcomers = [await opened('127.0.0.10'), await opened('127.0.0.11')]
    expect(await closedWithin(flood[10]!, 1_000)).toBeDefined()
    expect(await closedWithin(flood[9]!, 1_000)).toBeDefined()
    // The one that holds most cannot push anybody out.
    expect(await closedWithin(await opened('127.0.0.66'), 1_000)).toBeDefined()
    for (const socket of [person, ...newcomers, flood[0]!]) expect(await closedWithin(socket, 100)).toBeUndefined()
    expect(throttled()).toBe(3)
  },
)

test('at the limit in all, addresses with one connection each are not pushed out by another such address', async () => {
  const { connectTcp } = await limitedListener('einlass', undefined, undo, { connections: 3 })
  const kept = [2, 3, 4].map((last) => connectTcp(`127.0.0.${last}`))
  await Promise.all(kept.map((socket) => once(socket, 'connect')))
  expect(await closedWithin(connectTcp('127.0.0.5'), 1_000)).toBeDefined()
  for (const socket of kept) expect(await closedWithin(socket, 50)).toBeUndefined()
  kept[0]!.destroy()
  await expect
    .poll(async () => {
      const again = connectTcp('127.0.0.5')
      return closedWithin(again, 100)
    })
    .toBeUndefined()
})

test.each(servers)('%s: the accept queue holds 1024 connections', async (name) => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  await limitedListener(name, wiki, undo)
  expect(listen.mock.calls[0]![0]).toMatchObject({ backlog: 1024 })
})

test.each(http1Servers)('%s: white space before a colon, or a line folded, is malformed', async (name) => {
  const { connectTcp, seen } = await limitedListener(name, undefined, undo)
  for (const more of ['X : a\r\n', ' X: a\r\n', 'X: a\r\n b\r\n', 'X\t: a\r\n']) {
    const socket = connectTcp()
    socket.write(head(more))
    expect(await received(socket), more).toMatch(/^HTTP\/1\.1 400 /)
  }
  expect(seen).toEqual([])
})
