// Native HTTP/1.x server connection: pipelining, keep-alive, timeouts, graceful close, back-pressure.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LimitSettings } from '../../../../src/config/configuration.ts'
import { createListener, type Listener } from '../../../../src/http/server/listener.ts'
import type { Exchange } from '../../../../src/http/exchange.ts'
import { sendReply } from '../../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../../src/telemetry/logger.ts'
import { defaultLimits } from '../../../support/default-limits.ts'
import { startRawClient, type RawClient } from '../../../support/raw-client.ts'
import { undoneAfterEach } from '../../../support/hooks.ts'

const undo = undoneAfterEach()

async function listen(handle: (exchange: Exchange) => Promise<void>, limits: Partial<LimitSettings> = {}) {
  const listener: Listener = await createListener(
    { host: '127.0.0.1', port: 0, tls: undefined },
    {
      limits: { ...defaultLimits, ...limits },
      http1: 'einlass',
      now: Date.now,
      log: createLogger({ level: 'silent' }),
      proxies: () => false,
      throttled() {},
      handle,
    },
  )
  undo.push(() => listener.close(0))
  const send = (bytes: string): RawClient => {
    const client = startRawClient(listener.port, bytes)
    undo.push(() => client.socket.destroy())
    return client
  }
  return { listener, send }
}

const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
const echo = async ({ response, received }: Exchange): Promise<void> =>
  void sendReply(response, { status: 200, headers: [], body: received.target })

test('a pipelined request starts after the response before it was sent', async () => {
  const begun: string[] = []
  const first = Promise.withResolvers<void>()
  const { send } = await listen(async (exchange) => {
    begun.push(exchange.received.target)
    if (exchange.received.target === '/1') await first.promise
    await echo(exchange)
  })
  const client = send(get('/1') + get('/2') + get('/3'))
  await expect.poll(() => begun).toEqual(['/1'])
  await pause(50)
  expect(begun).toEqual(['/1'])
  first.resolve()
  const text = await client.until(/\/3$/)
  expect([...text.matchAll(/\r\n\r\n(\/\d)/g)].map(([, target]) => target)).toEqual(['/1', '/2', '/3'])
})

test('a response shorter than its Content-Length is aborted, and a field that injects a line is not written', async () => {
  const { send } = await listen(async ({ response, received }) => {
    if (received.target === '/field') {
      expect(() => response.writeHead(200, ['X-A', 'b\r\nSet-Cookie: c=d'])).toThrow('invalid header field')
      return response.destroy()
    }
    response.writeHead(200, ['Content-Length', '10'])
    response.write(Buffer.from('half'))
    response.end()
  })
  const short = send(get('/'))
  await short.over
  expect(short.text()).not.toMatch(/Content-Length: 10[^]*\r\n\r\n.{10}/)
  const field = send(get('/field'))
  await field.over
  expect(field.text()).toBe('')
})

test('an HTTP/1.0 connection persists only with keep-alive and a known length', async () => {
  const { send } = await listen(async ({ response, received }) => {
    if (received.target === '/long') {
      response.writeHead(200, [])
      response.write(Buffer.from('until the end'))
      return response.end()
    }
    sendReply(response, { status: 200, headers: [], body: 'ok' })
  })
  const once = send('GET / HTTP/1.0\r\n\r\n')
  expect(await once.over).toBe('end')
  expect(once.text()).toMatch(/Connection: close\r\n[^]*ok$/)
  const kept = send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  await kept.until(/Connection: keep-alive\r\n[^]*ok$/)
  kept.socket.write('GET /long HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  expect(await kept.over).toBe('end')
  expect(kept.text()).toMatch(/Connection: close\r\n\r\nuntil the end$/)
  expect(kept.text()).not.toContain('chunked')
})

test('header and keep-alive timeout: before the first request, within a head, and after a response', async () => {
  const { send } = await listen(echo, { headerTimeout: 300, keepAliveTimeout: 300 })
  const never = send('')
  const half = send('GET / HTTP/1.1\r\nHost')
  const after = send(get('/'))
  expect(await never.until(/ 408 /)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/)
  await half.until(/^HTTP\/1\.1 408 /)
  expect(await after.over).toBe('end')
  expect(after.text()).toMatch(/^HTTP\/1\.1 200 [^]*\/$/)
})

test('graceful close: requests in progress finish with Connection: close, idle connections are closed', async () => {
  let finish: (() => void) | undefined
  const { listener, send } = await listen(async (exchange) => {
    if (exchange.received.target === '/slow') await new Promise<void>((resolve) => (finish = resolve))
    await echo(exchange)
  })
  const idle = send(get('/'))
  await idle.until(/\/$/)
  const busy = send(get('/slow'))
  await expect.poll(() => finish).toBeDefined()
  const closed = listener.close(10_000)
  await idle.over
  finish!()
  expect(await busy.until(/\/slow$/)).toContain('Connection: close')
  await closed
})

test('back-pressure: responses are not buffered for a client that does not read', async () => {
  let answered = 0
  const { send } = await listen(async ({ response }) => {
    answered++
    sendReply(response, { status: 200, headers: [], body: Buffer.alloc(1_000_000) })
  })
  const client = send('')
  client.socket.pause()
  for (let i = 0; i < 100; i++) client.socket.write(get('/'))
  await pause(700)
  expect(answered).toBeLessThan(20)
  client.socket.resume()
  await expect.poll(() => answered, { timeout: 10_000 }).toBe(100)
})
