// Listener over TCP and TLS: exchanges of HTTP/1.x and HTTP/2, upgrades, connection limit, SNI, certificate reload.

import { request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { LimitSettings, ListenerSettings } from '../../../src/config/configuration.ts'
import { createListener, type Listener } from '../../../src/http/server/listener.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import type { TestCertificate } from '../../support/certificates.ts'
import { wikiCertificate } from '../../support/hooks.ts'
import { http1Backend } from '../../support/http1-backend.ts'

const limits: LimitSettings = {
  headerCount: 100,
  headerBytes: 16_384,
  bodyBytes: undefined,
  headerTimeout: 5_000,
  bodyIdleTimeout: 30_000,
  keepAliveTimeout: 5_000,
  upstreamConnectTimeout: 5_000,
  upstreamHeaderTimeout: 30_000,
  connections: 1_000,
  connectionsPerAddress: 5,
  signInsPerMinute: 100,
  requestsPerPerson: 100,
  websocketsPerPerson: 100,
  websocketIdleTimeout: 3_600_000,
  http2Streams: 100,
  http2ResetsPerSecond: 33,
}

const { certificates, wiki } = wikiCertificate()
let payroll: TestCertificate
beforeAll(() => {
  payroll = certificates.make(['*.payroll.test'])
})

const open: Listener[] = []
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close(100)
})

const seen: Exchange[] = []
const bodies: string[] = []
async function listen(tls: ListenerSettings['tls'] = undefined): Promise<Listener> {
  seen.length = 0
  bodies.length = 0
  const listener = await createListener(
    { host: '127.0.0.1', port: 0, tls },
    {
      limits,
      now: Date.now,
      proxies: () => false,
      throttled() {},
      http1: http1Backend,
      log: createLogger({ level: 'silent' }),
      async handle(exchange) {
        seen.push(exchange)
        if (exchange.kind === 'http') {
          exchange.proceed()
          exchange.body.on('data', (chunk: Buffer) => bodies.push(String(chunk)))
        }
        sendReply(exchange.response, { status: 200, headers: ['X-Version', exchange.received.version], body: 'seen' })
      },
    },
  )
  open.push(listener)
  return listener
}

const secured = () => ({ certificates: [wiki, payroll], clientCa: undefined, http2: true })

describe('over plain HTTP/1.1', () => {
  test('a request becomes an exchange with the received head', async () => {
    const { port } = await listen()
    const outgoing = request({ port, path: '/a?b', headers: { Host: 'wiki.test', 'X-Two': ['1', '2'] } })
    outgoing.end()
    const [answer] = await once(outgoing, 'response')
    answer.resume()
    expect(answer.statusCode).toBe(200)
    expect(seen[0]!.received).toMatchObject({
      method: 'GET',
      target: '/a?b',
      version: '1.1',
      address: '127.0.0.1',
      secure: false,
    })
    expect(seen[0]!.received.headers).toEqual(expect.arrayContaining(['X-Two', '1', 'X-Two', '2']))
  })

  test('a rejected upgrade gets a complete response, and the connection ends', async () => {
    const { port } = await listen()
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    await once(socket, 'close')
    expect(seen[0]!.kind).toBe('upgrade')
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*seen$/)
  })

  test.each([
    ['GET', '', ''],
    ['POST', 'Content-Length: 5\r\n', 'hello'],
    ['POST', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ] as const)('an offer to switch to another protocol is ignored: %s %s', async (method, framing, body) => {
    for (const offer of ['h2c', 'TLS/1.0', 'h2c, websocket', 'websocket/13']) {
      const { port } = await listen()
      const socket = connect(port, '127.0.0.1')
      const head = `${method} /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${offer}\r\n`
      socket.write(`${head}HTTP2-Settings: AAMAAABkAAQAAP__\r\n${framing}\r\n${body}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`)
      let text = ''
      socket.on('data', (chunk) => (text += chunk))
      await once(socket, 'close')
      expect(seen.map(({ kind, received }) => [kind, received.method])).toEqual([['http', method]])
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*seen$/)
      await expect.poll(() => bodies.join('')).toBe(body === '' ? '' : 'hello')
    }
  })

  test.each(['Content-Length: 5', 'Transfer-Encoding: chunked', 'Content-Length: 40'])(
    'an upgrade with the framing of a body (%s) that is never sent gets a response, and the process survives',
    async (framing) => {
      const { port } = await listen()
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${framing}\r\n\r\n`)
      let text = ''
      socket.on('data', (chunk) => (text += chunk))
      socket.on('error', () => {})
      await once(socket, 'close')
      expect(seen[0]!.kind).toBe('upgrade')
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*seen$/)
    },
  )

  test('bytes that are not HTTP get a 400 and no exchange', async () => {
    const { port } = await listen()
    const socket = connect(port, '127.0.0.1')
    socket.write('\0\0\0 nonsense\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.on('error', () => {})
    await once(socket, 'close')
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(seen).toEqual([])
  })

  test('connections of one address are limited; closing one allows another', async () => {
    const { port } = await listen()
    const sockets = Array.from({ length: limits.connectionsPerAddress }, () => connect(port, '127.0.0.1'))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const refused = connect(port, '127.0.0.1')
    refused.on('error', () => {})
    await once(refused, 'close')
    sockets[0]!.destroy()
    await expect
      .poll(async () => {
        const outgoing = request({ port, agent: false })
        outgoing.on('error', () => {})
        outgoing.end()
        const answer = await Promise.race([once(outgoing, 'response'), once(outgoing, 'error')])
        return answer[0].statusCode
      })
      .toBe(200)
    for (const socket of sockets) socket.destroy()
  })
})

describe('over TLS', () => {
  test('HTTP/2 streams and HTTP/1.1 requests arrive on one port', async () => {
    const { port } = await listen(secured())
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: wiki.pem, servername: 'wiki.test' })
    const stream = session.request({ ':path': '/two', ':authority': 'wiki.test', 'x-a': '1' })
    const [headers] = await once(stream, 'response')
    stream.resume()
    expect([headers[':status'], headers['x-version']]).toEqual([200, '2'])
    expect(seen[0]!.received).toMatchObject({
      target: '/two',
      version: '2',
      authority: 'wiki.test',
      serverName: 'wiki.test',
      bodyEnded: true,
    })
    expect(seen[0]!.received.headers).toEqual(['x-a', '1'])
    session.destroy()

    const outgoing = secureRequest({
      port,
      host: '127.0.0.1',
      path: '/one',
      ca: wiki.pem,
      servername: 'wiki.test',
      headers: { Host: 'wiki.test' },
    })
    outgoing.end()
    const [answer] = await once(outgoing, 'response')
    answer.resume()
    expect(answer.headers['x-version']).toBe('1.1')
    expect(seen[1]!.received).toMatchObject({ version: '1.1', secure: true, serverName: 'wiki.test' })
  })

  test('HTTP/2 sends 100 Continue only to a client that sent Expect', async () => {
    const { port } = await listen(secured())
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: wiki.pem, servername: 'wiki.test' })
    const continued: string[] = []
    for (const expect of [undefined, '100-continue']) {
      const stream = session.request(
        { ':path': '/', ':method': 'POST', ...(expect && { expect }) },
        { endStream: false },
      )
      stream.on('continue', () => continued.push(String(expect)))
      stream.resume()
      await once(stream, 'response')
      stream.close()
    }
    session.destroy()
    expect(continued).toEqual(['100-continue'])
  })

  const namesShown = async (port: number, servername: string): Promise<string> => {
    const socket = connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const names = socket.getPeerCertificate().subjectaltname ?? ''
    socket.destroy()
    return names
  }

  test('the certificate is selected by SNI', async () => {
    const { port } = await listen(secured())
    expect(await namesShown(port, 'wiki.test')).toContain('wiki.test')
    expect(await namesShown(port, 'a.payroll.test')).toBe('DNS:*.payroll.test')
    expect(await namesShown(port, 'A.PAYROLL.TEST')).toBe('DNS:*.payroll.test')
    expect(await namesShown(port, 'unknown.test')).toContain('wiki.test')
  })

  test('replaced certificate files are used after a reload, invalid ones are not', async () => {
    const first = certificates.make(['old.test'], 'changing')
    const tls = { certificates: [first], clientCa: undefined, http2: true }
    const listener = await listen(tls)
    certificates.make(['new.test'], 'changing')
    await listener.reloadCertificates({ host: '', port: 0, tls })
    expect(await namesShown(listener.port, 'new.test')).toContain('new.test')
    const mixed = { ...tls, certificates: [{ cert: wiki.cert, key: payroll.key }] }
    await expect(listener.reloadCertificates({ host: '', port: 0, tls: mixed })).rejects.toThrow('is not the key of')
    expect(await namesShown(listener.port, 'new.test')).toContain('new.test')
  })

  test('a TLS version older than 1.2 is rejected', async () => {
    const { port } = await listen(secured())
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      rejectUnauthorized: false,
    })
    const [error] = await once(socket, 'error')
    expect(error).toBeInstanceOf(Error)
  })
})
