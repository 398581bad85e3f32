// Limits of a running gateway: transfer limits, timeouts, concurrency limits, rate limits; other users are unaffected.

import { createServer } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startRawClient, type RawClient } from '../support/raw-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import { material } from '../support/recording-app.ts'

const kilobyte = 1024
const staff = { groups: ['staff'] }

let stage: TestEnvironment
let node: NodeProcess
let erika: Person
let thomas: Person
let files: string
let open: string
let quiet: string
let ownApp: Awaited<ReturnType<typeof startQuietApp>>

beforeAll(async () => {
  ownApp = await startQuietApp()
  stage = await startTestEnvironment({
    apps: {
      files: { policy: [{ name: 'a little', allow: staff, limit: { download: '1MB', upload: '64KB' } }] },
      open: { policy: [{ allow: staff }] },
      quiet: { to: ownApp.origin, policy: [{ allow: staff }] },
    },
    more: () => ({
      gateway: { trusted_proxies: ['127.0.0.5/32'] },
      limits: {
        header_timeout: '1s',
        body_idle_timeout: '2s',
        body_bytes: '5MB',
        connections_per_address: 30,
        sign_ins_per_minute: 20,
        requests_per_person: 6,
        websockets_per_person: 3,
        websocket_idle_timeout: '2s',
      },
    }),
  })
  node = await stage.startNode('a')
  files = stage.origin('files')
  open = stage.origin('open')
  quiet = stage.origin('quiet')
  erika = stage.person('erika')
  thomas = stage.person('thomas')
  for (const person of [erika, thomas]) {
    for (const app of [files, open, quiet]) expect((await person.signIn(app, node.port)).status).toBe(200)
  }
})
afterAll(async () => {
  await stage?.stop()
  await ownApp?.stop()
})

/** Sends one event, then nothing for `after` milliseconds; its WebSockets send nothing unprompted after a greeting. */
async function startQuietApp() {
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer((request, response) => {
    request.resume()
    const after = Number(new URL(request.url!, 'http://app').searchParams.get('after'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    setTimeout(() => response.end('data: last\n\n'), after)
  })
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {})
      client.send('hello')
      client.on('message', (text) => client.send(`echo ${String(text)}`))
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A raw request with the session cookie of a signed-in user. */
function typed(person: Person, origin: string, head: string, body = ''): RawClient {
  const url = new URL(origin)
  const cookie = person.jar.header(url)
  return startRawClient(node.port, `${head}\r\nHost: ${url.host}\r\nCookie: ${cookie}\r\nAccept: */*\r\n\r\n${body}`)
}

const code = (body: string): unknown => (JSON.parse(body) as { reasons: { code: string }[] }).reasons[0]?.code

describe('transfer limits of a rule', () => {
  test('a response within the limit passes completely', async () => {
    const answer = typed(erika, files, `GET /download?bytes=${1024 * kilobyte} HTTP/1.1`)
    await answer.until(/\r\n\r\n/)
    const whole = (): boolean => answer.text().length - answer.text().indexOf('\r\n\r\n') - 4 === 1024 * kilobyte
    await expect.poll(whole).toBe(true)
    answer.socket.destroy()
  })

  test('a Content-Length beyond the limit is a 403 with the reason code, also in the audit log', async () => {
    const answer = await erika.ask(`${files}/download?bytes=${1024 * kilobyte + 1}`, node.port)
    expect([answer.status, code(answer.body)]).toEqual([403, 'download_limit'])
    const page = await erika.ask(`${files}/download?bytes=${2048 * kilobyte}`, node.port, { page: true })
    expect([page.status, page.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
    const event = await node.event(({ status_detail }) => status_detail === 'download_limit')
    expect(JSON.stringify(event)).toContain('a little')
  })

  test('a chunked response is aborted at the limit and never looks complete', async () => {
    const answer = typed(erika, files, 'GET /download?bytes=Infinity HTTP/1.1')
    await answer.over
    const { length } = answer.text()
    expect(length).toBeLessThan(1024 * kilobyte + 10_000)
    expect(length).toBeGreaterThan(512 * kilobyte)
    expect(answer.text()).not.toMatch(/\r\n0\r\n\r\n$/)
    await expect.poll(() => stage.app.open()).toBe(0)
  })

  test('a HEAD request passes for a response of any length', async () => {
    expect((await erika.ask(`${files}/?bytes=1`, node.port, { method: 'HEAD' })).status).toBe(200)
  })

  test('an upload within the limit passes', async () => {
    const body = material.subarray(0, 64 * kilobyte).toString('latin1')
    const sent = typed(erika, files, `POST /upload HTTP/1.1\r\nContent-Length: ${64 * kilobyte}`, body)
    await sent.until(/"bytes":65536/)
    sent.socket.destroy()
  })

  test('an upload with a Content-Length beyond the limit is a 413 without 100 Continue and without forwarding', async () => {
    const before = stage.app.reached.length
    const sent = typed(erika, files, 'POST /upload HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 65537')
    expect(await sent.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 /)
    expect(sent.text()).not.toContain('100 Continue')
    expect(stage.app.reached).toHaveLength(before)
    expect(await sent.until(/too_large/)).toContain('application/problem+json')
  })

  test('a chunked upload beyond the limit is a 413', async () => {
    const piece = `8000\r\n${material.subarray(0, 0x8000).toString('latin1')}\r\n`
    const sent = typed(erika, files, 'POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked', piece.repeat(3))
    expect(await sent.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 /)
    await expect.poll(() => stage.app.open()).toBe(0)
  })

  test('a WebSocket beyond the limit is closed', async () => {
    const socket = await erika.socket(`${files}/live`, node.port)
    await socket.echo('a'.repeat(30_000))
    await expect(socket.echo('a'.repeat(40_000), 1_000)).rejects.toThrow()
    await socket.ended
  })

  test('the global upload limit applies to rules without a limit', async () => {
    const sent = typed(erika, open, `POST /upload HTTP/1.1\r\nContent-Length: ${6 * 1024 * kilobyte}`)
    expect(await sent.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('timeouts', () => {
  test('a slowly sent head (slowloris) is a 408 after the header timeout, and others are served meanwhile', async () => {
    const client = startRawClient(node.port, 'GET / HTTP/1.1\r\nHost: a\r\nX-A: ')
    const since = Date.now()
    const drip = setInterval(() => client.socket.writable && client.socket.write('a'), 100)
    try {
      expect((await erika.ask(`${open}/`, node.port)).status).toBe(200)
      await client.over
    } finally {
      clearInterval(drip)
    }
    expect(client.text()).toMatch(/^HTTP\/1\.1 408 /)
    expect(Date.now() - since).toBeGreaterThan(900)
    expect(Date.now() - since).toBeLessThan(2_500)
  })

  test('a connection without a request is closed', async () => {
    const client = startRawClient(node.port, '')
    await client.over
  })

  test('a stalled upload is a 408, and its upstream connection is closed', async () => {
    const client = typed(
      erika,
      open,
      'POST /upload HTTP/1.1\r\nContent-Length: 1000',
      material.subarray(0, 3).toString('latin1'),
    )
    const since = Date.now()
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 408 /)
    expect(Date.now() - since).toBeGreaterThan(1_800)
    await client.over
    await expect.poll(() => stage.app.open()).toBe(0)
  })

  test('an app may be silent for longer than the idle timeout of a client', async () => {
    const client = typed(erika, quiet, 'GET /events?after=4500 HTTP/1.1')
    await client.until(/data: last/)
    client.socket.destroy()
  })

  test('a client that does not read is disconnected, and uses no memory until then (back-pressure)', async () => {
    const before = node.rss()
    const clients = Array.from({ length: 5 }, () => {
      const client = typed(thomas, open, 'GET /download?bytes=Infinity HTTP/1.1')
      client.socket.pause()
      return client
    })
    await expect.poll(() => stage.app.open()).toBe(5)
    let maxGrowth = 0
    for (let samples = 0; samples < 40 && stage.app.open() > 0; samples++) {
      maxGrowth = Math.max(maxGrowth, node.rss() - before)
      await pause(200)
    }
    expect(stage.app.open()).toBe(0)
    expect(maxGrowth).toBeLessThan(60 * 1024 ** 2)
    for (const client of clients) client.socket.destroy()
  })

  test('an idle WebSocket is closed, an active one is not', async () => {
    const idle = await erika.socket(`${quiet}/live`, node.port)
    const used = await erika.socket(`${quiet}/live`, node.port)
    const since = Date.now()
    for (let beats = 0; beats < 100 && idle.endedAt() === undefined; beats++) {
      await used.echo(`beat ${beats}`)
      await pause(100)
    }
    expect(idle.endedAt()).toBeDefined()
    expect(Date.now() - since).toBeGreaterThan(1_500)
    expect(used.endedAt()).toBeUndefined()
    await used.ended
  })
})

describe('concurrency limit per user', () => {
  test('a request beyond the limit is a 429, and other users are served', async () => {
    const streams = await Promise.all(Array.from({ length: 6 }, () => thomas.stream(`${open}/events`, node.port)))
    const refused = await thomas.ask(`${open}/`, node.port)
    expect([refused.status, code(refused.body)]).toEqual([429, 'throttled'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await thomas.ask(`${open}/`, node.port, { page: true })).headers['content-type']).toContain('text/html')
    expect((await erika.ask(`${open}/`, node.port)).status).toBe(200)
    expect(streams.every((stream) => stream.endedAt() === undefined)).toBe(true)
    await node.event(({ status_detail }) => status_detail === 'throttled')
    thomas.close()
    thomas = stage.person('thomas')
    await thomas.signIn(open, node.port)
    expect((await thomas.ask(`${open}/`, node.port)).status).toBe(200)
  })

  test('a WebSocket beyond the limit is a 429, and requests are still served', async () => {
    for (let i = 0; i < 3; i++) await thomas.socket(`${open}/live`, node.port)
    await expect(thomas.socket(`${open}/live`, node.port)).rejects.toMatchObject({ code: 429 })
    expect((await thomas.ask(`${open}/`, node.port)).status).toBe(200)
    await (await erika.socket(`${open}/live`, node.port)).echo('hello')
  })
})

describe('unauthenticated clients', () => {
  const visit = async (from: string, path = '/'): Promise<number> =>
    (await stage.person('nobody').ask(`${open}${path}`, node.port, { page: true, from })).status

  test('pages of apps send any number of strangers to the sign-in: nothing is stored for them', async () => {
    const statuses = new Set<number>()
    const stranger = stage.person('nobody')
    for (let i = 0; i < 60; i++) {
      statuses.add((await stranger.ask(`${open}/${i}`, node.port, { page: true, from: '127.0.0.9' })).status)
    }
    stranger.close()
    expect([...statuses]).toEqual([302])
    const script = await stage.person('nobody').ask(`${open}/`, node.port, { from: '127.0.0.9' })
    expect(script.status).toBe(401)
    expect(script.headers['set-cookie']).toBeUndefined()
  })

  test('redirects to the provider beyond the rate limit are a 429 with Retry-After', async () => {
    const leave = (from: string) =>
      stage.person('nobody').ask(`${stage.gateway}/sign-in?provider=company`, node.port, { page: true, from })
    const answers = []
    for (let i = 0; i < 24; i++) answers.push(await leave('127.0.0.10'))
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers['retry-after']).toBe('60')
    expect(answers.filter(({ status }) => status === 303).length).toBeGreaterThanOrEqual(20)
    expect((await leave('127.0.0.2')).status).toBe(303)
  })

  test('behind a trusted proxy the rate limit counts each client address', async () => {
    const through = (client: string) =>
      stage.person('nobody').ask(`${stage.gateway}/sign-in?provider=company`, node.port, {
        page: true,
        from: '127.0.0.5',
        headers: { 'x-forwarded-for': client, 'x-forwarded-proto': 'http' },
      })
    for (let i = 0; i < 40; i++) expect((await through(`198.51.100.${i}`)).status).toBe(303)
  })

  const connections = async (from: string, count: number): Promise<net.Socket[]> =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const socket = net.connect({ port: node.port, host: '127.0.0.1', localAddress: from })
        socket.on('error', () => {})
        await new Promise((resolve) => socket.once('connect', resolve))
        return socket
      }),
    )

  test('the connection limit of an address does not affect other addresses or a trusted proxy', async () => {
    const flood = await connections('127.0.0.7', 60)
    const proxy = await connections('127.0.0.5', 60)
    try {
      const alive = (sockets: net.Socket[]) => sockets.filter((socket) => !socket.destroyed && !socket.closed).length
      await expect.poll(() => alive(flood)).toBe(30)
      expect(alive(proxy)).toBe(60)
      expect(await visit('127.0.0.2')).toBe(302)
    } finally {
      for (const socket of [...flood, ...proxy]) socket.destroy()
    }
    await expect.poll(async () => visit('127.0.0.7').catch(() => 0), { timeout: 3_000 }).toBe(302)
  })
})
