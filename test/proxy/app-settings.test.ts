// What an admin says of one app: Host, header fields, credentials, response fields, time-outs and sizes, over HTTP/1.1,
// HTTP/2 and WebSocket.

import http2 from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import type { App } from '../../src/config/configuration.ts'
import { upstreamLimits } from '../../src/proxy/upstream-limits.ts'
import { app, limits, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient, type RawClient } from '../support/raw-client.ts'
import { answering, startRawUpstream, type Behaviour, type RawUpstream } from '../support/raw-upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function pair(
  behave: Behaviour,
  more: Partial<App>,
  options: Parameters<typeof startProxyEnvironment>[1] = {},
): Promise<{ upstream: RawUpstream; front: ProxyEnvironment }> {
  const upstream = await startRawUpstream(behave)
  cleanups.push(() => upstream.close())
  const front = await startProxyEnvironment(app([upstream.origin], more), options)
  cleanups.push(() => front.close())
  return { upstream, front }
}

function send(front: ProxyEnvironment, bytes: string): RawClient {
  const client = startRawClient(front.port, bytes)
  cleanups.push(() => client.socket.destroy())
  return client
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (fields = ''): string => `GET / HTTP/1.1\r\nHost: erp.example.com\r\n${fields}\r\n`
const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const handshake = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`
const switched =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'

/** One request over HTTP/2, of the fields a test gives. */
async function overHttp2(
  front: ProxyEnvironment,
  fields: http2.OutgoingHttpHeaders = {},
): Promise<{ status: number | undefined; headers: http2.IncomingHttpHeaders; body: string; complete: boolean }> {
  const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  const stream = session.request({ ':path': '/', ...fields })
  let headers: http2.IncomingHttpHeaders = {}
  let complete = false
  stream.on('response', (received) => (headers = received))
  stream.on('end', () => (complete = stream.rstCode === 0))
  stream.on('error', () => {})
  let body = ''
  stream.on('data', (chunk: Buffer) => (body += chunk))
  await new Promise<void>((resolve) => stream.once('close', resolve))
  session.close()
  return { status: headers[':status'] as number | undefined, headers, body, complete }
}

/** The same request as each kind of client; resolves with what the app received. */
const clients = {
  'HTTP/1.1': async (front: ProxyEnvironment, fields: readonly (readonly [string, string])[]) => {
    await send(front, get(fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''))).until(/\r\n\r\n/)
  },
  'HTTP/2': async (front: ProxyEnvironment, fields: readonly (readonly [string, string])[]) => {
    const grouped: Record<string, string[]> = {}
    // RFC 9113 8.2.2: HTTP/2 has no Connection.
    for (const [name, value] of fields) if (!/^connection$/i.test(name)) (grouped[name] ??= []).push(value)
    await overHttp2(front, { ':authority': 'erp.example.com', ...grouped })
  },
  'a WebSocket': async (front: ProxyEnvironment, fields: readonly (readonly [string, string])[]) => {
    const more = fields.filter(([name]) => !/^connection$/i.test(name))
    await send(front, get(handshake + more.map(([name, value]) => `${name}: ${value}\r\n`).join(''))).until(/\r\n\r\n/)
  },
} as const
const kinds = Object.keys(clients) as (keyof typeof clients)[]
const serving: Behaviour = (request) =>
  void request.socket.write(request.values('upgrade').length > 0 ? `${switched}\r\n` : ok)

describe('Host that the app sees', () => {
  const asked = [['x-mine', '1']] as const
  test.each(kinds)(
    'over %s is the public one, its own, or a name; X-Forwarded-Host is always the public one',
    async (kind) => {
      for (const [upstreamHost, expected] of [
        ['public', () => 'erp.example.com'],
        ['upstream', (origin: string) => new URL(origin).host],
        [{ name: 'intern.local:8080' }, () => 'intern.local:8080'],
      ] as const) {
        const { upstream, front } = await pair(serving, { upstreamHost })
        await clients[kind](front, asked)
        const seen = await upstream.received(1)
        expect(seen.fields[0]).toMatch(/^host: /i)
        expect(seen.values('host')).toEqual([expected(upstream.origin)])
        expect(seen.values('x-forwarded-host')).toEqual(['erp.example.com'])
      }
    },
  )

  test('of health checks is the same', async () => {
    for (const [upstreamHost, expected] of [
      ['public', () => 'erp.example.com'],
      ['upstream', (origin: string) => new URL(origin).host],
      [{ name: 'intern.local' }, () => 'intern.local'],
    ] as const) {
      const { upstream } = await pair(answering(ok), { upstreamHost, healthCheck: { path: '/up', interval: 60_000 } })
      const seen = await upstream.received(1)
      expect([seen.line, seen.values('host')]).toEqual(['GET /up HTTP/1.1', [expected(upstream.origin)]])
    }
  })

  test('with several servers is that of the server tried', async () => {
    const second = await startRawUpstream(answering(ok))
    cleanups.push(() => second.close())
    const gone = await startRawUpstream(() => {})
    await gone.close()
    const front = await startProxyEnvironment(app([gone.origin, second.origin], { upstreamHost: 'upstream' }))
    cleanups.push(() => front.close())
    await send(front, get()).until(/ok$/)
    expect((await second.received(1)).values('host')).toEqual([`127.0.0.1:${second.port}`])
  })

  test('a redirect to that name leads to the public origin', async () => {
    const location = 'HTTP/1.1 302 Found\r\nLocation: http://intern.local/next\r\nContent-Length: 0\r\n\r\n'
    const { front } = await pair(answering(location), { upstreamHost: { name: 'intern.local' } })
    expect(await send(front, get()).until(/\r\n\r\n/)).toContain('Location: https://erp.example.com/next\r\n')
  })
})

describe('fields that the gateway sets for an app', () => {
  const own: Partial<App> = {
    identityHeaders: [['X-WEBAUTH-USER', 'email']],
    requestFields: { names: ['X-Api-Key', 'X-Tenant'], values: ['s3cret', 'm\u00c3\u00bcnchen'] },
    authorization: { kind: 'basic', user: 'svc', value: 'Basic c3ZjOnB3' },
    headerNames: { remove: [], keep: ['X-WEBAUTH-USER'] },
    connectionAuth: 'strip',
  }
  const forged = [
    'x-webauth-user',
    'X-WEBAUTH-USER',
    'X_WEBAUTH_USER',
    'x.webauth.user',
    'x-webauth_user',
    'X-Api-Key',
    'x_api_key',
    'x-api.key',
    'x-tenant',
    'X_Tenant',
    'authorization',
  ]

  test.each(kinds)('over %s reach it once, and no spelling of a client does', async (kind) => {
    const { upstream, front } = await pair(serving, own)
    await clients[kind](front, [
      ...forged.map((name) => [name.toLowerCase(), 'mallory'] as const),
      ['connection', 'X-Api-Key, Authorization, X-WEBAUTH-USER'],
    ])
    const seen = await upstream.received(1)
    expect(seen.values('x-api-key')).toEqual(['s3cret'])
    expect(seen.values('x-tenant')).toEqual(['m\u00c3\u00bcnchen'])
    expect(seen.values('authorization')).toEqual(['Basic c3ZjOnB3'])
    expect(upstream.connections.join('')).not.toContain('mallory')
  })

  test('spellings in capitals, twice and with other characters for a hyphen are removed as well', async () => {
    const { upstream, front } = await pair(serving, own)
    const fields = forged.flatMap((name) =>
      name === 'authorization' ? [] : [`${name}: mallory\r\n`, `${name}: mallory\r\n`],
    )
    await send(front, get(`${fields.join('')}AUTHORIZATION: mallory\r\n`)).until(/ok$/)
    await upstream.received(1)
    expect(upstream.connections.join('')).not.toContain('mallory')
  })

  test('health checks have the credentials, or the app would refuse them', async () => {
    const { upstream } = await pair(answering(ok), { ...own, healthCheck: { path: '/up', interval: 60_000 } })
    const seen = await upstream.received(1)
    expect([seen.values('x-api-key'), seen.values('authorization')]).toEqual([['s3cret'], ['Basic c3ZjOnB3']])
    expect(seen.values('user-agent')).toEqual(['einlass-health-check'])
  })

  test('an app without settings of its own receives the Authorization of clients', async () => {
    const { upstream, front } = await pair(answering(ok), {})
    await send(front, get('Authorization: Bearer mine\r\n')).until(/ok$/)
    expect((await upstream.received(1)).values('authorization')).toEqual(['Bearer mine'])
  })

  test('no challenge of the app asks people for a password that would be removed', async () => {
    const challenge =
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n'
    const { front } = await pair(answering(challenge), own)
    const text = await send(front, get()).until(/\r\n\r\n/)
    expect(text).toMatch(/^HTTP\/1.1 401 /)
    expect(text).not.toMatch(/www-authenticate/i)
    const open = await pair(answering(challenge), {})
    expect(await send(open.front, get()).until(/\r\n\r\n/)).toMatch(/WWW-Authenticate: Basic/)
  })

  test('a secret is in nothing that is logged', async () => {
    const { front } = await pair((request) => void request.socket.end('rubbish s3cret\r\n\r\n'), own)
    await front.upstream.retire()
    const gone = await startProxyEnvironment(app(['http://127.0.0.1:1'], own))
    cleanups.push(() => gone.close())
    await send(gone, get()).until(/front/)
    expect(JSON.stringify([gone.warnings, gone.results])).not.toMatch(/s3cret|c3ZjOnB3/)
  })
})

describe('response fields of an app', () => {
  const fields: Partial<App> = {
    responseFields: {
      set: { names: ['X-Frame-Options', 'Cache-Control'], values: ['DENY', 'no-store'] },
      remove: ['Server', 'X-Powered-By', 'WWW-Authenticate', 'Content-Security-Policy', 'X-Sum'],
    },
  }
  const chatty =
    'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nContent-Security-Policy: default-src *\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nserver: Old/1\r\nX_Powered_By: PHP\r\nX-Frame-Options: ALLOWALL\r\nx-frame-options: SAMEORIGIN\r\n' +
    'Cache-Control: public\r\nContent-Security-Policy: default-src *\r\nConnection: X-Frame-Options\r\nSet-Cookie: a=1\r\n' +
    'Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n'

  test('over HTTP/1.1 are set once and removed, in hints and trailers too, in any spelling', async () => {
    const { front } = await pair(answering(chatty), fields)
    const text = await send(front, get()).until(/X-Other: 2\r\n\r\n$/)
    expect(text.match(/^x-frame-options: .*$/gim)).toEqual(['X-Frame-Options: DENY'])
    expect(text.match(/^cache-control: .*$/gim)).toEqual(['Cache-Control: no-store'])
    expect(text).toContain('Set-Cookie: a=1')
    expect(text).not.toMatch(/^(server|x.powered.by|content-security-policy|x-sum): /im)
  })

  test('over HTTP/2 the same', async () => {
    const { front } = await pair(answering(chatty), fields)
    const { headers, body } = await overHttp2(front)
    expect(body).toBe('ok')
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'cache-control': 'no-store' })
    for (const name of ['server', 'x_powered_by', 'content-security-policy']) expect(headers[name]).toBeUndefined()
  })

  test('on a WebSocket handshake are removed, and not added', async () => {
    const { front } = await pair(
      (request) => void request.socket.write(`${switched}Server: Old/1\r\nX-Frame-Options: ALLOWALL\r\n\r\n`),
      fields,
    )
    const text = await send(front, get(handshake)).until(/\r\n\r\n/)
    expect(text).toMatch(/^HTTP\/1.1 101 /)
    expect(text).not.toMatch(/server|x-frame-options/i)
  })

  test('a removed challenge still makes the connection private', async () => {
    const { upstream, front } = await pair(
      answering('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n'),
      fields,
    )
    expect(await send(front, get()).until(/\r\n\r\n/)).not.toMatch(/www-authenticate/i)
    await expect.poll(() => upstream.open()).toBe(0)
  })
})

describe('time-outs of an app', () => {
  const silent: Behaviour = () => {}

  test('connect: 504, and the result names the key', async () => {
    const front = await startProxyEnvironment(app(['http://never.example'], { limits: { connect: 1_000 } }), {
      lookup: () => {},
      limits: upstreamLimits({ connect: 1_000 }, { ...limits, upstreamConnectTimeout: 30_000 }),
    })
    cleanups.push(() => front.close())
    const since = Date.now()
    await send(front, get()).until(/front/)
    expect(await front.result(1)).toMatchObject({ errorStatus: 504, limit: 'timeouts.connect' })
    expect(Date.now() - since).toBeLessThan(5_000)
  })

  test('headers: 504 for HTTP/1.1, HTTP/2 and a handshake, and the result names the key', async () => {
    const { front } = await pair(silent, { limits: { headers: 1_000 } })
    await send(front, get()).until(/front/)
    expect((await overHttp2(front)).status).toBe(504)
    await send(front, get(handshake)).until(/\r\n\r\n/)
    for (const count of [1, 2, 3]) {
      expect(await front.result(count)).toMatchObject({ errorStatus: 504, limit: 'timeouts.headers' })
    }
  })

  test('headers: an answer later than that of other apps arrives', async () => {
    const late: Behaviour = (request) => void setTimeout(() => request.socket.write(ok), 1_500)
    const { front } = await pair(late, { limits: { headers: 5_000 } }, {})
    const strict = await pair(late, {}, { limits: { ...limits, upstreamHeaderTimeout: 700 } })
    await send(strict.front, get()).until(/front/)
    expect(await strict.front.result(1)).toMatchObject({ errorStatus: 504, limit: 'timeouts.headers' })
    expect(await send(front, get()).until(/ok$/)).toMatch(/^HTTP\/1.1 200/)
  })

  const begins =
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n'

  test('idle: an app that falls silent within a response is cut, and never looks complete', async () => {
    const { upstream, front } = await pair((request) => void request.socket.write(begins), { limits: { idle: 1_000 } })
    const client = send(front, get())
    await client.until(/data:/)
    await client.over
    expect(client.text()).not.toMatch(/0\r\n\r\n$/)
    const { complete, body } = await overHttp2(front)
    expect([complete, body]).toEqual([false, 'data:'])
    for (const count of [1, 2]) {
      expect(await front.result(count)).toMatchObject({ end: 'upstream_failed', limit: 'timeouts.idle' })
    }
    await expect.poll(() => upstream.open()).toBe(0)
  })

  test('idle: an event stream with a beat is not cut, nor one of an app without the setting', async () => {
    const beating: Behaviour = ({ socket }) => {
      socket.write(begins)
      const timer = setInterval(() => socket.write('1\r\n:\r\n'), 400)
      socket.on('close', () => clearInterval(timer))
    }
    const { front } = await pair(beating, { limits: { idle: 1_000 } })
    const quiet = await pair((request) => void request.socket.write(begins), {})
    const [one, two] = [send(front, get()), send(quiet.front, get())]
    await Promise.all([one.until(/data:/), two.until(/data:/)])
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect([front.results, quiet.front.results]).toEqual([[], []])
  })

  test('idle: a client that does not read is not taken for a silent app', async () => {
    const flood: Behaviour = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
      const fill = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', fill)
      fill()
    }
    const { front } = await pair(flood, { limits: { idle: 1_000 } })
    const client = send(front, get())
    client.socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(front.results).toEqual([])
  })

  test('idle: an upload whose client falls silent is 408', async () => {
    const { front } = await pair(silent, { limits: { idle: 1_000 } })
    const text = await send(front, 'POST / HTTP/1.1\r\nHost: erp.example.com\r\nContent-Length: 10\r\n\r\nhalf').until(
      /front/,
    )
    expect(text).toMatch(/^HTTP\/1.1 408/)
    expect(await front.result(1)).toMatchObject({ errorStatus: 408, limit: 'timeouts.idle' })
  })

  test('idle: a silent WebSocket is closed with 1001, one that speaks is not', async () => {
    const { front } = await pair((request) => void request.socket.write(`${switched}\r\n`), { limits: { idle: 1_000 } })
    const speaking = send(front, get(handshake))
    const timer = setInterval(() => speaking.socket.write('\x81\x80aaaa', 'latin1'), 300)
    cleanups.push(() => clearInterval(timer))
    const quiet = send(front, get(handshake))
    await quiet.until(/\r\n\r\n\x88\x06\x03\xe9/)
    expect(await front.result(1)).toMatchObject({ end: 'cut', limit: 'timeouts.idle' })
    expect(front.results).toHaveLength(1)
  })
})

describe('sizes of an app', () => {
  test('upload: 413 by its length before anything is sent, and by its chunks; the result names the key', async () => {
    const { upstream, front } = await pair(answering(ok), { limits: { upload: 10 } })
    const long = 'POST / HTTP/1.1\r\nHost: erp.example.com\r\nContent-Length: 11\r\n\r\n12345678901'
    expect(await send(front, long).until(/front/)).toMatch(/^HTTP\/1.1 413/)
    const chunked =
      'POST / HTTP/1.1\r\nHost: erp.example.com\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n'
    expect(await send(front, chunked).until(/front/)).toMatch(/^HTTP\/1.1 413/)
    for (const count of [1, 2]) {
      expect(await front.result(count)).toMatchObject({ errorStatus: 413, limit: 'limits.upload' })
    }
    expect(upstream.requests.every(({ complete }) => !complete)).toBe(true)
  })

  test('upload: more than other apps accept, or unlimited', async () => {
    const global = { ...limits, bodyBytes: 4 }
    const post = 'POST / HTTP/1.1\r\nHost: erp.example.com\r\nContent-Length: 5\r\n\r\n12345'
    for (const [upload, status] of [
      [undefined, 413],
      [5, 200],
      ['unlimited', 200],
    ] as const) {
      const upstream = await startRawUpstream(answering(ok))
      cleanups.push(() => upstream.close())
      const target = app([upstream.origin], { limits: { upload } })
      const front = await startProxyEnvironment(target, { limits: upstreamLimits(target.limits, global) })
      cleanups.push(() => front.close())
      expect(await send(front, post).until(/ok$|front/)).toMatch(new RegExp(`^HTTP/1.1 ${status}`))
    }
  })

  test('headers: a larger header of a response passes, and a refused one names the key', async () => {
    const large = `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(80_000)}\r\nContent-Length: 2\r\n\r\nok`
    const { front } = await pair(answering(large), {})
    await send(front, get()).until(/front/)
    expect(await front.result(1)).toMatchObject({ errorStatus: 502, limit: 'limits.headers' })
    const raised = await pair(answering(large), { limits: { headerBytes: 128 * 1024 } })
    expect(await send(raised.front, get()).until(/ok$/)).toMatch(/^HTTP\/1.1 200/)
  })
})
