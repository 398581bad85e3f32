// WebSocket tunnels: messages, failed handshakes, close from either side, back-pressure, abort.

import { createServer } from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createFrameTracker } from '../../src/proxy/websocket-frames.ts'
import { app, limits, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient, type RawClient } from '../support/raw-client.ts'
import { startRawUpstream, type Behaviour } from '../support/raw-upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function frontTo(
  origin: string,
  options: Parameters<typeof startProxyEnvironment>[1] = {},
): Promise<ProxyEnvironment> {
  const front = await startProxyEnvironment(app([origin]), options)
  cleanups.push(() => front.close())
  return front
}

async function echo(): Promise<{ origin: string; server: WebSocketServer; fields: string[][] }> {
  const http = createServer()
  const fields: string[][] = []
  const server = new WebSocketServer({ server: http })
  server.on('connection', (socket, request) => {
    fields.push(request.rawHeaders)
    socket.on('error', () => {})
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate()
    http.closeAllConnections()
    http.close()
  })
  return { origin: `http://127.0.0.1:${(http.address() as net.AddressInfo).port}`, server, fields }
}

function connect(front: ProxyEnvironment, path = '/', options: object = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${front.port}${path}`, options)
  socket.on('error', () => {})
  cleanups.push(() => socket.terminate())
  return socket
}

const opened = (socket: WebSocket) => new Promise<void>((resolve) => socket.once('open', () => resolve()))
const closed = (socket: WebSocket) =>
  new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  )

async function rawPair(behave: Behaviour, options: Parameters<typeof startProxyEnvironment>[1] = {}, more = '') {
  const upstream = await startRawUpstream(behave)
  cleanups.push(() => upstream.close())
  const front = await frontTo(upstream.origin, options)
  const client: RawClient = startRawClient(
    front.port,
    `GET /chat HTTP/1.1\r\nHost: erp.example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n${more}`,
  )
  cleanups.push(() => client.socket.destroy())
  return { upstream, front, client }
}

const accepted =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'

describe('a WebSocket', () => {
  test('relays messages in both directions and closes with its close code', async () => {
    const { origin, fields } = await echo()
    const front = await frontTo(origin)
    const socket = connect(front, '/a//b?x=1&&y', { headers: { X_Forwarded_User: 'root', 'X-Mine': '1' } })
    await opened(socket)
    const big = Buffer.alloc(3_000_000, 'z')
    const echoed = new Promise<Buffer>((resolve) => socket.once('message', (data) => resolve(data as Buffer)))
    socket.send(big)
    expect((await echoed).equals(big)).toBe(true)
    const over = closed(socket)
    socket.close(4001, 'done')
    expect(await over).toEqual({ code: 4001, reason: 'done' })
    expect(await front.result(1)).toMatchObject({ status: 101, end: 'complete', errorStatus: undefined })
    expect(front.results[0]!.bytesIn).toBeGreaterThan(big.length)
    expect(front.results[0]!.bytesOut).toBeGreaterThan(big.length)
    const names = fields[0]!.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names.filter((name) => name === 'x-forwarded-user')).toHaveLength(1)
    expect(fields[0]!.join()).not.toContain('root')
    for (const once of ['host', 'upgrade', 'connection', 'sec-websocket-key']) {
      expect(names.filter((name) => name === once)).toHaveLength(1)
    }
  })

  test('relays the Close frame of its upstream', async () => {
    const { origin, server } = await echo()
    server.on('connection', (socket) => socket.close(4002, 'enough'))
    const front = await frontTo(origin)
    expect(await closed(connect(front))).toEqual({ code: 4002, reason: 'enough' })
    expect((await front.result(1)).end).toBe('complete')
  })

  test('target and fields of the handshake arrive unchanged, and bytes sent after it', async () => {
    const { upstream, front, client } = await rawPair(
      ({ socket }) => socket.write(`${accepted}Set-Cookie: __Host-einlass=stolen\r\nX-Up: 1\r\n\r\nfirst`),
      {},
      'early',
    )
    const text = await client.until(/first$/)
    expect(text).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/)
    expect(text).toContain('X-Up: 1\r\n')
    expect(text).not.toContain('stolen')
    const seen = await upstream.received(1)
    expect(seen.line).toBe('GET /chat HTTP/1.1')
    expect(seen.values('connection')).toEqual(['upgrade'])
    expect(seen.values('host')).toEqual(['erp.example.com'])
    await expect.poll(() => seen.body).toBe('early')
    client.socket.destroy()
    expect(await front.result(1)).toMatchObject({ bytesIn: 5, bytesOut: 5 })
  })

  test('a reset of one side closes the other', async () => {
    const first = await rawPair(({ socket }) => socket.write(`${accepted}\r\n`))
    await first.client.until(/101/)
    first.client.socket.resetAndDestroy()
    expect((await first.front.result(1)).end).toBe('client_gone')
    await expect.poll(() => first.upstream.open()).toBe(0)

    const second = await rawPair(({ socket }) => socket.write(`${accepted}\r\n`))
    await second.client.until(/101/)
    second.upstream.requests[0]!.socket.resetAndDestroy()
    await second.client.over
    expect((await second.front.result(1)).end).toBe('upstream_failed')
  })

  test('back-pressure: stops reading from one side while the other does not read', async () => {
    let pushed = 0
    const chunk = Buffer.alloc(65_536)
    const { client } = await rawPair(({ socket }) => {
      socket.write(`${accepted}\r\n`)
      const more = (): void => {
        while (!socket.destroyed && pushed < 500_000_000) {
          pushed += chunk.length
          if (!socket.write(chunk)) return void socket.once('drain', more)
        }
      }
      more()
    })
    client.socket.pause()
    let last = -1
    const still = (): boolean => {
      const same = pushed === last
      last = pushed
      return same
    }
    await expect.poll(still, { interval: 300, timeout: 20_000 }).toBe(true)
    expect(pushed).toBeLessThan(40_000_000)
  })
})

describe('a handshake that fails', () => {
  test('an ordinary response of the upstream is forwarded and the connection closed', async () => {
    const { front, client } = await rawPair(({ socket }) =>
      socket.write('HTTP/1.1 403 Forbidden\r\nX-Why: closed\r\nContent-Length: 4\r\n\r\nsorr'),
    )
    expect(await client.over).toBe('end')
    expect(client.text()).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[\s\S]*X-Why: closed\r\n[\s\S]*\r\n\r\nsorr$/)
    expect(await front.result(1)).toMatchObject({ status: 403, end: 'complete', bytesOut: 4 })
  })

  test.each([
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['no protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['an invalid field', `${accepted}X-Bad: a\u0001b\r\n\r\n`],
    ['no HTTP', 'what?\r\n\r\n'],
  ])('%s is a 502', async (_name, raw) => {
    const { upstream, front, client } = await rawPair(({ socket }) => socket.write(raw))
    await client.until(/^HTTP\/1.1 502/)
    expect(await front.result(1)).toMatchObject({ status: 0, errorStatus: 502 })
    await expect.poll(() => upstream.open()).toBe(0)
  })

  test('a response timeout is a 504, and a disconnect of the client closes the upstream connection', async () => {
    const silent = await rawPair(() => {}, { limits: { ...limits, upstreamHeaderTimeout: 300 } })
    await silent.client.until(/^HTTP\/1.1 504/)

    const left = await rawPair(() => {})
    await left.upstream.received(1)
    left.client.socket.destroy()
    expect((await left.front.result(1)).end).toBe('client_gone')
    await expect.poll(() => left.upstream.open()).toBe(0)
  })
})

describe('abort', () => {
  test('sends close code 1008 to the client, and closes both sides', async () => {
    const { origin, server } = await echo()
    const front = await frontTo(origin)
    const socket = connect(front)
    await opened(socket)
    const over = closed(socket)
    const gone = new Promise<void>((resolve) => [...server.clients][0]!.once('close', () => resolve()))
    const before = Date.now()
    front.cuts[0]!()
    front.cuts[0]!()
    expect(await over).toEqual({ code: 1008, reason: 'access ended' })
    await gone
    expect(await front.result(1)).toMatchObject({ status: 101, end: 'cut' })
    expect(Date.now() - before).toBeLessThan(1_000)
  })

  test('inside a frame closes without a Close frame, also for a client that does not read', async () => {
    const { upstream, front, client } = await rawPair(({ socket }) =>
      socket.write(Buffer.concat([Buffer.from(`${accepted}\r\n`), Buffer.from([0x82, 100]), Buffer.alloc(40, 'p')])),
    )
    await client.until(/p{40}$/)
    client.socket.pause()
    front.cuts[0]!()
    expect((await front.result(1)).end).toBe('cut')
    await expect.poll(() => upstream.open()).toBe(0)
    client.socket.resume()
    await client.over
    expect(client.text()).toMatch(/p{40}$/)
  })

  test('during the handshake closes both sides', async () => {
    const { upstream, front, client } = await rawPair(() => {})
    await upstream.received(1)
    front.cuts[0]!()
    await client.over
    expect(client.text()).toBe('')
    expect((await front.result(1)).end).toBe('cut')
  })
})

test('frame boundaries are tracked for any segmentation', () => {
  const frames = [
    [0x81, 3, 1, 2, 3],
    [0x82, 126, 1, 0, ...Array.from({ length: 256 }, () => 0x88)],
    [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0, ...Array.from({ length: 65_536 }, () => 7)],
    [0x89, 0],
    [0x81, 0x82, 9, 9, 9, 9, 1, 2],
  ]
  const bytes = Buffer.from(frames.flat())
  const ends = new Set(frames.map((_, i) => frames.slice(0, i + 1).flat().length))
  for (const size of [1, 2, 3, 7, 64, 1_000, bytes.length]) {
    const tracker = createFrameTracker()
    for (let at = 0; at < bytes.length; at += size) {
      tracker.advance(bytes.subarray(at, at + size))
      expect(tracker.atBoundary()).toBe(ends.has(Math.min(at + size, bytes.length)))
    }
  }
})
