// The plain listener of `gateway.http`: what it redirects, what it refuses, and that it starts and stops with the gateway.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { callApi } from '../../src/cli/admin-client.ts'
import { freePorts, listen } from '../../src/demo/listen.ts'
import { startGateway, type WorkingGateway } from '../../src/server/start-gateway.ts'
import type { Status } from '../../src/server/management/status.ts'
import { certificateFolder } from '../support/certificates.ts'
import { startRawClient } from '../support/raw-client.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let folder: string
const certificates = certificateFolder()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-redirect-'))
  await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
})

afterAll(async () => {
  certificates.remove()
  await rm(folder, { recursive: true, force: true })
})

interface Running {
  readonly gateway: WorkingGateway
  readonly port: number
  readonly socket: string
  reload(apps: readonly string[]): Promise<void>
}

/** Configurations differ in the HTTP/1 server, the apps and `gateway.http`. */
async function start(http1: 'einlass' | 'node', more: object = {}): Promise<Running> {
  const { cert, key } = certificates.make(['access.example.com', '*.example.com'])
  const [port, plain] = (await freePorts(2)) as [number, number]
  const file = join(folder, `${plain}.yaml`)
  const socket = join(folder, `${plain}.sock`)
  const write = (apps: readonly string[]): Promise<void> =>
    writeFile(
      file,
      JSON.stringify({
        gateway: {
          url: 'https://access.example.com',
          listen: [{ address: `127.0.0.1:${port}` }],
          tls: { cert, key },
          http: `127.0.0.1:${plain}`,
          http1,
          secret_key: 'file:secret.key',
          operations: false,
          admin_socket: socket,
          ...more,
        },
        store: 'memory:',
        identity: { issuer: 'http://127.0.0.1:9', client_id: 'einlass', client_secret: 'env:SECRET' },
        audit: { file: { path: `${plain}.jsonl` } },
        apps: Object.fromEntries(
          apps.map((name) => [
            name,
            {
              from: name === 'shop' ? 'https://shop.example.com:8443' : `https://${name}.example.com`,
              to: 'http://127.0.0.1:9',
              policy: [{ allow: { groups: ['staff'] } }],
            },
          ]),
        ),
      }),
    )
  await write(['wiki', 'shop'])
  const started = await startGateway({ file, env: { SECRET: 'of-this-test' }, logLevel: 'silent' })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  const { gateway } = started
  onTestFinished(() => gateway.stop(0))
  return {
    gateway,
    port: gateway.redirectPorts[0] ?? 0,
    socket,
    async reload(apps) {
      await write(apps)
      expect((await gateway.reload()).state).toBe('applied')
    },
  }
}

function ask(port: number, host: string, target: string, method = 'GET', headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port,
      path: target,
      method,
      agent: false,
      headers: { host, ...headers },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    outgoing.end()
  })
}

describe.each(['einlass', 'node'] as const)('the redirect to https, HTTP/1 server %s', (http1) => {
  test('leads GET and HEAD of every configured host to the same target', async () => {
    const { port } = await start(http1)
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(port, 'wiki.example.com', '/a/b?c=%20d', method)
      expect([answer.status, answer.headers.location]).toEqual([308, 'https://wiki.example.com/a/b?c=%20d'])
      // RFC 6797 7.2: never over plain http.
      expect(answer.headers['strict-transport-security']).toBeUndefined()
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    const locations = await Promise.all(
      ['access.example.com', 'WIKI.example.com', `wiki.example.com:${port}`, 'shop.example.com'].map(
        async (host) => (await ask(port, host, '/')).headers.location,
      ),
    )
    expect(locations).toEqual([
      'https://access.example.com/',
      'https://wiki.example.com/',
      'https://wiki.example.com/',
      'https://shop.example.com:8443/',
    ])
  })

  test('leads nowhere else: unknown hosts, other methods and malformed requests are refused', async () => {
    const { port } = await start(http1)
    const refused = async (host: string, target: string, method = 'GET', headers = {}) => {
      const { status, headers: got } = await ask(port, host, target, method, headers)
      return [status, got.location]
    }
    expect(await refused('evil.example', '/')).toEqual([404, undefined])
    expect(await refused('wiki.example.com.evil.example', '/')).toEqual([404, undefined])
    expect(await refused('wiki.example.com', '/', 'POST')).toEqual([404, undefined])
    expect(await refused('wiki.example.com', '/../admin')).toEqual([400, undefined])
    expect(await refused('wiki.example.com@evil.example', '/')).toEqual([400, undefined])
    // Absolute and network-path references stay on the configured host.
    expect(await refused('wiki.example.com', '//evil.example/x')).toEqual([
      308,
      'https://wiki.example.com//evil.example/x',
    ])
    expect(await refused('wiki.example.com', 'http://evil.example/')).toEqual([400, undefined])
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    }
    expect(await refused('wiki.example.com', '/', 'GET', upgrade)).toEqual([404, undefined])
    const two = startRawClient(port, 'GET / HTTP/1.1\r\nHost: wiki.example.com\r\nHost: evil.example\r\n\r\n')
    expect(await two.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 400 /)
    two.socket.destroy()
  })

  test('follows a reload, and is shown by status', async () => {
    const { port, socket, reload } = await start(http1)
    expect((await ask(port, 'news.example.com', '/')).status).toBe(404)
    await reload(['news'])
    expect((await ask(port, 'news.example.com', '/')).headers.location).toBe('https://news.example.com/')
    expect((await ask(port, 'wiki.example.com', '/')).status).toBe(404)
    const status = (await callApi(socket, 'GET', '/status')).value as Status
    expect(status.redirects).toEqual([{ host: '127.0.0.1', port, detail: null }])
  })
})

test('a port in use that the file asks for prevents the start, with its key', async () => {
  const [busy] = (await freePorts(1)) as [number]
  const server = createServer()
  await listen(server, busy)
  onTestFinished(() => void server.close())
  await expect(start('einlass', { http: `127.0.0.1:${busy}` })).rejects.toThrow(
    `gateway.http: port ${busy} of 127.0.0.1 is in use`,
  )
})
