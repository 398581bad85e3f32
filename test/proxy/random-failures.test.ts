// Fault injection: malformed responses, disconnects and aborts at random times; every exchange ends exactly once.

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { app, limits, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient } from '../support/raw-client.ts'
import { startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts'

let upstream: RawUpstream
let front: ProxyEnvironment
/** Behaviour of the upstream for the next request. */
let script: { readonly pieces: readonly string[]; readonly ending: 'fin' | 'reset' | 'silence' } | undefined
const unhandledErrors: unknown[] = []
const onUnhandled = (error: unknown): unknown => unhandledErrors.push(error)

beforeAll(async () => {
  process.on('uncaughtException', onUnhandled).on('unhandledRejection', onUnhandled)
  upstream = await startRawUpstream(({ socket }) => {
    const { pieces, ending } = script!
    void (async () => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1')
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (ending === 'fin') socket.end()
      if (ending === 'reset') socket.resetAndDestroy()
    })()
  })
  front = await startProxyEnvironment(app([upstream.origin]), { limits: { ...limits, bodyIdleTimeout: 100 } })
})
afterAll(async () => {
  process.off('uncaughtException', onUnhandled).off('unhandledRejection', onUnhandled)
  await front.close()
  await upstream.close()
})

const piece = fc.oneof(
  fc.constantFrom(
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n',
    'HTTP/1.1 204 No Content\r\n',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
    'Connection: close\r\n',
    'Set-Cookie: a=1; Domain=x\r\n',
    'X: \u0000\r\n',
    '\r\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    'hello',
    '\u0081\u0005hello',
  ),
  fc.string({ maxLength: 20, unit: 'binary-ascii' }),
)
const requests = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'HEAD / HTTP/1.0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n',
]

test('every exchange ends exactly once and closes its connections', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 8 }),
      fc.constantFrom('fin' as const, 'reset' as const, 'silence' as const),
      fc.constantFrom(...requests),
      fc.constantFrom('client leaves', 'cut', 'client resets'),
      fc.integer({ min: 0, max: 8 }),
      async (pieces, ending, request, end, delay) => {
        script = { pieces, ending }
        const count = front.results.length
        const client = startRawClient(front.port, request)
        await new Promise((resolve) => setTimeout(resolve, delay))
        if (end === 'cut') front.cuts.at(-1)?.()
        if (end === 'client resets') client.socket.resetAndDestroy()
        else client.socket.destroy()
        // The client may have disconnected before its request was read.
        if (front.cuts.length > count) await front.result(count + 1)
        await new Promise((resolve) => setTimeout(resolve, 2))
        for (const cut of front.cuts.slice(count)) cut()
        while (front.results.length < front.cuts.length) await front.result(front.cuts.length)
        expect(front.results).toHaveLength(front.cuts.length)
        expect(unhandledErrors).toEqual([])
      },
    ),
    { numRuns: 400, interruptAfterTimeLimit: 20_000 },
  )
  // Only idle keep-alive connections are left, which retirement closes.
  await front.upstream.retire()
  await expect.poll(() => upstream.open()).toBe(0)
}, 40_000)
