// Listening and closing: the protocol of a connection, certificates of clients, sockets of other processes, and the end.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { ListenerSettings } from '../../../src/config/configuration.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import { createListener, type Listener, type ListenerOptions } from '../../../src/http/server/listener.ts'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import { defaultLimits } from '../../support/default-limits.ts'
import { http1Servers } from '../../support/limited-listener.ts'
import { startRawClient, type RawClient } from '../../support/raw-client.ts'
import { connectRawHttp2, frame, get } from '../../support/raw-http2.ts'

const { certificates, wiki } = wikiCertificate()
const undo = undoneAfterEach()

async function listen(tls: ListenerSettings['tls'], more: Partial<ListenerOptions> = {}): Promise<Listener> {
  const listener = await createListener(
    { host: '127.0.0.1', port: 0, tls },
    {
      limits: defaultLimits,
      now: Date.now,
      log: createLogger({ level: 'silent' }),
      proxies: () => false,
      throttled() {},
      http1: 'einlass',
      handle: ({ response, received }) =>
        void sendReply(response, { status: 200, headers: [], body: `${received.secure} ${received.serverName}` }),
      ...more,
    },
  )
  undo.push(() => listener.close(0))
  return listener
}
const secured = (more: object = {}) => ({ certificates: [wiki], clientCa: undefined, http2: true, ...more })
const get1 = 'GET / HTTP/1.1\r\nHost: wiki.test\r\n\r\n'
const client = (port: number, sent = ''): RawClient => {
  const one = startRawClient(port, sent)
  undo.push(() => one.socket.destroy())
  return one
}

/** The protocol that a handshake comes to, or its error. */
async function negotiated(port: number, protocols: string[], options: ConnectionOptions = {}): Promise<string> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: protocols,
    ...options,
  })
  undo.push(() => socket.destroy())
  const [error] = (await Promise.race([once(socket, 'secureConnect'), once(socket, 'error')]).catch(
    (thrown: unknown) => [thrown],
  )) as [{ code?: string } | undefined]
  const protocol = error === undefined ? String(socket.alpnProtocol) : (error.code ?? 'error')
  socket.destroy()
  return protocol
}

describe('the protocol of a connection', () => {
  const refused = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

  test('is HTTP/2 where both have it, else HTTP/1.1, else none', async () => {
    const { port } = await listen(secured())
    expect(await negotiated(port, ['http/1.1', 'h2'])).toBe('h2')
    expect(await negotiated(port, ['http/1.1'])).toBe('http/1.1')
    expect(await negotiated(port, ['h2'])).toBe('h2')
    expect(await negotiated(port, ['spdy/3'])).toBe(refused)
    const { port: without } = await listen(secured({ http2: false }))
    expect(await negotiated(without, ['h2', 'http/1.1'])).toBe('http/1.1')
    expect(await negotiated(without, ['h2'])).toBe(refused)
  })

  test('is HTTP/1.1 for a minute after HTTP/2 broke, for clients that have both', async () => {
    let now = 1_000_000
    const { port } = await listen(secured(), { now: () => now })
    const broken = await connectRawHttp2(port)
    // A frame beyond the largest size.
    broken.send(get(1), frame(0, 0, 1, Buffer.alloc(16_385)))
    await broken.over
    await expect.poll(() => negotiated(port, ['h2', 'http/1.1'])).toBe('http/1.1')
    expect(await negotiated(port, ['h2'])).toBe('h2')
    now += 60_000
    expect(await negotiated(port, ['h2', 'http/1.1'])).toBe('h2')
  })
})

test.each(http1Servers)(
  '%s: a client without a certificate is let in, and one with a foreign one too',
  async (http1) => {
    const { port } = await listen(secured({ clientCa: wiki.cert }), { http1 })
    const foreign = certificates.make(['foreign.test'], `foreign-${http1}`)
    const own = { cert: readFileSync(foreign.cert), key: readFileSync(foreign.key) }
    for (const options of [{}, own]) {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        servername: 'Wiki.test',
        rejectUnauthorized: false,
        ...options,
      })
      undo.push(() => socket.destroy())
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += String(chunk))).on('error', () => {})
      socket.write(get1)
      await expect.poll(() => text).toMatch(/true wiki\.test$/)
    }
  },
)

test('a client is asked for a certificate only where there is an authority for it', async () => {
  const { cert, key } = certificates.make(['client.test'], 'client')
  const own = { cert: readFileSync(cert), key: readFileSync(key) }
  for (const clientCa of [undefined, wiki.cert]) {
    const exchanges: Exchange[] = []
    const { port } = await listen(secured({ clientCa }), { handle: (exchange) => void exchanges.push(exchange) })
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own })
    undo.push(() => socket.destroy())
    socket.on('error', () => {}).write(get1)
    await expect.poll(() => exchanges.length).toBe(1)
    const shown = (exchanges[0]!.connection as TLSSocket).getPeerCertificate().subjectaltname
    expect(shown).toBe(clientCa === undefined ? undefined : 'DNS:client.test')
  }
})

test.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
  'a client may have no other cipher suite of TLS 1.3 than %s',
  async (ciphers) => {
    const { port } = await listen(secured())
    expect(await negotiated(port, ['h2'], { ciphers, minVersion: 'TLSv1.3' })).toBe('h2')
  },
)

test('a cipher suite without forward secrecy or authenticated encryption is refused', async () => {
  const { port } = await listen(secured())
  for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256']) {
    expect(await negotiated(port, ['h2'], { ciphers, maxVersion: 'TLSv1.2' })).toMatch(/HANDSHAKE_FAILURE/)
  }
})

describe('a listener', () => {
  test('rejects when its port is taken', async () => {
    const { port } = await listen(undefined)
    const again = createListener(
      { host: '127.0.0.1', port, tls: undefined },
      {
        limits: defaultLimits,
        now: Date.now,
        log: createLogger({ level: 'silent' }),
        proxies: () => false,
        throttled() {},
        handle() {},
      },
    )
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('takes over the socket of another process, and shares a port with others that ask for it', async () => {
    const first = await listen(undefined, { shared: { socket: undefined } })
    const second = await listen(undefined, { shared: { socket: first.socket() } })
    expect(second.port).toBe(first.port)
    const server = createServer()
    server.listen({ port: first.port, host: '127.0.0.1', reusePort: true })
    await once(server, 'listening')
    expect((server.address() as AddressInfo).port).toBe(first.port)
    await new Promise((resolve) => server.close(resolve))
  })

  test('without TLS has no certificates to load', async () => {
    const listener = await listen(undefined)
    await listener.reloadCertificates({
      host: '',
      port: 0,
      tls: secured({ certificates: [{ cert: 'none', key: 'none' }] }),
    })
    expect(await client(listener.port, get1).until(/false undefined$/)).toContain('200 OK')
  })
})

describe.each(http1Servers)('%s: closing', (http1) => {
  test('ends idle connections, but lets one that was just accepted send its first request', async () => {
    const listener = await listen(undefined, { http1 })
    const idle = client(listener.port, get1)
    await idle.until(/undefined$/)
    const accepted = client(listener.port)
    await once(accepted.socket, 'connect')
    await pause(10)
    const since = performance.now()
    const closed = listener.close(5_000)
    await pause(100)
    accepted.socket.write(get1)
    expect(await accepted.until(/undefined$/)).toContain('200 OK')
    await idle.over
    await closed
    expect(performance.now() - since).toBeLessThan(4_000)
    await expect(once(client(listener.port).socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('cuts what is busy after its time-out, and earlier when asked again with a shorter one', async () => {
    const exchanges: Exchange[] = []
    const listener = await listen(undefined, { http1, handle: (exchange) => void exchanges.push(exchange) })
    const busy = client(listener.port, get1)
    await expect.poll(() => exchanges.length).toBe(1)
    const since = performance.now()
    const closed = listener.close(60_000)
    await pause(20)
    expect(busy.socket.readableEnded || busy.socket.destroyed).toBe(false)
    await listener.close(30)
    await closed
    await busy.over
    expect(performance.now() - since).toBeLessThan(3_000)
    await expect.poll(() => exchanges[0]!.response.closed).toBe(true)
  })
})

test('a listener that closes tells HTTP/2 clients, finishes their streams and takes no new ones', async () => {
  const exchanges: Exchange[] = []
  const listener = await listen(secured(), { handle: (exchange) => void exchanges.push(exchange) })
  const http2 = await connectRawHttp2(listener.port)
  undo.push(() => http2.destroy())
  http2.send(get(1))
  await expect.poll(() => exchanges.length).toBe(1)
  const closed = listener.close(10_000)
  await http2.until(({ type }) => type === 7)
  http2.send(get(3))
  sendReply(exchanges[0]!.response, { status: 200, headers: [], body: 'seen' })
  await http2.until(({ type, payload }) => type === 0 && payload.includes('seen'))
  expect(exchanges).toHaveLength(1)
  ;(http2.socket as Socket).end()
  await closed
})
