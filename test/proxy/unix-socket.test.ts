// Upstreams at unix sockets: requests, uploads, WebSockets, health checks, several sockets, and one that is not there.

import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { parseUpstreamOrigin } from '../../src/config/upstream-origin.ts'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'einlass-socket-'))
  cleanups.push(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** Answers with its name, the Host it saw and the body; its origin as in `to`. */
async function appAt(path: string, name: string): Promise<{ origin: string; close: () => void }> {
  const server = createServer((request, response) => {
    let body = ''
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => response.end(`${name} ${request.headers.host} ${body}`))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${name}: ${data}`)))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const close = (): void => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  }
  cleanups.push(close)
  const parsed = parseUpstreamOrigin(`unix:${encodeURI(path)}`)
  if (!parsed.ok) throw new Error(parsed.message)
  return { origin: parsed.origin, close }
}

async function frontTo(
  origins: readonly string[],
  http1Client: boolean,
  more: Parameters<typeof app>[1] = {},
): Promise<ProxyEnvironment> {
  const front = await startProxyEnvironment(app(origins, more), { http1Client })
  cleanups.push(() => front.close())
  return front
}

const post = async (front: ProxyEnvironment, body: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${front.port}/`, { method: 'POST', body })).text()

describe.each([
  ['own', true],
  ['undici', false],
])('HTTP/1 client: %s', (_name, http1Client) => {
  test('requests with content arrive, with the public host, on one connection', async () => {
    const { origin } = await appAt(join(folder(), 'my app.sock'), 'one')
    const front = await frontTo([origin], http1Client)
    for (const body of ['a', 'b'.repeat(200_000)]) expect(await post(front, body)).toBe(`one erp.example.com ${body}`)
    expect(front.results.map(({ upstream }) => upstream)).toEqual([origin, origin])
  })

  test('a WebSocket is tunnelled', async () => {
    const { origin } = await appAt(join(folder(), 'app.sock'), 'one')
    const front = await frontTo([origin], http1Client)
    const socket = new WebSocket(`ws://127.0.0.1:${front.port}/`)
    cleanups.push(() => socket.terminate())
    await new Promise((resolve) => socket.once('open', resolve))
    const answer = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send('hello')
    expect(await answer).toBe('one: hello')
  })

  test('of several sockets, one that nobody listens on is passed over, and used again once it is there', async () => {
    const path = folder()
    const one = await appAt(join(path, 'one.sock'), 'one')
    const two = parseUpstreamOrigin(`unix:${join(path, 'two.sock')}`)
    if (!two.ok) throw new Error(two.message)
    const front = await frontTo([one.origin, two.origin], http1Client, { healthCheck: { path: '/', interval: 100 } })
    for (let i = 0; i < 4; i++) expect(await post(front, '')).toMatch(/^one /)
    expect(front.warnings).toContainEqual(expect.objectContaining({ upstream: two.origin }))
    await expect.poll(() => front.upstream.health().map(({ healthy }) => healthy)).toEqual([true, false])
    await appAt(join(path, 'two.sock'), 'two')
    await expect.poll(() => front.upstream.health().map(({ healthy }) => healthy)).toEqual([true, true])
    const answers = new Set(await Promise.all(Array.from({ length: 6 }, () => post(front, ''))))
    expect(answers).toEqual(new Set(['one erp.example.com ', 'two erp.example.com ']))
  })

  test('where nobody listens, the answer is 502 and the log names the socket', async () => {
    const front = await frontTo([`unix:${join(folder(), 'none.sock')}`], http1Client)
    expect((await fetch(`http://127.0.0.1:${front.port}/`)).status).toBe(502)
    expect(front.results[0]?.detail).toContain('ENOENT')
  })
})

test.each([
  ['unix:/run/app.sock', 'unix:/run/app.sock'],
  ['unix:///run/app.sock', 'unix:/run/app.sock'],
  ['UNIX:/run/my%20app.sock', 'unix:/run/my%20app.sock'],
  ['unix:/run/my app.sock', 'unix:/run/my%20app.sock'],
  ['unix:/run/50%25.sock', 'unix:/run/50%25.sock'],
  ['unix:/run/a%3Fb%23.sock', 'unix:/run/a%3Fb%23.sock'],
  ['h2c://10.0.0.9:50051', 'h2c://10.0.0.9:50051'],
  ['H2C://[2001:DB8::1]:50051', 'h2c://[2001:db8::1]:50051'],
  ['h2c://grpc.internal', 'h2c://grpc.internal'],
  ['https://10.0.0.9:8443', 'https://10.0.0.9:8443'],
])('`to: %s` is %s', (text, origin) => {
  expect(parseUpstreamOrigin(text)).toEqual({ ok: true, origin })
  expect(parseUpstreamOrigin(origin)).toEqual({ ok: true, origin })
})

test.each([
  'unix:run/app.sock',
  'unix:',
  'unix://run/app.sock',
  'unix:/run/../etc/app.sock',
  'unix:/run/%2e%2e/app.sock',
  'unix:/run/a%00b.sock',
  'unix:/run/%zz.sock',
  'unix:/run/',
  `unix:/${'a'.repeat(120)}`,
  'h2c://user@10.0.0.9:50051',
  'h2c://10.0.0.9:50051/path',
  'ftp://10.0.0.9',
])('`to: %s` is refused', (text) => {
  expect(parseUpstreamOrigin(text).ok).toBe(false)
})
