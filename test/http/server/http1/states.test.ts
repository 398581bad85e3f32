// States of a connection of our own HTTP/1 server, by a clock of the test: which time-out counts when, and what ends it.

import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Exchange } from '../../../../src/http/exchange.ts'
import { sendReply } from '../../../../src/gateway/send-reply.ts'
import { createHttp1Connections } from '../../../../src/http/server/http1/server.ts'
import { createLogger } from '../../../../src/telemetry/logger.ts'
import { defaultLimits } from '../../../support/default-limits.ts'
import { closedWithin } from '../../../support/limited-listener.ts'
import { undoneAfterEach } from '../../../support/hooks.ts'

const undo = undoneAfterEach()

/** Connections are checked every 10 ms of real time. */
const limits = { headerTimeout: 40, keepAliveTimeout: 60 }
const clock = { now: 0 }
beforeEach(() => void (clock.now = 1_000_000))

const head = (line = 'GET / HTTP/1.1', more = ''): string => `${line}\r\nHost: wiki.test\r\n${more}\r\n`
const chunked = 'Transfer-Encoding: chunked\r\n'
const answer = ({ response, received: { target } }: Exchange): void =>
  void sendReply(response, { status: 200, headers: [], body: target })

/** A listener whose sockets the test knows: what was sent may arrive later. */
async function listen(handle: (exchange: Exchange) => void = answer) {
  const seen: Exchange[] = []
  const sockets: Socket[] = []
  const connections = createHttp1Connections({
    limits: { ...defaultLimits, ...limits },
    now: () => clock.now,
    handle: (exchange) => (seen.push(exchange), handle(exchange)),
    log: createLogger({ level: 'silent' }),
  })
  const server = createServer((socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
    connections.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => (connections.stop(), server.close(), sockets.forEach((socket) => socket.destroy())))
  const { port } = server.address() as AddressInfo
  return { port, seen, sockets, connections }
}

/** The bytes that all connections together have read, so that they are in their state. */
const arrived = ({ sockets }: { readonly sockets: readonly Socket[] }, connections: number, bytes: number) =>
  expect
    .poll(() => [sockets.length, sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)])
    .toEqual([connections, bytes])

/** Connects, sends, and waits for an answer. */
async function opened(port: number, sent: string, until?: RegExp): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  undo.push(() => socket.destroy())
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.write(sent)
  if (until !== undefined) await expect.poll(() => text).toMatch(until)
  return { socket, text: () => text }
}
/** Two checks at this time. */
const checked = async (now: number): Promise<void> => {
  clock.now = now
  await pause(25)
}
const timedOut = /^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/

describe('a time-out', () => {
  test('of the head counts for a connection that has sent nothing, or a part of it', async () => {
    const server = await listen()
    const all = [await opened(server.port, ''), await opened(server.port, 'GET / HT')]
    await arrived(server, 2, 8)
    await checked(1_000_040)
    for (const { text } of all) expect(text()).toBe('')
    await checked(1_000_041)
    for (const { text } of all) await expect.poll(text).toMatch(timedOut)
  })

  test('between requests is another, and ends the connection without an answer', async () => {
    const { port } = await listen()
    const { socket, text } = await opened(port, head(), /\/$/)
    const before = text()
    await checked(1_000_060)
    expect(await closedWithin(socket, 10)).toBeUndefined()
    clock.now = 1_000_061
    await expect.poll(() => socket.readableEnded).toBe(true)
    expect(text()).toBe(before)
  })

  test.each([
    ['a head', 'GET /2 HTTP/1.1\r\n'],
    ['a large head', `GET /2 HTTP/1.1\r\nCookie: ${'c'.repeat(40_000)}`],
  ])('of %s that begins later counts from its first bytes, not from the last ones', async (_name, part) => {
    const server = await listen()
    const { socket, text } = await opened(server.port, head(), /\/$/)
    const before = text()
    await checked(1_000_050)
    socket.write(part)
    await arrived(server, 1, head().length + part.length)
    await checked(1_000_085)
    socket.write('X: a')
    await arrived(server, 1, head().length + part.length + 4)
    await checked(1_000_090)
    expect(text()).toBe(before)
    await checked(1_000_091)
    await expect.poll(text).toMatch(/HTTP\/1\.1 408 /)
  })

  test('counts for no request that is being handled, and the next one waits for its own', async () => {
    let finish = (): void => {}
    const { port, seen } = await listen((exchange) => {
      if (exchange.received.target === '/slow') finish = () => answer(exchange)
      else answer(exchange)
    })
    const { socket, text } = await opened(port, head('GET /slow HTTP/1.1'))
    await expect.poll(() => seen.length).toBe(1)
    await checked(9_000_000)
    expect([text(), await closedWithin(socket, 1)]).toEqual(['', undefined])
    finish()
    await expect.poll(text).toMatch(/\/slow$/)
    await checked(9_000_060)
    expect(socket.readableEnded).toBe(false)
  })

  test('of two seconds ends a client that goes on sending after the last response', async () => {
    const { port } = await listen()
    const { socket, text } = await opened(port, '\0', /400/)
    const sending = setInterval(() => socket.write('x'.repeat(100)), 5)
    undo.push(() => clearInterval(sending))
    await checked(1_002_000)
    expect(await closedWithin(socket, 30)).toBeUndefined()
    clock.now = 1_002_001
    expect(await closedWithin(socket, 1_000)).toBeDefined()
    // What it sent is discarded, also another request.
    expect(text()).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
})

describe('a body', () => {
  test('that becomes malformed ends the request with 400, and its handler is told', async () => {
    let exchange: Exchange | undefined
    const gone: string[] = []
    const { port } = await listen((one) => {
      exchange = one
      one.response.onClientClose(() => gone.push('client'))
      if (one.kind === 'http') one.body.on('close', () => gone.push('body')).resume()
    })
    const { socket, text } = await opened(port, head('POST / HTTP/1.1', chunked))
    await expect.poll(() => exchange).toBeDefined()
    socket.write('x')
    await expect.poll(text).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    await expect.poll(() => gone.toSorted()).toEqual(['body', 'client'])
    expect(exchange!.response.closed).toBe(true)
    sendReply(exchange!.response, { status: 200, headers: [], body: 'late' })
    await pause(5)
    expect(text()).not.toContain('late')
  })

  test('that is malformed from its beginning reaches no handler', async () => {
    const { port, seen } = await listen()
    const { text } = await opened(port, `${head('POST / HTTP/1.1', chunked)}x`, /400/)
    expect(text()).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    expect(seen).toEqual([])
  })

  test('that becomes malformed after the head of the response cuts it', async () => {
    const { port } = await listen(({ response }) => {
      response.writeHead(200, ['Content-Length', '9'])
      response.write(Buffer.from('half'))
    })
    const { socket, text } = await opened(port, head('POST / HTTP/1.1', chunked), /half$/)
    socket.write('x')
    await expect.poll(() => socket.readableEnded).toBe(true)
    expect(text()).toMatch(/^HTTP\/1\.1 200 [^]*half$/)
  })

  test.each([
    ['by length', 'Content-Length: 5\r\n', ['hel', 'lo']],
    ['in chunks', chunked, ['5\r\nhel', 'lo\r\n0\r\n\r\n']],
  ])('%s ends where the next request begins, in whatever packets', async (_name, framing, [first, last]) => {
    const bodies: string[] = []
    const { port, seen } = await listen((exchange) => {
      let body = ''
      if (exchange.kind !== 'http') return
      exchange.body.on('data', (chunk: Buffer) => (body += String(chunk)))
      exchange.body.on('end', () => (bodies.push(body), answer(exchange)))
      if (exchange.received.method === 'GET') answer(exchange)
    })
    const post = head('POST /a HTTP/1.1', framing)
    const { socket, text } = await opened(port, post)
    await pause(10)
    socket.write(first!)
    await pause(10)
    socket.write(`${last}${head('GET /b HTTP/1.1')}${post}${first}${last}${head('GET /c HTTP/1.1')}`)
    await expect.poll(text).toMatch(/\/c$/)
    expect(seen.map(({ received: one }) => one.target)).toEqual(['/a', '/b', '/a', '/c'])
    expect(bodies).toEqual(['hello', 'hello'])
  })

  test('of a GET or HEAD is read as well, so that it is no request', async () => {
    const { port, seen } = await listen((exchange) => {
      if (exchange.kind === 'http' && exchange.received.headers.includes('Content-Length')) {
        exchange.body.resume().on('end', () => answer(exchange))
      } else answer(exchange)
    })
    const smuggled = head('GET /smuggled HTTP/1.1')
    const { text } = await opened(
      port,
      `${head('GET /a HTTP/1.1', `Content-Length: ${smuggled.length}\r\n`)}${smuggled}${head('GET /b HTTP/1.1')}`,
      /\/b$/,
    )
    expect(seen.map(({ received: one }) => one.target)).toEqual(['/a', '/b'])
    expect(text()).not.toContain('smuggled')
  })
})

describe('a connection ends', () => {
  test.each([
    ['of another version', head('GET /a HTTP/1.2')],
    ['that asks for it', head('GET /a HTTP/1.1', 'Connection: close\r\n')],
    ['of HTTP/1.0', head('GET /a HTTP/1.0')],
  ])('after a request %s, and nothing behind it is read', async (_name, first) => {
    const { port, seen } = await listen()
    const { socket, text } = await opened(port, first + head('GET /b HTTP/1.1'))
    await expect.poll(() => socket.readableEnded).toBe(true)
    expect(text()).toMatch(/^HTTP\/1\.1 [^]*\r\nConnection: close\r\n/)
    expect(seen.length).toBeLessThan(2)
    expect(seen.map(({ received: one }) => one.target)).not.toContain('/b')
  })

  test('by a reset where a response without a length was cut, else the client would take it for complete', async () => {
    const { port } = await listen(({ response }) => {
      response.writeHead(200, [])
      response.write(Buffer.from('half'))
      setTimeout(() => response.destroy(), 10)
    })
    const ends = async (line: string): Promise<string> => {
      const { socket } = await opened(port, head(line))
      return new Promise((resolve) => {
        socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code!))
        socket.on('end', () => resolve('end'))
      })
    }
    expect([await ends('GET / HTTP/1.0'), await ends('GET / HTTP/1.1')]).toEqual(['ECONNRESET', 'end'])
  })

  test('with its client also while another request waits behind the one that is handled', async () => {
    let gone = 0
    const server = await listen(({ response }) => response.onClientClose(() => gone++))
    const { socket } = await opened(server.port, head() + head('GET /b HTTP/1.1'))
    await arrived(server, 1, (head() + head('GET /b HTTP/1.1')).length)
    socket.destroy()
    await expect.poll(() => gone).toBe(1)
  })

  test('when handling its request throws, and others are served', async () => {
    const { port } = await listen((exchange) => {
      if (exchange.received.target === '/bad') throw new Error('broken')
      answer(exchange)
    })
    const [good, bad] = [await opened(port, ''), await opened(port, head('GET /bad HTTP/1.1'))]
    await expect.poll(() => bad.socket.readableEnded).toBe(true)
    expect(bad.text()).toBe('')
    good.socket.write(head())
    await expect.poll(good.text).toMatch(/^HTTP\/1\.1 200 [^]*\/$/)
  })

  test('with its last response while the listener drains, idle ones at once', async () => {
    let finish = (): void => {}
    const { connections, port, seen } = await listen((exchange) => {
      if (exchange.received.target === '/slow') finish = () => answer(exchange)
      else answer(exchange)
    })
    const idle = await opened(port, head(), /\/$/)
    const busy = await opened(port, head('GET /slow HTTP/1.1'))
    await expect.poll(() => seen.length).toBe(2)
    connections.drain()
    connections.closeIdle()
    await expect.poll(() => idle.socket.readableEnded).toBe(true)
    expect(busy.socket.readableEnded).toBe(false)
    finish()
    await expect.poll(busy.text).toMatch(/\r\nConnection: close\r\n[^]*\/slow$/)
    await expect.poll(() => busy.socket.readableEnded).toBe(true)
  })
})
