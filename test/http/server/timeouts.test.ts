// Timeouts of the listener: request bodies of built-in pages, and responses that are not read.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LimitSettings } from '../../../src/config/configuration.ts'
import { createListener } from '../../../src/http/server/listener.ts'
import { readText } from '../../../src/gateway/canonical/read-body.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { http1Servers } from '../../support/limited-listener.ts'
import { startRawClient } from '../../support/raw-client.ts'
import { http1Backend } from '../../support/http1-backend.ts'
import { defaultLimits } from '../../support/default-limits.ts'
import { undoneAfterEach } from '../../support/hooks.ts'

const undo = undoneAfterEach()

async function listen(
  limits: Partial<LimitSettings>,
  handle: (exchange: Exchange) => Promise<void>,
  http1 = http1Backend,
): Promise<number> {
  const listener = await createListener(
    { host: '127.0.0.1', port: 0, tls: undefined },
    {
      limits: { ...defaultLimits, ...limits },
      now: Date.now,
      log: createLogger({ level: 'silent' }),
      proxies: () => false,
      throttled() {},
      http1,
      handle,
    },
  )
  undo.push(() => listener.close(0))
  return listener.port
}

const reads = async (exchange: Exchange): Promise<void> => {
  const body = await readText(exchange, 300).catch((error: { code?: string }) => error.code ?? 'unknown')
  sendReply(exchange.response, { status: body === 'bad_request' ? 400 : 200, headers: [], body })
}

test('a stalled form post is rejected after its timeout with a response', async () => {
  const port = await listen({}, reads)
  const client = startRawClient(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nemail=')
  expect(await client.until(/bad_request/)).toMatch(/^HTTP\/1\.1 400 /)
  await client.over
})

test('a form post beyond the size limit is rejected with a response, one in several packets is read', async () => {
  const port = await listen({}, reads)
  const long = startRawClient(port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n${'a'.repeat(70_000)}`)
  expect(await long.until(/bad_request/)).toMatch(/^HTTP\/1\.1 400 /)
  const pieces = startRawClient(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nemail')
  setTimeout(() => pieces.socket.write('=ada1'), 100)
  expect(await pieces.until(/email=ada1$/)).toMatch(/^HTTP\/1\.1 200 /)
  pieces.socket.destroy()
})

test.each(http1Servers)('%s: a client that does not read a response is disconnected', async (http1) => {
  const unread = async ({ response }: Exchange): Promise<void> => {
    response.writeHead(200, [])
    response.write(Buffer.alloc(20 * 1024 ** 2))
    response.end()
  }
  const port = await listen({ bodyIdleTimeout: 200 }, unread, http1)
  const client = startRawClient(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  client.socket.pause()
  await pause(700)
  client.socket.resume()
  await client.over
  expect(client.text().length).toBeLessThan(20 * 1024 ** 2)
})
