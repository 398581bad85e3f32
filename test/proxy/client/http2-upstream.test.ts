// HTTP/2 to upstreams: GOAWAY, resets, capacity, negotiation, what needs HTTP/1.1, and peers that misbehave.

import { readFileSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import http2 from 'node:http2'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { certificateFolder, type CertificateFolder, type TestCertificate } from '../../support/certificates.ts'
import { app, limits, startProxyEnvironment, type ProxyEnvironment } from '../../support/proxy-environment.ts'

let folder: CertificateFolder
let certificate: TestCertificate
beforeAll(() => {
  folder = certificateFolder()
  certificate = folder.make(['localhost'])
})
afterAll(() => folder.remove())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type OnStream = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, raw: string[]) => void

interface Http2Upstream {
  readonly port: number
  readonly sessions: http2.ServerHttp2Session[]
  /** Sessions opened so far. */
  opened(): number
}

/** `secure`: with TLS; `allowHTTP1` as in Node. */
async function upstreamThat(
  onStream: OnStream,
  options: http2.SecureServerOptions & { secure?: boolean } = {},
): Promise<Http2Upstream> {
  const { secure = false, ...more } = options
  const key = { key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }
  const server = secure ? http2.createSecureServer({ ...key, ...more }) : http2.createServer(more)
  const sessions: http2.ServerHttp2Session[] = []
  let opened = 0
  server.on('session', (session) => {
    opened++
    sessions.push(session)
    session.on('error', () => {})
    session.on('close', () => sessions.splice(sessions.indexOf(session), 1))
  })
  server.on('stream', (stream, headers, _flags, raw) => {
    stream.on('error', () => {})
    onStream(stream as http2.ServerHttp2Stream, headers, raw as unknown as string[])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, sessions, opened: () => opened }
}

async function frontTo(
  origin: string,
  options: Parameters<typeof startProxyEnvironment>[1] = {},
  more: Parameters<typeof app>[1] = {},
): Promise<ProxyEnvironment> {
  const tlsOf = { ca: certificate.cert, cert: undefined, key: undefined, serverName: undefined }
  const front = await startProxyEnvironment(app([origin], { upstreamTls: tlsOf, ...more }), options)
  cleanups.push(() => front.close())
  return front
}

interface Answer {
  readonly status: number | undefined
  readonly headers: http2.IncomingHttpHeaders
  readonly body: string
  readonly trailers: http2.IncomingHttpHeaders
  readonly rstCode: number | undefined
}

function clientOf(front: ProxyEnvironment): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  return session
}

function answerTo(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let body = ''
    let headers: http2.IncomingHttpHeaders = {}
    let trailers: http2.IncomingHttpHeaders = {}
    stream.on('error', () => {})
    stream.on('response', (received) => (headers = received))
    stream.on('trailers', (received) => (trailers = received))
    stream.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
    stream.on('close', () =>
      resolve({ status: Number(headers[':status']) || undefined, headers, body, trailers, rstCode: stream.rstCode }),
    )
  })
}

const grpcHead = { ':method': 'POST', ':path': '/service/Method', 'content-type': 'application/grpc', te: 'trailers' }

function ask(session: http2.ClientHttp2Session, body = 'hello', head: http2.OutgoingHttpHeaders = {}): Promise<Answer> {
  const stream = session.request({ ...grpcHead, ...head })
  stream.end(body)
  return answerTo(stream)
}

const echo: OnStream = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.pipe(stream)
}

describe('a request that the upstream did not process', () => {
  test('is sent again, with its content, after REFUSED_STREAM', async () => {
    let refused = 0
    const upstream = await upstreamThat((stream, headers, raw) => {
      if (refused++ > 0) return echo(stream, headers, raw)
      stream.once('data', () => setImmediate(() => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)))
    })
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    const answer = await ask(clientOf(front), 'hello'.repeat(1_000))
    expect(answer).toMatchObject({ status: 200, body: 'hello'.repeat(1_000) })
    expect(front.results[0]).toMatchObject({ end: 'complete', bytesIn: 5_000 })
  })

  test('is refused after three attempts', async () => {
    let streams = 0
    const upstream = await upstreamThat((stream) => {
      streams++
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    })
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    expect(await ask(clientOf(front))).toMatchObject({ status: 502 })
    expect(streams).toBe(3)
  })

  test('is not sent again when more of its content was sent than is kept', async () => {
    let streams = 0
    const upstream = await upstreamThat((stream) => {
      streams++
      let size = 0
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > 100_000) setImmediate(() => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM))
      })
    })
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    expect(await ask(clientOf(front), 'x'.repeat(200_000))).toMatchObject({ status: 502 })
    expect(streams).toBe(1)
  })

  test('that the upstream may have processed is not sent again', async () => {
    let streams = 0
    const upstream = await upstreamThat((stream) => {
      streams++
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
    })
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    expect(await ask(clientOf(front))).toMatchObject({ status: 502 })
    expect(front.results[0]?.detail).toBe('UPSTREAM_RESET: the stream was reset: INTERNAL_ERROR')
    expect(streams).toBe(1)
  })
})

test('after GOAWAY open streams finish, and new ones use another connection', async () => {
  const held: http2.ServerHttp2Stream[] = []
  const upstream = await upstreamThat((stream, headers, raw) => {
    if (headers[':path'] !== '/held') return echo(stream, headers, raw)
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    held.push(stream)
  })
  const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
  const client = clientOf(front)
  const first = client.request({ ...grpcHead, ':path': '/held' })
  const answer = answerTo(first)
  first.end('x')
  await new Promise((resolve) => first.once('response', resolve))
  upstream.sessions[0]!.close()
  for (let i = 0; i < 3; i++) expect(await ask(client)).toMatchObject({ status: 200, trailers: { 'grpc-status': '0' } })
  expect(upstream.opened()).toBe(2)
  held[0]!.end('held')
  expect(await answer).toMatchObject({ status: 200, body: 'held', trailers: { 'grpc-status': '0' } })
})

test('a reset after the head ends a response of gRPC with UNAVAILABLE in trailers, and any other with a reset', async () => {
  const type = Buffer.from('application/grpc')
  const head = Buffer.from([0x88, 0, 12, ...Buffer.from('content-type'), type.length, ...type])
  const cancel = Buffer.from([0, 0, 0, http2.constants.NGHTTP2_CANCEL])
  for (const [block, seen] of [
    [head, { trailers: { 'grpc-status': '14' }, rstCode: 0 }],
    [Buffer.from([0x88]), { trailers: {}, rstCode: http2.constants.NGHTTP2_INTERNAL_ERROR }],
  ] as const) {
    const front = await frontTo(
      await rawUpstream((socket) => {
        socket.write(Buffer.concat([frame(1, 4, 1, block), frame(0, 0, 1, Buffer.from('begun'))]))
        setTimeout(() => socket.write(frame(3, 0, 1, cancel)), 50)
      }),
    )
    expect(await ask(clientOf(front))).toMatchObject({ body: 'begun', ...seen })
    expect(front.results[0]).toMatchObject({
      end: 'upstream_failed',
      detail: 'UPSTREAM_RESET: the stream was reset: CANCEL',
    })
  }
})

test('an aborted upload never looks complete to the upstream', async () => {
  const seen: (readonly [type: number, flags: number])[] = []
  const front = await frontTo(await rawUpstream(() => {}, seen))
  for (const type of ['application/grpc', 'text/plain']) {
    seen.length = 0
    const stream = clientOf(front).request({ ...grpcHead, 'content-type': type })
    stream.on('error', () => {})
    stream.write('half')
    await expect.poll(() => seen.some(([frameType]) => frameType === 0)).toBe(true)
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await expect.poll(() => seen.some(([frameType]) => frameType === 3)).toBe(true)
    expect(seen.filter(([frameType, flags]) => frameType <= 1 && (flags & 1) !== 0)).toEqual([])
  }
})

test('more streams than the upstream allows at once are spread over connections', async () => {
  const waiting: http2.ServerHttp2Stream[] = []
  const upstream = await upstreamThat((stream) => waiting.push(stream), { settings: { maxConcurrentStreams: 2 } })
  const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
  const client = clientOf(front)
  const answers = Array.from({ length: 5 }, () => ask(client))
  await expect.poll(() => waiting.length).toBe(5)
  expect(upstream.opened()).toBe(3)
  for (const stream of waiting) echo(stream, {}, [])
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200)
})

test('an upstream that allows no stream is a 502, and not waited for', async () => {
  const upstream = await upstreamThat(echo, { settings: { maxConcurrentStreams: 0 } })
  const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
  expect((await ask(clientOf(front))).status).toBe(502)
  expect(front.results[0]?.detail).toContain('allows no HTTP/2 streams')
})

test('an upstream that takes the connection and says nothing is a 504', async () => {
  const silent = net.createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => silent.close())
  const port = (silent.address() as net.AddressInfo).port
  const front = await frontTo(`h2c://127.0.0.1:${port}`, { limits: { ...limits, upstreamConnectTimeout: 200 } })
  expect((await ask(clientOf(front))).status).toBe(504)
})

test('a client that opens and resets streams leaves none open, and shares no connection that is ended for it', async () => {
  let open = 0
  const upstream = await upstreamThat((stream) => {
    open++
    stream.on('close', () => open--)
  })
  const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
  const client = clientOf(front)
  for (let round = 0; round < 10; round++) {
    const streams = Array.from({ length: 30 }, () => client.request(grpcHead))
    for (const stream of streams) stream.on('error', () => {})
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const stream of streams) stream.close(http2.constants.NGHTTP2_CANCEL)
  }
  await expect.poll(() => front.results.length).toBe(300)
  await expect.poll(() => open).toBe(0)
  // 100 resets at most on one connection: servers count them per connection, and end it at a thousand.
  expect(upstream.opened()).toBeGreaterThan(1)
})

describe('negotiation over TLS', () => {
  test('gRPC uses HTTP/2 and anything else HTTP/1.1 where the upstream speaks both', async () => {
    const key = { key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }
    const server = http2.createSecureServer({ ...key, allowHTTP1: true }, (request, response) =>
      response.end(request.httpVersion),
    )
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (one) => one.on('message', (data) => one.send(String(data)))),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => server.close())
    const front = await frontTo(`https://localhost:${(server.address() as net.AddressInfo).port}`)
    const client = clientOf(front)
    expect(await ask(client)).toMatchObject({ status: 200, body: '2.0' })
    expect(await ask(client, '{}', { 'content-type': 'application/json' })).toMatchObject({ body: '1.1' })
    // A sign-in that authenticates a connection never travels on a shared one.
    const ntlm = { authorization: 'NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAF1YAAAADw==' }
    expect(await ask(client, 'x', ntlm)).toMatchObject({ body: '1.1' })
    const socket = new WebSocket(`ws://127.0.0.1:${front.port}/`)
    cleanups.push(() => socket.terminate())
    await new Promise((resolve) => socket.once('open', resolve))
    const echoed = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send('hello')
    expect(await echoed).toBe('hello')
  })

  test('gRPC to an upstream that chooses HTTP/1.1 uses that', async () => {
    const key = { key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) }
    const server = createHttpsServer(key, (request, response) => {
      request.resume().on('end', () => response.end(request.httpVersion))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const front = await frontTo(`https://localhost:${(server.address() as net.AddressInfo).port}`)
    const client = clientOf(front)
    for (let i = 0; i < 3; i++) expect(await ask(client)).toMatchObject({ status: 200, body: '1.1' })
  })

  test.each([
    ['own', true],
    ['undici', false],
  ])(
    'an upstream that offers HTTP/2 alone gets every request by it (HTTP/1 client: %s)',
    async (_name, http1Client) => {
      const upstream = await upstreamThat(
        (stream) => {
          stream.respond({ ':status': 200 })
          stream.end('two')
        },
        { secure: true, allowHTTP1: false },
      )
      const front = await frontTo(`https://localhost:${upstream.port}`, { http1Client })
      for (let i = 0; i < 2; i++) {
        const response = await fetch(`http://127.0.0.1:${front.port}/`)
        expect([response.status, await response.text()]).toEqual([200, 'two'])
      }
      expect(front.results.every(({ end }) => end === 'complete')).toBe(true)
    },
  )

  test('a certificate that does not fit is refused', async () => {
    const upstream = await upstreamThat(echo, { secure: true })
    const front = await frontTo(`https://127.0.0.1:${upstream.port}`)
    expect((await ask(clientOf(front))).status).toBe(502)
    expect(upstream.opened()).toBe(0)
  })
})

describe('h2c', () => {
  test('carries requests of any kind, informational responses, trailers and HEAD', async () => {
    const seen: string[][] = []
    const upstream = await upstreamThat((stream, headers, raw) => {
      seen.push(raw)
      if (headers[':method'] === 'HEAD') {
        stream.respond({ ':status': 200, 'content-length': '5' }, { endStream: true })
        return
      }
      stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' })
      stream.respond({ ':status': 201, trailer: 'x-ends' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-ends': 'here', 'x-einlass-jwt-assertion': 'no' }))
      stream.pipe(stream)
    })
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    const response = await fetch(`http://127.0.0.1:${front.port}/a?b`, { method: 'PUT', body: 'hello' })
    expect([response.status, await response.text()]).toEqual([201, 'hello'])
    const head = await fetch(`http://127.0.0.1:${front.port}/`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe('5')
    const client = clientOf(front)
    const stream = client.request({ ':path': '/', ':method': 'POST' })
    const hints = new Promise((resolve) => stream.once('headers', (headers) => resolve(headers[':status'])))
    stream.end('x')
    const answer = answerTo(stream)
    expect(await hints).toBe(103)
    expect(await answer).toMatchObject({ status: 201, body: 'x', trailers: { 'x-ends': 'here' } })
    expect((await answer).trailers).not.toHaveProperty('x-einlass-jwt-assertion')
    const first = Object.fromEntries(seen[0]!.flatMap((text, i, all) => (i % 2 === 0 ? [[text, all[i + 1]!]] : [])))
    expect(first).toMatchObject({
      ':method': 'PUT',
      ':path': '/a?b',
      ':scheme': 'http',
      ':authority': 'erp.example.com',
      'x-forwarded-user': 'alice',
      'content-length': '5',
    })
    expect(first).not.toHaveProperty('host')
    expect(first).not.toHaveProperty('connection')
  })

  test('has neither WebSockets nor sign-ins that authenticate a connection: 502, and the log says why', async () => {
    const upstream = await upstreamThat(echo)
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    const socket = new WebSocket(`ws://127.0.0.1:${front.port}/`)
    const status = await new Promise((resolve) => {
      socket.on('error', () => {})
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
    })
    expect(status).toBe(502)
    const negotiate = { authorization: 'Negotiate YIIB' }
    expect((await ask(clientOf(front), 'x', negotiate)).status).toBe(502)
    expect(front.results.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('speaks HTTP/2 alone'),
      expect.stringContaining('speaks HTTP/2 alone'),
    ])
    expect(upstream.opened()).toBe(0)
  })

  test('to a server of HTTP/1.1 is a 502', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => server.close())
    const front = await frontTo(`h2c://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
    expect((await ask(clientOf(front))).status).toBe(502)
  })
})

describe('a response that is invalid or without measure', () => {
  test.each([
    ['a head beyond 64 KiB', { 'x-large': 'x'.repeat(70_000) }],
    ['too many fields', Object.fromEntries(Array.from({ length: 1_100 }, (_, i) => [`x-${i}`, 'a']))],
  ])('%s is a 502', async (_name, headers) => {
    const upstream = await upstreamThat(
      (stream) => {
        stream.respond({ ':status': 200, ...headers })
        stream.end()
      },
      { maxSendHeaderBlockLength: 1_000_000, settings: { maxHeaderListSize: 1_000_000 } },
    )
    const front = await frontTo(`h2c://127.0.0.1:${upstream.port}`)
    expect((await ask(clientOf(front))).status).toBe(502)
  })

  test('CONTINUATION without an end does not take memory', async () => {
    let sent = 0
    const front = await frontTo(
      await rawUpstream((socket) => {
        // HEADERS without END_HEADERS (`:status: 200`), then CONTINUATION for as long as they are taken.
        socket.write(frame(1, 0, 1, Buffer.from([0x88])))
        const more = frame(9, 0, 1, Buffer.from([0, 3, ...Buffer.from('x-a'), 100, ...Buffer.alloc(100, 97)]))
        const flood = (): void => {
          if (socket.destroyed || sent > 200_000_000) return
          sent += more.length * 1_000
          socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => more)), () => setImmediate(flood))
        }
        flood()
      }),
    )
    expect((await ask(clientOf(front))).status).toBe(502)
    expect(sent).toBeLessThan(20_000_000)
  })

  test.each([
    ['an upper-case name', [0, 3, ...Buffer.from('X-A'), 1, 97]],
    ['a connection-specific field', [0, 10, ...Buffer.from('connection'), 5, ...Buffer.from('close')]],
    ['a pseudo-header after a field', [0, 3, ...Buffer.from('x-a'), 1, 97, 0x88]],
  ])('%s is a 502', async (_name, block) => {
    const front = await frontTo(
      await rawUpstream((socket) => socket.write(frame(1, 5, 1, Buffer.from([0x88, ...block])))),
    )
    expect((await ask(clientOf(front))).status).toBe(502)
  })

  test('a reset without an error code before the end is no end', async () => {
    const front = await frontTo(
      await rawUpstream((socket) => {
        const noError = Buffer.alloc(4)
        socket.write(Buffer.concat([frame(1, 4, 1, Buffer.from([0x88])), frame(0, 0, 1, Buffer.from('begun'))]))
        setTimeout(() => socket.write(frame(3, 0, 1, noError)), 50)
      }),
    )
    const answer = await ask(clientOf(front), 'x', { 'content-type': 'application/json' })
    expect(answer).toMatchObject({ body: 'begun', rstCode: http2.constants.NGHTTP2_INTERNAL_ERROR })
    expect(front.results[0]).toMatchObject({ end: 'upstream_failed' })
  })
})

/** `respond` is called for each head of a request. `seen`: frames received. */
async function rawUpstream(
  respond: (socket: net.Socket) => void,
  seen: (readonly [type: number, flags: number])[] = [],
): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    cleanups.push(() => socket.destroy())
    socket.write(frame(4, 0, 0))
    let bytes = Buffer.alloc(0)
    let at = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (; bytes.length >= at + 9; at += 9 + bytes.readUIntBE(at, 3)) {
        seen.push([bytes[at + 3]!, bytes[at + 4]!])
        if (bytes[at + 3] === 1) respond(socket)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return `h2c://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

test('connections to an address that left DNS take no new streams', async () => {
  let addresses = ['127.0.0.1']
  const upstream = await upstreamThat(echo)
  const other = http2.createServer()
  other.on('stream', (stream) => echo(stream as http2.ServerHttp2Stream, {}, []))
  let reached = 0
  other.on('session', (session) => {
    reached++
    cleanups.push(() => session.destroy())
  })
  await new Promise<void>((resolve) => other.listen(upstream.port, '127.0.0.2', resolve))
  cleanups.push(() => other.close())
  const front = await frontTo(`h2c://app.example.com:${upstream.port}`, {
    resolveInterval: 50,
    lookup: (_name, options, done) => {
      const all = addresses.map((address) => ({ address, family: 4 }))
      if (options.all === true) done(null, all)
      else done(null, all[0]!.address, 4)
    },
  })
  const client = clientOf(front)
  expect((await ask(client)).status).toBe(200)
  addresses = ['127.0.0.2']
  await new Promise((resolve) => setTimeout(resolve, 300))
  for (let i = 0; i < 3; i++) expect((await ask(client)).status).toBe(200)
  expect(reached).toBe(1)
  await expect.poll(() => upstream.sessions.length).toBe(0)
})

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
