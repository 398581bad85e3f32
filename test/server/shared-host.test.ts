// Two apps on one host by path, one of them with another path at its upstream: HTTP/1.1 by both servers, and HTTP/2.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { callApi } from '../../src/cli/admin-client.ts'
import { freePorts, listen } from '../../src/demo/listen.ts'
import { startGateway } from '../../src/server/start-gateway.ts'
import type { Status } from '../../src/server/management/status.ts'
import { certificateFolder } from '../support/certificates.ts'

interface Answer {
  readonly status: number
  readonly fields: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly hints: readonly string[]
  readonly body: string
}

const host = 'intranet.example.com'
const certificates = certificateFolder()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'einlass-shared-'))
  await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
})
afterAll(async () => {
  certificates.remove()
  await rm(folder, { recursive: true, force: true })
})

interface Environment {
  readonly reached: readonly IncomingMessage[]
  readonly socket: string
  readonly log: readonly Readonly<Record<string, unknown>>[]
  ask(target: string, method?: string): Promise<Answer>
}

/** `/back` answers with every field that refers to the upstream; all other paths with the path itself. */
async function start(http1: 'einlass' | 'node', protocol: 'HTTP/1.1' | 'HTTP/2'): Promise<Environment> {
  const reached: IncomingMessage[] = []
  let origin = ''
  const app = createServer((request, response) => {
    reached.push(request)
    if (!request.url!.startsWith('/doku/back')) return void response.end(request.url)
    response.writeEarlyHints({ link: '</doku/early.css>; rel=preload; as=style' })
    response.writeHead(200, {
      location: `${origin}/doku/next`,
      'content-location': '/doku/back.en',
      refresh: '9; url=/doku/later',
      link: `<${origin}/doku/a>; rel=next, </doku/b>; rel=prev`,
      'service-worker-allowed': '/',
      'set-cookie': [
        'a=1; Path=/doku',
        'b=1; Path=/',
        'c=1; Path=/other',
        'd=1; Domain=app.intern.local; Path=/doku/x',
      ],
    })
    response.end('back')
  })
  const appPort = await listen(app, 0)
  origin = `http://127.0.0.1:${appPort}`
  onTestFinished(() => {
    app.closeAllConnections()
    app.close()
  })
  const { cert, key, pem } = certificates.make(['access.example.com', host])
  const [port] = (await freePorts(1)) as [number]
  const [file, socket] = [join(folder, `${port}.yaml`), join(folder, `${port}.sock`)]
  const open = { policy: [{ allow: { groups: ['staff'] } }] }
  await writeFile(
    file,
    JSON.stringify({
      gateway: {
        url: 'https://access.example.com',
        listen: [{ address: `127.0.0.1:${port}` }],
        tls: { cert, key },
        http1,
        secret_key: 'file:secret.key',
        operations: false,
        admin_socket: socket,
      },
      store: 'memory:',
      identity: { issuer: 'http://127.0.0.1:9', client_id: 'einlass', client_secret: 'env:SECRET' },
      audit: { file: { path: `${port}.jsonl` } },
      apps: {
        wiki: { ...open, from: `https://${host}/wiki`, to: `${origin}/doku`, public: [{ paths: ['/wiki/*'] }] },
        plain: { ...open, from: `https://${host}/plain`, to: `${origin}/`, public: [{ paths: ['/plain/open/*'] }] },
        same: { ...open, from: `https://${host}/same`, to: origin, public: [{ paths: ['/same/*'] }] },
      },
    }),
  )
  const log: Record<string, unknown>[] = []
  const logDestination = { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) }
  const started = await startGateway({ file, env: { SECRET: 'of-this-test' }, logLevel: 'info', logDestination })
  if (started.state === 'refused') throw new Error(started.problems.join('\n'))
  onTestFinished(() => started.gateway.stop(0))
  const ask = protocol === 'HTTP/2' ? askHttp2 : askHttp1
  return { reached, socket, log, ask: (target, method = 'GET') => ask({ port, ca: pem, target, method }) }
}

interface Question {
  readonly port: number
  readonly ca: string
  readonly target: string
  readonly method: string
}

function askHttp1({ port, ca, target, method }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host, accept: 'text/html', 'x-forwarded-prefix': '/evil' }
    const options = { host: '127.0.0.1', port, ca, servername: host, path: target, method, headers, agent: false }
    const outgoing = httpsRequest(options)
    const hints: string[] = []
    outgoing.on('information', (info) => hints.push(String(info.headers['link'])))
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, fields: response.headers, hints, body }))
    })
    outgoing.end()
  })
}

function askHttp2({ port, ca, target, method }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://${host}`, { ca, servername: host, host: '127.0.0.1', port })
    session.on('error', reject)
    const names = {
      ':path': target,
      ':method': method,
      ':authority': host,
      accept: 'text/html',
      'x-forwarded-prefix': '/evil',
    }
    const stream = session.request(names)
    const hints: string[] = []
    let [status, fields, body] = [0, {} as Answer['fields'], '']
    stream.on('headers', (informational) => hints.push(String(informational['link'])))
    stream.on('response', (received) => {
      status = Number(received[':status'])
      fields = received as Answer['fields']
    })
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
    stream.on('error', reject)
    stream.on('end', () => {
      session.close()
      resolve({ status, fields, hints, body })
    })
  })
}

const kinds = [
  ['einlass', 'HTTP/1.1'],
  ['node', 'HTTP/1.1'],
  ['einlass', 'HTTP/2'],
  ['node', 'HTTP/2'],
] as const

describe.each(kinds)('apps on one host, server %s, %s', (http1, protocol) => {
  test('get their own paths, with the prefix of their upstream', async () => {
    const { ask } = await start(http1, protocol)
    const rows: readonly (readonly [target: string, body: string])[] = [
      ['/wiki', '/doku'],
      ['/wiki?q=/wiki', '/doku?q=/wiki'],
      ['/wiki/', '/doku/'],
      ['/w%69ki/x', '/doku/x'],
      ['/wiki/a%26b/%C3%BC?%20', '/doku/a%26b/%C3%BC?%20'],
      ['/plain/open/x', '/open/x'],
      ['/same/x', '/same/x'],
    ]
    for (const [target, body] of rows) expect([target, (await ask(target)).body]).toEqual([target, body])
  })

  test('and no others: not found where no app has the path, refused where a target could mean another', async () => {
    const { ask, reached } = await start(http1, protocol)
    for (const target of ['/', '/wikipedia', '/WIKI', '/wik', '/other/wiki', '/favicon.ico', '/.einlass']) {
      const { status, body } = await ask(target)
      expect([target, status]).toEqual([target, 404])
      expect(body).toContain('https://access.example.com/')
      // No path, name or upstream of an app.
      expect(body).not.toMatch(/\/wiki|plain|127\.0\.0\.1/)
    }
    for (const target of [
      '/wiki/../same',
      '/wiki/..;/same',
      '/wiki%2f..%2fsame',
      '/wiki/%252e%252e/x',
      '/plain/open//x/..',
    ]) {
      expect([target, [400, 404]]).toEqual([target, expect.arrayContaining([(await ask(target)).status])])
    }
    expect((await ask('/plain//evil.example')).status).toBe(400)
    expect(reached).toEqual([])
  })

  test('the path itself leads to the folder where the upstream cannot tell them apart', async () => {
    const { ask, reached } = await start(http1, protocol)
    const { status, fields } = await ask('/plain?a=b')
    expect([status, fields['location']]).toEqual([308, `https://${host}/plain/?a=b`])
    expect((await ask('/plain', 'POST')).status).not.toBe(308)
    expect(reached).toEqual([])
  })

  test('references and cookies of an upstream become those of the public address', async () => {
    const { ask, socket, log } = await start(http1, protocol)
    const { fields, hints, body } = await ask('/wiki/back')
    expect(body).toBe('back')
    expect(hints).toEqual(['</wiki/early.css>; rel=preload; as=style'])
    expect(fields).toMatchObject({
      location: `https://${host}/wiki/next`,
      'content-location': '/wiki/back.en',
      refresh: '9; url=/wiki/later',
      link: `<https://${host}/wiki/a>; rel=next, </wiki/b>; rel=prev`,
      'service-worker-allowed': '/wiki/',
      'set-cookie': ['a=1; Path=/wiki', 'b=1; Path=/wiki', 'd=1; Path=/wiki/x'],
    })
    await ask('/wiki/back')
    const status = (await callApi(socket, 'GET', '/status')).value as Status
    expect(status.cookies).toEqual([
      { app: 'wiki', name: 'c', change: 'path_refused', detail: '/other' },
      { app: 'wiki', name: 'd', change: 'domain_removed', detail: 'app.intern.local' },
    ])
    expect(log.filter(({ cookie }) => cookie !== undefined)).toHaveLength(2)
  })

  test('an upstream is told the path that was removed, and only then; a client cannot', async () => {
    const { ask, reached } = await start(http1, protocol)
    await ask('/plain/open/x')
    await ask('/wiki/x')
    await ask('/same/x')
    expect(reached.map(({ headers }) => headers['x-forwarded-prefix'])).toEqual(['/plain', undefined, undefined])
    expect(reached.map(({ headers }) => headers['x-forwarded-host'])).toEqual([host, host, host])
  })
})
