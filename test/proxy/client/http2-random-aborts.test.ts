// Streams over HTTP/2 on both sides that end in any way and order: every exchange ends, nothing stays open, the process lives.

import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { app, startProxyEnvironment } from '../../support/proxy-environment.ts'

/** Small and repeatable (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const codes = [
  http2.constants.NGHTTP2_NO_ERROR,
  http2.constants.NGHTTP2_CANCEL,
  http2.constants.NGHTTP2_INTERNAL_ERROR,
  http2.constants.NGHTTP2_REFUSED_STREAM,
]

test.each([1, 2, 3])('random ends of streams (seed %d)', { timeout: 60_000 }, async (seed) => {
  const random = randomOf(seed)
  const open = new Set<http2.ServerHttp2Stream>()
  const server = http2.createServer()
  const sessions = new Set<http2.ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (some) => {
    const stream = some as http2.ServerHttp2Stream
    open.add(stream)
    stream.on('error', () => {})
    stream.on('close', () => open.delete(stream))
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    const respond = (): void => {
      if (stream.closed || stream.destroyed || stream.headersSent) return
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: random(2) === 0 })
      stream.write(Buffer.alloc(random(100_000)))
    }
    const end = (): void => {
      if (stream.closed || stream.destroyed) return
      switch (random(5)) {
        case 0:
          return void stream.close(codes[random(4)]!)
        case 1:
          return void stream.destroy()
        case 2:
          if (random(20) === 0) stream.session?.close()
          return void stream.close(codes[1 + random(3)]!)
        default:
          respond()
          stream.end()
      }
    }
    if (random(2) === 0) respond()
    // Not within a callback: Node 26.10 fails an assertion when a stream with trailers is reset with CANCEL there.
    const later = (): void => void setImmediate(end)
    if (random(2) === 0) stream.on('data', () => random(3) === 0 && later())
    else stream.resume()
    stream.on('end', () => random(2) === 0 && later())
    setTimeout(end, random(40))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const front = await startProxyEnvironment(app([`h2c://127.0.0.1:${(server.address() as AddressInfo).port}`]))

  let asked = 0
  const clientRound = async (): Promise<void> => {
    const client = http2.connect(`http://127.0.0.1:${front.http2Port}`)
    client.on('error', () => {})
    const closed: Promise<unknown>[] = []
    for (let i = 0; i < 30; i++) {
      asked++
      const type = random(3) === 0 ? 'text/plain' : 'application/grpc'
      const stream = client.request(
        { ':method': 'POST', ':path': '/', 'content-type': type },
        { waitForTrailers: true },
      )
      stream.on('error', () => {})
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-mine': 'mine' }))
      closed.push(new Promise((resolve) => stream.once('close', resolve)))
      if (random(5) > 0) stream.resume()
      stream.write(Buffer.alloc(random(80_000)))
      const act = random(6)
      setTimeout(() => {
        if (act === 0) stream.close(codes[random(4)]!)
        else if (act === 1) stream.destroy()
        else stream.end(Buffer.alloc(random(1_000)))
        stream.resume()
      }, random(40))
      if (act === 2) setTimeout(() => front.cuts.at(-1 - random(10))?.(['grpc-status', '16']), random(60))
    }
    if (random(6) === 0) setTimeout(() => client.destroy(), random(40))
    // Node does not close each stream of a client that was reset while it was paused: only what the gateway does counts here.
    await Promise.race([Promise.all(closed), pause(500)])
    client.destroy()
  }
  for (let round = 0; round < 15; round++) await Promise.all([clientRound(), clientRound()])
  // A stream that its client gave up before it arrived is no exchange.
  await expect.poll(() => front.results.length, { timeout: 10_000 }).toBe(front.cuts.length)
  expect(front.cuts.length).toBeGreaterThan(asked / 2)
  await pause(100)
  await front.close()
  for (const session of sessions) session.destroy()
  server.close()
  await expect.poll(() => open.size).toBe(0)
})
