// Private upstream connections (NTLM): nobody is answered as somebody else, handshakes are not replayed, limits, ends.

import http from 'node:http'
import http2 from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { App } from '../../src/config/configuration.ts'
import type { UpstreamOptions } from '../../src/proxy/upstream-pool.ts'
import { ntlmAuthenticate, ntlmNegotiate, startNtlmApp, type NtlmApp } from '../support/ntlm-app.ts'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient } from '../support/raw-client.ts'
import { answering, startRawUpstream, type Behaviour, type RawUpstream } from '../support/raw-upstream.ts'
import { undoneAfterEach } from '../support/hooks.ts'

const undo = undoneAfterEach()
afterEach(() => void vi.useRealTimers())

async function frontTo(
  origins: readonly string[],
  more: Partial<App> = {},
  options: Partial<UpstreamOptions> = {},
): Promise<ProxyEnvironment> {
  const front = await startProxyEnvironment(app(origins, more), options)
  undo.push(() => front.close())
  return front
}

async function ntlmApp(): Promise<NtlmApp> {
  const one = await startNtlmApp()
  undo.push(() => one.stop())
  return one
}

async function rawUpstream(behave: Behaviour): Promise<RawUpstream> {
  const one = await startRawUpstream(behave)
  undo.push(() => one.close())
  return one
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly challenge: string | undefined
}
type Asked = { readonly authorization?: string; readonly method?: string; readonly body?: string }

/** A client with one connection of its own. Rejects with ECONNRESET when it is closed instead of an answer. */
interface Client {
  ask(path: string, asked?: Asked): Promise<Answer>
  signIn(name: string, path?: string): Promise<Answer>
  as(session: string): Client
  close(): void
}

function client(front: ProxyEnvironment, session: string | undefined, fields: Record<string, string> = {}): Client {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  undo.push(() => agent.destroy())
  const of = (session: string | undefined): Client => {
    const ask: Client['ask'] = (path, { authorization, method = 'GET', body } = {}) =>
      new Promise((resolve, reject) => {
        const headers = {
          ...fields,
          ...(session !== undefined && { 'x-test-session': session }),
          ...(authorization !== undefined && { authorization }),
          ...(body !== undefined && { 'content-length': String(body.length) }),
        }
        const request = http.request(
          { agent, host: '127.0.0.1', port: front.port, path, method, headers },
          (answer) => {
            let text = ''
            answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
            const challenge = answer.headers['www-authenticate']
            answer.on('end', () => resolve({ status: answer.statusCode!, body: text, challenge }))
            answer.on('error', reject)
          },
        )
        request.on('error', reject)
        request.end(body)
      })
    return { ask, signIn: handshake(ask), as: of, close: () => agent.destroy() }
  }
  return of(session)
}

/** The same over HTTP/2, where all requests share a connection. */
function client2(front: ProxyEnvironment, session: string): Omit<Client, 'as'> {
  const connection = http2.connect(`http://127.0.0.1:${front.http2Port}`)
  connection.on('error', () => {})
  undo.push(() => connection.destroy())
  const ask: Client['ask'] = (path, { authorization, method = 'GET', body } = {}) =>
    new Promise((resolve, reject) => {
      const stream = connection.request({
        ':path': path,
        ':method': method,
        'x-test-session': session,
        ...(authorization !== undefined && { authorization }),
      })
      let status = 0
      let challenge: string | undefined
      let text = ''
      stream.on('response', (headers) => {
        status = headers[':status']!
        challenge = headers['www-authenticate']
      })
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      stream.on('end', () => resolve({ status, body: text, challenge }))
      stream.on('error', reject)
      stream.end(body)
    })
  return { ask, signIn: handshake(ask), close: () => connection.destroy() }
}

function handshake(ask: Client['ask']): Client['signIn'] {
  return async (name, path = '/') => {
    const challenged = await ask(path, { authorization: ntlmNegotiate })
    expect(challenged).toMatchObject({ status: 401, challenge: expect.stringMatching(/^NTLM TlRM/) })
    return ask(path, { authorization: ntlmAuthenticate(name) })
  }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const challenge = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM TlRMTVNTUAAC\r\nContent-Length: 0\r\n\r\n'

describe('a connection that authenticates a person', () => {
  test('answers nobody else, and both are signed in at once', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const [erika, miro, stranger] = [client(front, 's1'), client(front, 's2'), client(front, 's3')]
    expect((await erika.ask('/')).status).toBe(401)
    expect(await erika.signIn('erika')).toMatchObject({ status: 200, body: 'erika' })
    expect(await miro.ask('/')).toMatchObject({ status: 401, challenge: 'NTLM' })
    expect(await miro.signIn('miro')).toMatchObject({ status: 200, body: 'miro' })
    for (let round = 0; round < 30; round++) {
      const answers = await Promise.all([erika.ask('/'), miro.ask('/'), stranger.ask('/')])
      expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(['200 erika', '200 miro', '401 '])
    }
  })

  test('is given to no other client of the same session over HTTP/1', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    expect((await client(front, 's1').signIn('erika')).body).toBe('erika')
    expect((await client(front, 's1').ask('/')).status).toBe(401)
  })

  test('ends when its client comes with another session', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const browser = client(front, 's1')
    expect((await browser.signIn('erika')).body).toBe('erika')
    expect((await browser.as('s2').ask('/')).status).toBe(401)
    expect((await browser.ask('/')).status).toBe(401)
    await expect.poll(() => upstream.open().length).toBe(0)
  })

  test('carries requests of every method, with and without content', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const erika = client(front, 's1')
    await erika.signIn('erika')
    expect(await erika.ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    expect(await erika.ask('/', { method: 'POST', body: 'x'.repeat(200_000) })).toMatchObject({
      status: 200,
      body: 'erika',
    })
    expect((await erika.ask('/', { method: 'DELETE' })).body).toBe('erika')
    expect(new Set(upstream.requests.map(({ connection }) => connection)).size).toBe(1)
    expect(upstream.requests.at(-2)!.body.length).toBe(200_000)
  })

  test('carries pipelined requests in their order', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const get = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Test-Session: s1\r\n${more}\r\n`
    const raw = startRawClient(front.port, get('/', `Authorization: ${ntlmNegotiate}\r\n`))
    undo.push(() => raw.socket.destroy())
    await raw.until(/401 Unauthorized[^]*\r\n\r\n/)
    raw.socket.write(get('/slow?ms=50', `Authorization: ${ntlmAuthenticate('erika')}\r\n`) + get('/') + get('/'))
    await raw.until(/(erika[^]*){3}/)
    expect(upstream.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 1])
  })

  test('stays with its upstream server under load balancing', async () => {
    const upstreams = [await ntlmApp(), await ntlmApp()]
    const front = await frontTo(upstreams.map(({ origin }) => origin))
    const people = ['erika', 'miro', 'ada'].map((name) => ({ name, at: client(front, name) }))
    for (const { name, at } of people) expect((await at.signIn(name)).body).toBe(name)
    for (let round = 0; round < 10; round++) {
      for (const { name, at } of people) expect((await at.ask('/')).body).toBe(name)
    }
    expect(upstreams.every(({ requests }) => requests.length > 0)).toBe(true)
  })

  test('of one application is not used for another over the same client connection', async () => {
    const [one, other] = [await ntlmApp(), await ntlmApp()]
    const front = await frontTo([one.origin])
    const second = await frontTo([other.origin])
    expect((await client(front, 's1').signIn('erika')).body).toBe('erika')
    expect((await client(second, 's1').ask('/')).status).toBe(401)
  })
})

describe('the pool', () => {
  test('loses a connection whose answer offers NTLM or Negotiate', async () => {
    const offers = [
      'WWW-Authenticate: NTLM',
      'www-authenticate: negotiate',
      'WWW-Authenticate: Basic realm="a, b", Negotiate',
      'WWW-Authenticate: Bearer realm=x, nTLM, Basic realm=x',
      'Proxy-Authenticate: Negotiate',
    ]
    for (const offer of offers) {
      for (const status of ['200 OK', '401 Unauthorized', '404 Not Found']) {
        const upstream = await rawUpstream(answering(`HTTP/1.1 ${status}\r\n${offer}\r\nContent-Length: 0\r\n\r\n`))
        const front = await frontTo([upstream.origin])
        const one = client(front, 's1')
        await one.ask('/')
        await one.ask('/')
        await client(front, 's2').ask('/')
        expect(upstream.connections.length, `${offer} with ${status}`).toBe(3)
      }
    }
  })

  test('never gets a connection whose request carried credentials, even when the answer is 200 at once', async () => {
    for (const authorization of [ntlmNegotiate, 'Negotiate YIIabc', 'nEGOTIATE YIIabc', 'ntlm TlRMTVNTUAABAAAA']) {
      const upstream = await rawUpstream(answering(ok))
      const front = await frontTo([upstream.origin])
      await client(front, 's0').ask('/')
      expect((await client(front, 's1').ask('/', { authorization })).status).toBe(200)
      expect((await client(front, 's2').ask('/')).status).toBe(200)
      const byConnection = upstream.requests.map(({ connection }) => connection)
      expect(byConnection[1], 'credentials on a pooled connection').not.toBe(byConnection[0])
      expect(byConnection[2], 'a private connection for somebody else').not.toBe(byConnection[1])
    }
  })

  test('keeps connections of other schemes', async () => {
    const basic = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 0\r\n\r\n'
    const upstream = await rawUpstream(answering(basic))
    const front = await frontTo([upstream.origin])
    for (const session of ['s1', 's2']) await client(front, session).ask('/', { authorization: 'Basic bnRsbTp4' })
    expect(upstream.connections.length).toBe(1)
    expect(front.pinned.size).toBe(0)
  })

  test('serves a public path, where each request with credentials has a connection of its own', async () => {
    const upstream = await rawUpstream(answering(ok))
    const front = await frontTo([upstream.origin])
    const stranger = client(front, undefined)
    for (let n = 0; n < 3; n++) await stranger.ask('/', { authorization: 'Negotiate YIIabc' })
    expect(upstream.connections.length).toBe(3)
    expect(front.pinned.size).toBe(0)
    await expect(stranger.ask('/', { authorization: ntlmAuthenticate('erika') })).rejects.toThrow()
    expect(upstream.requests.length).toBe(3)
  })
})

describe('a handshake whose connection ends', () => {
  test('by the upstream is begun anew by the client: its next message is sent nowhere else', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const erika = client(front, 's1')
    await erika.ask('/', { authorization: ntlmNegotiate })
    upstream.close(upstream.requests[0]!.connection)
    await expect.poll(() => front.pinned.size).toBe(0)
    await expect(erika.ask('/', { authorization: ntlmAuthenticate('erika') })).rejects.toThrow(/socket hang up|RESET/)
    expect(upstream.requests.length).toBe(1)
    expect((await erika.signIn('erika')).body).toBe('erika')
  })

  test('over HTTP/2 and behind a proxy is answered with 502, and sent nowhere else', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    for (const one of [client2(front, 's1'), client(front, 's2', { 'x-test-proxy': 'yes' })]) {
      const before = upstream.requests.length
      await one.ask('/', { authorization: ntlmNegotiate })
      upstream.close(upstream.requests.at(-1)!.connection)
      await expect.poll(() => front.pinned.size).toBe(0)
      // The connection is not this client's alone: it stays open.
      expect((await one.ask('/', { authorization: ntlmAuthenticate('erika') })).status).toBe(502)
      expect(upstream.requests.length).toBe(before + 1)
    }
  })

  test('while its last message is on the way is not repeated', async () => {
    const upstream = await rawUpstream(({ socket, values }, whole) => {
      const [authorization] = values('authorization')
      void whole.then(() => (authorization === ntlmNegotiate ? socket.write(challenge) : socket.destroy()))
    })
    const front = await frontTo([upstream.origin])
    const erika = client(front, 's1')
    await erika.ask('/', { authorization: ntlmNegotiate })
    await expect(erika.ask('/', { authorization: ntlmAuthenticate('erika') })).rejects.toThrow()
    expect(upstream.requests.length).toBe(2)
    expect(front.results.at(-1)).toMatchObject({ end: 'upstream_failed', errorStatus: undefined })
  })

  test('by the client closes it', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    for (const one of [client(front, 's1'), client2(front, 's2')]) {
      await one.ask('/', { authorization: ntlmNegotiate })
      expect(upstream.open().length).toBe(1)
      one.close()
      await expect.poll(() => upstream.open().length).toBe(0)
      expect(front.pinned.size).toBe(0)
    }
  })

  test('by its session, its lease or a decision closes it, idle or in use', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const erika = client(front, 's1')
    await erika.ask('/', { authorization: ntlmNegotiate })
    for (const close of front.pinned) close()
    await expect.poll(() => upstream.open().length).toBe(0)
    expect((await erika.signIn('erika')).body).toBe('erika')
    const slow = erika.ask('/slow?ms=200')
    await expect.poll(() => upstream.requests.at(-1)!.path).toBe('/slow?ms=200')
    for (const close of front.pinned) close()
    expect((await slow).body).toBe('erika')
    expect((await erika.ask('/')).status).toBe(401)
  })

  test('by retirement at a reload closes it', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    await client(front, 's1').signIn('erika')
    await front.upstream.retire()
    await expect.poll(() => upstream.open().length).toBe(0)
    expect(front.pinned.size).toBe(0)
  })

  test('after 60 s without a request closes it', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
    await client(front, 's1').signIn('erika')
    vi.advanceTimersByTime(55_000)
    expect(front.pinned.size).toBe(1)
    vi.advanceTimersByTime(6_000)
    expect(front.pinned.size).toBe(0)
    vi.useRealTimers()
    await expect.poll(() => upstream.open().length).toBe(0)
  })
})

test('a signed-in connection that its upstream closes costs a new challenge, and no error', async () => {
  const upstream = await rawUpstream(({ socket, values, connection }, whole) => {
    void whole.then(() => {
      if (values('authorization').length > 0) socket.write(ok)
      // The connection is being closed while the next request is on the way.
      else if (connection === 1) socket.destroy()
      else socket.write(challenge.replace(' TlRMTVNTUAAC', ''))
    })
  })
  const front = await frontTo([upstream.origin])
  const erika = client(front, 's1')
  await erika.ask('/', { authorization: 'Negotiate YIIabc' })
  expect(await erika.ask('/')).toMatchObject({ status: 401, challenge: 'NTLM' })
  expect(front.pinned.size).toBe(0)
})

describe('over HTTP/2', () => {
  test('the requests of a session use one connection, one after the other, and other sessions are not held up', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const [erika, miro] = [client2(front, 's1'), client2(front, 's2')]
    expect((await erika.signIn('erika')).body).toBe('erika')
    expect((await miro.signIn('miro')).body).toBe('miro')
    const before = upstream.requests.length
    const ended: string[] = []
    const noted = (who: string) => () => void ended.push(who)
    const slow = erika.ask('/slow?ms=150').then(noted('slow'))
    const quick = [1, 2, 3].map((n) => erika.ask(`/${n}`).then(noted(`erika ${n}`)))
    await miro.ask('/').then(noted('miro'))
    await Promise.all([slow, ...quick])
    expect(ended).toEqual(['miro', 'slow', 'erika 1', 'erika 2', 'erika 3'])
    const connections = new Map<string, Set<number>>()
    for (const { path, connection } of upstream.requests.slice(before))
      connections.set(path, (connections.get(path) ?? new Set()).add(connection))
    const own = connections.get('/slow?ms=150')
    expect([connections.get('/1'), connections.get('/2'), connections.get('/3')]).toEqual([own, own, own])
    expect(connections.get('/')).not.toEqual(own)
  })

  test('many requests of two people at once: no answer is the other’s', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const [erika, miro] = [client2(front, 's1'), client2(front, 's2')]
    await Promise.all([erika.signIn('erika'), miro.signIn('miro')])
    const asked = Array.from({ length: 80 }, (_, n) => (n % 2 === 0 ? erika : miro).ask('/'))
    const answers = (await Promise.all(asked)).map(({ body }) => body)
    expect(answers).toEqual(answers.map((_, n) => (n % 2 === 0 ? 'erika' : 'miro')))
  })

  test('the queue is bounded', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const connections = [client2(front, 's1'), client2(front, 's1')]
    await connections[0]!.signIn('erika')
    connections.forEach((one) => undo.push(() => one.close()))
    void connections[0]!.ask('/hold').catch(() => {})
    await expect.poll(() => upstream.requests.at(-1)!.path).toBe('/hold')
    for (let n = 0; n < 120; n++) void connections[n % 2]!.ask(`/${n}`).catch(() => {})
    await expect.poll(() => front.results.filter(({ errorStatus }) => errorStatus === 503).length).toBe(20)
  })
})

test('a WebSocket after the sign-in travels on its connection, which is then no longer private but a tunnel', async () => {
  const upstream = await ntlmApp()
  const front = await frontTo([upstream.origin])
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  undo.push(() => agent.destroy())
  const ask = (authorization: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, 'x-test-session': 's1' }
      const request = http.get({ agent, host: '127.0.0.1', port: front.port, headers }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode!))
      })
      request.on('error', reject)
    })
  expect(await ask(ntlmNegotiate)).toBe(401)
  expect(await ask(ntlmAuthenticate('erika'))).toBe(200)
  const socket = new WebSocket(`ws://127.0.0.1:${front.port}/chat`, { agent, headers: { 'x-test-session': 's1' } })
  undo.push(() => socket.terminate())
  expect(await new Promise((resolve) => socket.once('message', (text) => resolve(String(text))))).toBe('erika')
  expect(upstream.requests.map(({ connection }) => connection)).toEqual([1, 1, 1])
  expect(front.pinned.size).toBe(0)
  const stranger = new WebSocket(`ws://127.0.0.1:${front.port}/chat`, { headers: { 'x-test-session': 's2' } })
  undo.push(() => stranger.terminate())
  const refused = await new Promise<string>((resolve) => stranger.once('error', ({ message }) => resolve(message)))
  expect(refused).toContain('401')
  socket.terminate()
  await expect.poll(() => upstream.open().length).toBe(0)
})

describe('limits', () => {
  test('four a session: an idle one makes room, else 503', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const browser = Array.from({ length: 6 }, () => client(front, 's1'))
    for (const one of browser) expect((await one.signIn('erika')).body).toBe('erika')
    expect(upstream.open().length).toBe(4)
    expect(front.pinned.size).toBe(4)
    // The two that made room are asked to sign in again, which their client does by itself.
    expect((await browser[0]!.ask('/')).status).toBe(401)
    for (const one of browser.slice(2)) void one.ask('/hold').catch(() => {})
    await expect.poll(() => upstream.requests.filter(({ path }) => path === '/hold').length).toBe(4)
    const since = performance.now()
    await browser[0]!.ask('/', { authorization: ntlmNegotiate })
    expect(front.results.at(-1)).toMatchObject({ errorStatus: 503, status: 0 })
    expect(performance.now() - since).toBeLessThan(7_000)
    expect((await client(front, 's2').signIn('miro')).body).toBe('miro')
  })

  test('six connections of a browser that ask at once all get an answer', async () => {
    const upstream = await ntlmApp()
    const front = await frontTo([upstream.origin])
    const browser = Array.from({ length: 6 }, () => client(front, 's1'))
    const answers = await Promise.all(browser.map((one) => one.signIn('erika', '/slow?ms=50')))
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 6 }, () => 'erika'))
  })

  test('256 an application', async () => {
    const upstream = await rawUpstream(() => {})
    const front = await frontTo([upstream.origin], {}, { roomTimeout: 1000 })
    const hold = (session: string): void =>
      void client(front, session)
        .ask('/', { authorization: ntlmNegotiate })
        .catch(() => {})
    for (let n = 0; n < 256; n++) hold(`s${n >> 2}`)
    await upstream.received(256)
    hold('another')
    await pause(200)
    expect(upstream.requests.length).toBe(256)
    expect((await front.result(1)).errorStatus).toBe(503)
    expect(upstream.requests.length).toBe(256)
  })
})

test('strip: neither credentials nor challenges pass, other schemes do, and connections are shared', async () => {
  const both = 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate, Basic realm="a, NTLM", NTLM TlRM==\r\n'
  const upstream = await rawUpstream(answering(`${both}WWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n`))
  const front = await frontTo([upstream.origin], { connectionAuth: 'strip' })
  for (const session of ['s1', 's2']) {
    const answer = await client(front, session).ask('/', { authorization: ntlmNegotiate })
    expect(answer).toMatchObject({ status: 401, challenge: 'Basic realm="a, NTLM"' })
  }
  await client(front, 's3').ask('/', { authorization: 'Basic YTpi' })
  expect(upstream.requests.map(({ values }) => values('authorization'))).toEqual([[], [], ['Basic YTpi']])
  expect(upstream.connections.length).toBe(1)
})
