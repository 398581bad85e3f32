// Forwarding against a raw upstream: request smuggling, streaming, failures, retries, keep-alive, back-pressure.

import { createServer } from 'node:http'
import http2 from 'node:http2'
import type net from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { app, limits, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient, type RawClient } from '../support/raw-client.ts'
import { answering, startRawUpstream, type Behaviour, type RawUpstream } from '../support/raw-upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function upstreamThat(behave: Behaviour): Promise<RawUpstream> {
  const upstream = await startRawUpstream(behave)
  cleanups.push(() => upstream.close())
  return upstream
}

async function frontTo(...[target, options]: Parameters<typeof startProxyEnvironment>): Promise<ProxyEnvironment> {
  const front = await startProxyEnvironment(target, options)
  cleanups.push(() => front.close())
  return front
}

function send(front: ProxyEnvironment, request: string): RawClient {
  const client = startRawClient(front.port, request)
  cleanups.push(() => client.socket.destroy())
  return client
}

async function pair(behave: Behaviour, options: Parameters<typeof startProxyEnvironment>[1] = {}) {
  const upstream = await upstreamThat(behave)
  const front = await frontTo(app([upstream.origin]), options)
  return { upstream, front }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (target = '/', fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: erp.example.com\r\n${fields}\r\n`

describe('one request in is one request out (request smuggling)', () => {
  test('target and fields arrive unchanged, with the fields of the gateway', async () => {
    const { upstream, front } = await pair(answering(ok))
    const client = send(
      front,
      get(
        "/a//b/;x=1?y=%2F&&z='",
        'X-Mine: 1\r\nx-mine: 2\r\nX_Forwarded_User: root\r\nConnection: X-Hop\r\nX-Hop: 1\r\n',
      ),
    )
    await client.until(/\r\n\r\nok$/)
    const seen = await upstream.received(1)
    expect(seen.line).toBe("GET /a//b/;x=1?y=%2F&&z=' HTTP/1.1")
    expect(seen.values('host')).toEqual(['erp.example.com'])
    expect(seen.fields).toEqual(expect.arrayContaining(['X-Mine: 1', 'x-mine: 2']))
    expect(seen.values('x-forwarded-user')).toEqual(['alice'])
    expect(upstream.connections[0]).not.toMatch(/root|x-hop/i)
    expect(await front.result(1)).toMatchObject({ status: 200, end: 'complete', bytesIn: 0, bytesOut: 2 })
  })

  const bodies: [string, string, string][] = [
    ['Content-Length', 'Content-Length: 5\r\n\r\nhello', 'hello'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n', 'hello'],
    [
      'chunks with a trailer',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Forwarded-User: root\r\n\r\n',
      'hello',
    ],
    ['Content-Length 0', 'Content-Length: 0\r\n\r\n', ''],
    ['an empty chunked body', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', ''],
  ]
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'REPORT', 'PROPFIND', 'SEARCH', 'QUERY', 'LOCK']) {
    test.each(bodies)(`${method} with %s stays one request`, async (_name, rest, body) => {
      const { upstream, front } = await pair(answering(ok))
      const client = send(front, `${method} / HTTP/1.1\r\nHost: erp.example.com\r\n${rest}`)
      await client.until(/\r\n\r\nok$/)
      client.socket.write(get('/second'))
      await client.until(/ok[\s\S]+ok$/)
      expect(upstream.requests.map(({ line }) => line)).toEqual([`${method} / HTTP/1.1`, 'GET /second HTTP/1.1'])
      expect(upstream.requests[0]).toMatchObject({ body, complete: true })
      expect(upstream.connections.join('')).not.toContain('root')
      expect((await front.result(1)).bytesIn).toBe(body.length)
    })
  }

  test('a second request inside a body stays content', async () => {
    const { upstream, front } = await pair(answering(ok))
    const inner = 'GET /admin HTTP/1.1\r\nHost: erp.example.com\r\n\r\n'
    await send(
      front,
      `POST / HTTP/1.1\r\nHost: erp.example.com\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    ).until(/ok$/)
    expect(upstream.requests).toHaveLength(1)
    expect(upstream.requests[0]!.body).toBe(inner)
  })

  test('an aborted upload never looks complete to the upstream', async () => {
    const { upstream, front } = await pair(() => {})
    const client = send(front, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    const seen = await upstream.received(1)
    await expect.poll(() => seen.body).toBe('half')
    client.socket.destroy()
    expect(await front.result(1)).toMatchObject({ end: 'client_gone', bytesIn: 4 })
    await expect.poll(() => upstream.open()).toBe(0)
    expect(seen.complete).toBe(false)
  })

  test('a reset HTTP/2 upload never looks complete to the upstream', async () => {
    const { upstream, front } = await pair(() => {})
    const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
    session.on('error', () => {})
    cleanups.push(() => session.destroy())
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    stream.on('error', () => {})
    stream.write('half')
    const seen = await upstream.received(1)
    await expect.poll(() => seen.body).toBe('half')
    // NO_ERROR: Node ends such a stream like a finished one.
    stream.close(http2.constants.NGHTTP2_NO_ERROR)
    expect((await front.result(1)).end).toBe('client_gone')
    await expect.poll(() => upstream.open()).toBe(0)
    expect(seen.complete).toBe(false)
  })

  test('an HTTP/2 upload arrives completely, and its response with trailers', async () => {
    const { upstream, front } = await pair((request, whole) => {
      void whole.then(() =>
        request.socket.write(
          'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n' +
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=1\r\n\r\n',
        ),
      )
    })
    const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
    cleanups.push(() => session.destroy())
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    const hints: unknown[] = []
    let trailers: http2.IncomingHttpHeaders = {}
    stream.on('headers', (hint) => hints.push(hint))
    stream.on('trailers', (fields) => (trailers = fields))
    stream.end('whole')
    let text = ''
    for await (const chunk of stream) text += chunk
    expect(text).toBe('ok')
    expect(upstream.requests[0]).toMatchObject({ body: 'whole', complete: true })
    expect(hints).toMatchObject([{ ':status': 103, link: '</a.css>; rel=preload' }])
    expect(trailers['x-sum']).toBe('1')
    expect(trailers['set-cookie']).toBeUndefined()
  })
})

describe('responses', () => {
  test('status, repeated fields, early hints and trailers pass', async () => {
    const { front } = await pair(
      answering(
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nSet-Cookie: no=1\r\n\r\n' +
          'HTTP/1.1 201 Whatever\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n' +
          'Connection: X-Hop\r\nX-Hop: 1\r\nAlt-Svc: h3=":443"\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n',
      ),
    )
    const text = await send(front, get()).until(/0\r\nX-Sum: 7\r\n\r\n$/)
    expect(text).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload\r\n\r\nHTTP\/1.1 201 /)
    expect(text).toContain('Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n')
    expect(text).not.toMatch(/x-hop|alt-svc|no=1/i)
  })

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', /Content-Length: 5\r\n/],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', /^HTTP\/1.1 204/],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n', /ETag: "x"/],
  ])('%s with a response without content ends at once: %s', async (method, raw, expected) => {
    const { front } = await pair(answering(raw))
    const client = send(front, `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(await client.until(/\r\n\r\n$/)).toMatch(expected)
    expect(await front.result(1)).toMatchObject({ end: 'complete', bytesOut: 0 })
    client.socket.write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)
    await front.result(2)
  })

  test('an event stream passes unbuffered', async () => {
    let stream: net.Socket | undefined
    const { front } = await pair((request) => {
      stream = request.socket
      stream.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    })
    const client = send(front, get())
    await client.until(/text\/event-stream[\s\S]*\r\n\r\n/)
    stream!.write('9\r\ndata: 1\n\n\r\n')
    await client.until(/data: 1\n\n/)
    stream!.write('9\r\ndata: 2\n\n\r\n')
    await client.until(/data: 2\n\n/)
    expect(front.results).toHaveLength(0)
  })

  test('a response delimited by close is complete', async () => {
    const { front } = await pair((request) => void request.socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'))
    const text = await send(front, get()).until(/\r\n0\r\n\r\n$/)
    expect(text).toContain('all of it')
    expect((await front.result(1)).end).toBe('complete')
  })

  test('an early response passes during the upload, which then stops', async () => {
    const { upstream, front } = await pair((request) => {
      request.socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!')
    })
    const client = send(front, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000000\r\n\r\n')
    let sent = 0
    const timer = setInterval(() => {
      client.socket.write(Buffer.alloc(16_384))
      sent += 16_384
    }, 2)
    cleanups.push(() => clearInterval(timer))
    expect(await client.until(/no!$/)).toMatch(/^HTTP\/1.1 413 [\s\S]*Connection: close/)
    expect(await client.over).toBe('end')
    expect(await front.result(1)).toMatchObject({ status: 413, end: 'complete' })
    await expect.poll(() => upstream.open()).toBe(0)
    expect(sent).toBeLessThan(500_000_000)
  })
})

describe('failures', () => {
  test.each([
    ['too few bytes', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['a truncated chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf'],
    ['no last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['a malformed chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n'],
  ])('the client detects an incomplete response: %s', async (_name, raw) => {
    const { front } = await pair((request) => void request.socket.end(raw, 'latin1'))
    const client = send(front, get())
    await client.over
    expect(client.text()).toMatch(/^HTTP\/1.1 200/)
    expect(client.text()).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(await front.result(1)).toMatchObject({ status: 200, end: 'upstream_failed', errorStatus: undefined })
  })

  test('bytes beyond Content-Length are discarded (response smuggling)', async () => {
    const { front, upstream } = await pair(answering(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`))
    const client = send(front, get('/1'))
    await client.until(/ok$/)
    client.socket.write(get('/2'))
    await client.until(/ok[\s\S]+ok$/)
    expect(client.text()).not.toContain('poison')
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([1, 2])
  })

  test.each([
    ['a malformed head', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['an invalid field name', 'HTTP/1.1 200 OK\r\nBad Name: 1\r\nContent-Length: 0\r\n\r\n'],
    ['a control character', 'HTTP/1.1 200 OK\r\nX-Bad: a\u0001b\r\nContent-Length: 0\r\n\r\n'],
    ['two Content-Length fields', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok'],
    [
      'Content-Length with Transfer-Encoding',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['an unrequested upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['an impossible status', 'HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n'],
    ['an oversized head', `HTTP/1.1 200 OK\r\nX-Big: ${'a'.repeat(80_000)}\r\n\r\n`],
  ])('an invalid response is a 502: %s', async (_name, raw) => {
    const { front } = await pair(answering(raw))
    expect(await send(front, get()).until(/front$/)).toMatch(/^HTTP\/1.1 502/)
    expect(await front.result(1)).toMatchObject({ status: 0, end: 'upstream_failed', errorStatus: 502 })
  })

  test('a refused connection is a 502, and a response timeout a 504', async () => {
    const upstream = await startRawUpstream(() => {})
    await upstream.close()
    const front = await frontTo(app([upstream.origin]))
    await send(front, get()).until(/ 502 /)
    expect(await front.result(1)).toMatchObject({ errorStatus: 502, detail: expect.stringContaining('ECONNREFUSED') })

    const slow = await pair(() => {}, { limits: { ...limits, upstreamHeaderTimeout: 300 } })
    await send(slow.front, get()).until(/ 504 /)
    expect(await slow.front.result(1)).toMatchObject({ errorStatus: 504 })
    await expect.poll(() => slow.upstream.open()).toBe(0)
  })

  test('a connect timeout is a 504', async () => {
    const named = await frontTo(app(['http://never.example']), {
      limits: { ...limits, upstreamConnectTimeout: 200 },
      lookup: () => {},
    })
    await send(named, get()).until(/ 504 /)
    expect(named.warnings).toHaveLength(1)
  })

  test('a disconnect of the client closes the upstream connection', async () => {
    const { upstream, front } = await pair(() => {})
    const client = send(front, get())
    await upstream.received(1)
    client.socket.destroy()
    expect(await front.result(1)).toMatchObject({ status: 0, end: 'client_gone' })
    await expect.poll(() => upstream.open()).toBe(0)
  })

  test('a chunked upload over the limit is a 413', async () => {
    const { upstream, front } = await pair(() => {}, { limits: { ...limits, bodyBytes: 10 } })
    const client = send(
      front,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n12345678901234567890\r\n',
    )
    await client.until(/^HTTP\/1.1 413/)
    expect(await front.result(1)).toMatchObject({ end: 'cut', errorStatus: 413 })
    await expect.poll(() => upstream.open()).toBe(0)
    expect(upstream.requests.every(({ complete }) => !complete)).toBe(true)
  })

  test('a stalled upload is a 408 (idle timeout)', async () => {
    const { front } = await pair(() => {}, { limits: { ...limits, bodyIdleTimeout: 100 } })
    await send(front, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf').until(/^HTTP\/1.1 408/)
    expect(await front.result(1)).toMatchObject({ end: 'cut', errorStatus: 408, bytesIn: 4 })
  })
})

describe('abort', () => {
  test('ends a running download on both sides at once', async () => {
    let stream: net.Socket | undefined
    const { upstream, front } = await pair((request) => {
      stream = request.socket
      stream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    })
    const client = send(front, get())
    await client.until(/half/)
    front.cuts[0]!()
    front.cuts[0]!()
    await client.over
    expect(client.text()).not.toMatch(/\r\n0\r\n\r\n$/)
    expect(await front.result(1)).toMatchObject({ status: 200, end: 'cut', bytesOut: 4 })
    await expect.poll(() => upstream.open()).toBe(0)
  })

  test('ends a request without a response, and one still connecting', async () => {
    const { upstream, front } = await pair(() => {})
    const client = send(front, get())
    await upstream.received(1)
    front.cuts[0]!()
    await client.over
    expect(await front.result(1)).toMatchObject({ status: 0, end: 'cut', errorStatus: undefined })

    const named = await frontTo(app(['http://never.example']), { lookup: () => {} })
    const second = send(named, get())
    await expect.poll(() => named.cuts.length).toBe(1)
    named.cuts[0]!()
    await second.over
    expect((await named.result(1)).end).toBe('cut')
  })

  test('resets an HTTP/2 stream with an error and leaves the others open', async () => {
    const { front } = await pair((request) => {
      request.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    })
    const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
    cleanups.push(() => session.destroy())
    const [first, second] = [session.request({ ':path': '/1' }), session.request({ ':path': '/2' })]
    second.on('error', () => {})
    const over = new Promise<number | undefined>((resolve) => {
      first.on('error', () => {})
      first.on('close', () => resolve(first.rstCode))
    })
    await Promise.all([first, second].map((stream) => new Promise((resolve) => stream.once('data', resolve))))
    front.cuts[0]!()
    expect(await over).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR)
    expect(second.destroyed).toBe(false)
  })
})

describe('connection pool, retries, load balancing and health checks', () => {
  test('a connection is reused (keep-alive)', async () => {
    const { upstream, front } = await pair(answering(ok))
    const client = send(front, get('/1'))
    await client.until(/ok$/)
    client.socket.write(get('/2'))
    await client.until(/ok[\s\S]+ok$/)
    expect(upstream.connections).toHaveLength(1)
  })

  test.each(['GET', 'PUT', 'DELETE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'])(
    '%s is retried when a keep-alive connection was closed',
    async (method) => {
      const { upstream, front } = await pair((request, whole) => {
        if (request.connection === 1 && request.line.includes('/2')) request.socket.destroy()
        else answering(ok)(request, whole)
      })
      const client = send(front, get('/1'))
      await client.until(/ok$/)
      client.socket.write(`${method} /2 HTTP/1.1\r\nHost: a\r\n\r\n`)
      await client.until(/ok[\s\S]+ok$/)
      expect(upstream.requests.map(({ connection }) => connection)).toEqual([1, 1, 2])
    },
  )

  test.each([
    ['a POST', 'POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', true],
    ...['MKCOL', 'MOVE', 'COPY', 'LOCK', 'UNLOCK'].map((method): [string, string, boolean] => [
      `a ${method}`,
      `${method} /2 HTTP/1.1\r\nHost: a\r\n\r\n`,
      true,
    ]),
    ['a PUT with a body', 'PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi', true],
    ['a GET on a new connection', get('/2'), false],
  ])('%s is never sent twice', async (_name, request, warm) => {
    const { upstream, front } = await pair((seen, whole) => {
      if (seen.line.includes('/2')) void whole.then(() => seen.socket.destroy())
      else answering(ok)(seen, whole)
    })
    const client = send(front, warm ? get('/1') : request)
    if (warm) {
      await client.until(/ok$/)
      client.socket.write(request)
    }
    await client.until(/ 502 /)
    expect(upstream.requests.filter(({ line }) => line.includes('/2'))).toHaveLength(1)
  })

  test('an unreachable server is replaced by another, with the body unread, and skipped for a while', async () => {
    const dead = await startRawUpstream(() => {})
    await dead.close()
    const alive = await upstreamThat(answering(ok))
    const front = await frontTo(app([dead.origin, alive.origin]))
    for (let i = 1; i <= 4; i++) {
      await send(front, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello').until(/ok$/)
    }
    expect(alive.requests.map(({ body }) => body)).toEqual(['hello', 'hello', 'hello', 'hello'])
    expect(front.warnings).toHaveLength(1)
    expect(front.upstream.health()).toMatchObject([
      { origin: dead.origin, healthy: false },
      { origin: alive.origin, healthy: true },
    ])
  })

  test('requests are distributed over servers (round robin)', async () => {
    const both = [await upstreamThat(answering(ok)), await upstreamThat(answering(ok))]
    const front = await frontTo(app(both.map(({ origin }) => origin)))
    for (let i = 0; i < 6; i++) await send(front, get()).until(/ok$/)
    expect(both.map(({ requests }) => requests.length)).toEqual([3, 3])
  })

  test('health checks detect a failed server and its recovery', async () => {
    let status = 500
    const checked = await upstreamThat((request, whole) => {
      answering(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`)(request, whole)
    })
    const front = await frontTo(app([checked.origin], { healthCheck: { path: '/healthz', interval: 30 } }))
    await expect.poll(() => front.upstream.health()[0]!.healthy).toBe(false)
    expect(checked.requests[0]!.line).toBe('GET /healthz HTTP/1.1')
    expect(checked.requests[0]!.values('host')).toEqual(['erp.example.com'])
    status = 200
    await expect.poll(() => front.upstream.health()[0]!.healthy).toBe(true)
  })

  test('a retired upstream lets open requests finish', async () => {
    let stream: net.Socket | undefined
    const { upstream, front } = await pair((request) => void (stream = request.socket))
    const client = send(front, get())
    await upstream.received(1)
    let retired = false
    const retiring = front.upstream.retire().then(() => (retired = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(retired).toBe(false)
    stream!.write(ok)
    await client.until(/ok$/)
    await retiring
    await expect.poll(() => upstream.open()).toBe(0)
  })
})

describe('back-pressure', () => {
  const megabytes = 300
  const chunk = Buffer.alloc(65_536, 'x')

  /** Growth of the resident set size in megabytes. */
  async function memoryGrowth(work: () => Promise<void>): Promise<number> {
    const before = process.memoryUsage().rss
    let peak = before
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
    await work()
    clearInterval(timer)
    return (peak - before) / 1_000_000
  }

  test('a large download and a large upload pass with constant memory', async () => {
    let uploaded = 0
    const server = createServer((request, response) => {
      request.on('data', (part: Buffer) => (uploaded += part.length))
      if (request.method === 'POST') {
        request.on('end', () => response.end('ok'))
        return
      }
      const source = Readable.from(parts(), { objectMode: false })
      source.pipe(response)
      response.on('close', () => source.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    function* parts() {
      for (let i = 0; i < megabytes * 16; i++) yield chunk
    }
    const front = await frontTo(app([`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`]))
    const growth = await memoryGrowth(async () => {
      const download = await fetch(`http://127.0.0.1:${front.port}/`)
      let received = 0
      for await (const part of download.body!) received += part.length
      expect(received).toBe(megabytes * 1_048_576)
      const upload = await fetch(`http://127.0.0.1:${front.port}/`, {
        method: 'POST',
        body: Readable.toWeb(Readable.from(parts())) as ReadableStream,
        duplex: 'half',
      })
      expect(await upload.text()).toBe('ok')
      expect(uploaded).toBe(megabytes * 1_048_576)
    })
    expect(await front.result(1)).toMatchObject({ end: 'complete', bytesOut: megabytes * 1_048_576 })
    expect(await front.result(2)).toMatchObject({ end: 'complete', bytesIn: megabytes * 1_048_576 })
    expect(growth).toBeLessThan(150)
  }, 60_000)

  test.each(['HTTP/1.1', 'HTTP/2'])(
    'the upstream stops sending to an %s client that does not read',
    async (version) => {
      let pushed = 0
      const { front } = await pair((request) => {
        const { socket } = request
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n')
        const more = (): void => {
          while (!socket.destroyed && pushed < 1_000_000_000) {
            pushed += chunk.length
            if (!socket.write(chunk)) return void socket.once('drain', more)
          }
        }
        more()
      })
      const client = version === 'HTTP/2' ? pausedStream(front) : pausedClient(front)
      let last = -1
      await expect
        .poll(
          () => {
            const still = pushed === last
            last = pushed
            return still
          },
          { interval: 300, timeout: 20_000 },
        )
        .toBe(true)
      // The buffers of four sockets, not the gigabyte.
      expect(pushed).toBeLessThan(40_000_000)
      const before = pushed
      client.resume()
      await expect.poll(() => pushed).toBeGreaterThan(before)
      client.destroy()
      expect((await front.result(1)).end).toBe('client_gone')
    },
  )

  function pausedClient(front: ProxyEnvironment): Duplex {
    const { socket } = send(front, get())
    return socket.pause()
  }

  function pausedStream(front: ProxyEnvironment): Duplex {
    const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
    session.on('error', () => {})
    cleanups.push(() => session.destroy())
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    return stream.pause()
  }
})
