// What an admin says of one app, in running gateways: identity under names of its own, credentials, limits, reload, and no
// secret in anything that leaves.

import { execFile } from 'node:child_process'
import http2 from 'node:http2'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificateFolder } from '../support/certificates.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startRawUpstream, type RawUpstream, type Recorded } from '../support/raw-upstream.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

const staff = [{ allow: { groups: ['staff'] } }]
const apiKey = 'k3y-0f-the-erp-s3cret'
const password = 'pa55-0f-the-svc-s3cret'
const basic = Buffer.from(`svc:${password}`).toString('base64')
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const handshake = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`
const switched = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`
const certificates = certificateFolder()
afterAll(() => certificates.remove())

/** Answers a path `/after/MS` that much later, `/401` with that, anything else at once. */
function behave(request: Recorded): void {
  const [, path = ''] = request.line.split(' ')
  if (request.values('upgrade').length > 0) return void request.socket.write(switched)
  if (path === '/401') {
    return void request.socket.write(
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="erp"\r\nContent-Length: 0\r\n\r\n',
    )
  }
  if (path === '/broken') return void request.socket.end('HTTP/1.1 200 OK\r\nbad field\r\n\r\n')
  const wait = Number(/^\/after\/(\d+)$/.exec(path)?.[1] ?? 0)
  setTimeout(() => request.socket.write(ok), wait)
}

describe.each(['einlass', 'node'] as const)('with gateway.http1: %s', (http1) => {
  let stage: TestEnvironment
  let node: NodeProcess
  let upstream: RawUpstream
  let erika: Person
  const undo: (() => unknown)[] = []

  beforeAll(async () => {
    const names = ['access', 'mapped', 'token', 'account', 'slow', 'plain', 'open']
    const made = certificates.make(
      names.map((name) => `${name}.localhost`),
      http1,
    )
    upstream = await startRawUpstream(behave)
    const app = { to: upstream.origin, policy: staff }
    stage = await startTestEnvironment({
      tls: { cert: made.cert, key: made.key, ca: () => made.pem },
      apps: {
        mapped: {
          ...app,
          headers: {
            identity: {
              'X-WEBAUTH-USER': 'email',
              'X-Remote-User': 'preferred_username',
              'X-Full-Name': 'name',
              'X-WEBAUTH-GROUPS': 'groups',
              'X-Idp': 'provider',
              'X-Jwt': 'assertion',
              'X-Nothing': 'claims.absent',
            },
          },
        },
        token: { ...app, headers: { authorization: 'assertion' }, public: [{ paths: ['/hook'], methods: ['GET'] }] },
        account: {
          ...app,
          headers: {
            set: { 'X-Api-Key': 'file:api.key' },
            authorization: { basic: { user: 'svc', password: 'file:basic.key' } },
          },
          response_headers: { set: { 'X-Served-By': 'file:api.key' } },
          public: [{ paths: ['/hook'], methods: ['GET'] }],
        },
        slow: { ...app, timeouts: { headers: '5s', idle: '10m' }, limits: { upload: '1KB', headers: '64KB' } },
        plain: app,
        open: { ...app, public: [{ paths: ['/*'], methods: ['GET', 'POST'] }], limits: { upload: '1KB' } },
      },
      more: () => ({
        gateway: { http1 },
        limits: { upstream_header_timeout: '1s', header_bytes: '16KB', sign_ins_per_minute: 500 },
      }),
    })
    await writeFile(join(stage.folder, 'api.key'), `${apiKey}\n`)
    await writeFile(join(stage.folder, 'basic.key'), `${password}\n`)
    node = await stage.startNode('a')
    erika = stage.person('erika')
    for (const name of names.slice(1)) {
      expect((await erika.signIn(`${stage.origin(name)}/`, node.port)).status).toBe(200)
    }
  }, 120_000)
  afterEach(async () => {
    for (const step of undo.splice(0)) await step()
  })
  afterAll(async () => {
    erika?.close()
    await stage?.stop()
    await upstream?.close()
  })

  interface Sent {
    readonly path?: string
    readonly fields?: readonly (readonly [string, string])[]
    readonly anonymous?: boolean
    readonly accept?: string
  }

  /** Sends one request over a new connection; resolves with the head and what followed within the time it took. */
  async function overHttp1(app: string, sent: Sent = {}, upgrade = ''): Promise<string> {
    const url = new URL(stage.origin(app))
    const socket = connect({
      host: '127.0.0.1',
      port: node.port,
      servername: url.hostname,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    })
    socket.on('error', () => {})
    undo.push(() => socket.destroy())
    const cookie = sent.anonymous === true ? '' : `Cookie: ${erika.jar.header(url)}\r\n`
    const fields = (sent.fields ?? []).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const origin = upgrade === '' ? '' : `Origin: ${url.origin}\r\n`
    socket.write(
      `GET ${sent.path ?? '/'} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: ${sent.accept ?? '*/*'}\r\n${cookie}${origin}${upgrade}${fields}\r\n`,
      'latin1',
    )
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    await expect
      .poll(
        () => {
          const [head, body] = text.split(/\r\n\r\n/)
          const length = Number(/^content-length: (\d+)/im.exec(head ?? '')?.[1] ?? 0)
          return body !== undefined && body.length >= length
        },
        { timeout: 10_000 },
      )
      .toBe(true)
    return text
  }

  async function overHttp2(app: string, sent: Sent = {}): Promise<string> {
    const url = new URL(stage.origin(app))
    const session = http2.connect(`https://127.0.0.1:${node.port}`, {
      servername: url.hostname,
      rejectUnauthorized: false,
    })
    session.on('error', () => {})
    undo.push(() => session.destroy())
    const fields: Record<string, string[]> = {}
    for (const [name, value] of sent.fields ?? []) (fields[name.toLowerCase()] ??= []).push(value)
    const stream = session.request({
      ':path': sent.path ?? '/',
      ':authority': url.host,
      accept: sent.accept ?? '*/*',
      ...(sent.anonymous === true ? {} : { cookie: erika.jar.header(url) }),
      ...fields,
    })
    let text = ''
    stream.on('response', (head) => {
      text = `HTTP/2 ${head[':status']}\r\n${Object.entries(head)
        .map(([name, value]) => `${name}: ${String(value)}\r\n`)
        .join('')}\r\n`
    })
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    stream.on('error', () => {})
    await new Promise((resolve) => stream.once('close', resolve))
    return text
  }

  const ways: readonly (readonly [string, (app: string, sent?: Sent) => Promise<string>])[] = [
    ['HTTP/1.1', overHttp1],
    ['HTTP/2', overHttp2],
    ['a WebSocket', (app, sent) => overHttp1(app, sent, handshake)],
  ]
  const latest = (): Recorded => upstream.requests.at(-1)!
  const status = (text: string): string => /^HTTP\/\S+ (\d{3})/.exec(text)![1]!

  const spellings = (name: string): [string, string][] =>
    [name, name.toLowerCase(), name.replaceAll('-', '_'), name.replace('-', '.'), name].map((one) => [one, 'mallory'])

  test.each(ways)('identity under names of its own arrives over %s, once and only ours', async (_way, send) => {
    const names = ['X-WEBAUTH-USER', 'X-Remote-User', 'X-Full-Name', 'X-WEBAUTH-GROUPS', 'X-Idp', 'X-Jwt', 'X-Nothing']
    expect(status(await send('mapped', { fields: names.flatMap(spellings) }))).toMatch(/200|101/)
    const seen = latest()
    expect(names.map((name) => seen.values(name))).toEqual([
      ['erika@example.com'],
      ['erika'],
      ['Erika Musterfrau'],
      ['staff'],
      ['company'],
      seen.values('x-einlass-jwt-assertion'),
      [],
    ])
    expect(decodeJwt(seen.values('x-jwt')[0]!)).toMatchObject({
      email: 'erika@example.com',
      aud: stage.origin('mapped'),
    })
    expect(seen.fields.join('\n')).not.toMatch(/mallory|x-forwarded-user/i)
  })

  test.each(ways)(
    'the assertion as bearer token arrives over %s, in place of what a client sends',
    async (_way, send) => {
      expect(status(await send('token', { fields: [['authorization', 'Bearer mallory']] }))).toMatch(/200|101/)
      const [sent, ...more] = latest().values('authorization')
      expect(more).toEqual([])
      expect(sent).toBe(`Bearer ${latest().values('x-einlass-jwt-assertion')[0]}`)
    },
  )

  test.each(ways)('a service account and a constant field arrive over %s', async (_way, send) => {
    const fields = [...spellings('X-Api-Key'), ['authorization', 'Basic mallory']] as const
    expect(status(await send('account', { fields }))).toMatch(/200|101/)
    expect([latest().values('x-api-key'), latest().values('authorization')]).toEqual([[apiKey], [`Basic ${basic}`]])
    expect(latest().fields.join('\n')).not.toContain('mallory')
  })

  test('a stranger on a public path brings no Authorization, and no assertion is made up', async () => {
    await overHttp1('token', { path: '/hook', anonymous: true, fields: [['Authorization', 'Bearer mallory']] })
    expect([latest().line, latest().values('authorization')]).toEqual(['GET /hook HTTP/1.1', []])
    await overHttp1('account', { path: '/hook', anonymous: true, fields: [['Authorization', 'Basic mallory']] })
    expect(latest().values('authorization')).toEqual([`Basic ${basic}`])
  })

  test('an app that refuses our credentials is told in the log, and no challenge reaches people', async () => {
    const text = await overHttp1('account', { path: '/401' })
    expect(status(text)).toBe('401')
    expect(text).not.toMatch(/www-authenticate/i)
    await expect
      .poll(() => node.output())
      .toMatch(/"setting":"apps\.account\.headers\.authorization".*refused the credentials/)
  })

  test('an answer later than other apps may take arrives; a later one is 504 and names the key', async () => {
    expect(status(await overHttp1('slow', { path: '/after/2000' }))).toBe('200')
    const page = await overHttp1('plain', { path: '/after/2000', accept: 'text/html' })
    expect(status(page)).toBe('504')
    expect(page).toContain('apps.plain.timeouts.headers')
    const document = await overHttp2('plain', { path: '/after/2000' })
    expect(JSON.parse(document.split('\r\n\r\n')[1]!)).toMatchObject({
      status: 504,
      setting: 'apps.plain.timeouts.headers',
    })
    await expect.poll(() => node.output()).toMatch(/"setting":"apps\.plain\.timeouts\.headers: 1s"/)
  })

  test('a larger head than other apps accept passes at this one only, and the log names the key', async () => {
    const fields = [['X-Large', 'x'.repeat(20_000)]] as const
    for (const send of [overHttp1, overHttp2]) {
      expect(status(await send('slow', { fields }))).toBe('200')
      expect(status(await send('plain', { fields }))).toBe('431')
    }
    expect(node.output()).toMatch(/"detail":"header_size","setting":"apps\.plain\.limits\.headers"/)
    expect(status(await overHttp1('slow', { fields: [['X-Large', 'x'.repeat(70_000)]] }))).toBe('431')
  })

  test('an upload beyond the limit is 413; a signed-in user sees the key, a stranger does not', async () => {
    const body = 'x'.repeat(2_000)
    const mine = await erika.ask(`${stage.origin('slow')}/`, node.port, {
      method: 'POST',
      body,
      headers: { origin: stage.origin('slow') },
    })
    expect([mine.status, JSON.parse(mine.body)]).toMatchObject([413, { setting: 'apps.slow.limits.upload' }])
    const stranger = stage.person('nobody')
    undo.push(() => stranger.close())
    const theirs = await stranger.ask(`${stage.origin('open')}/`, node.port, {
      method: 'POST',
      body,
      headers: { origin: stage.origin('open') },
    })
    expect(theirs.status).toBe(413)
    expect(theirs.body).not.toContain('apps.open')
    await expect.poll(() => node.output()).toMatch(/"setting":"apps\.open\.limits\.upload: 1KB"/)
  })

  test('no secret is in log, audit, error pages, explanations and the admin interface', async () => {
    for (const path of ['/', '/broken', '/401', '/after/1500']) await overHttp1('account', { path })
    const answers = [
      await overHttp1('account', { path: '/broken', accept: 'text/html' }),
      await overHttp1('account', { path: '/after/1500', accept: 'text/html' }),
      await overHttp2('account', { path: '/.einlass/session' }),
    ]
    const traced = await erika.ask(`${stage.origin('account')}/`, node.port, { method: 'TRACE' })
    expect(traced.status).toBe(501)
    const [configurationFile, auditFile] = [join(stage.folder, 'a.yaml'), join(stage.folder, 'a.jsonl')]
    const words = ['--config', configurationFile, '--app', 'account', '--user', 'erika@example.com', '--group', 'staff']
    const outputs = [
      await node.cli('status', '--json'),
      await node.cli('sessions', 'list', '--json'),
      await offline(['explain', ...words, '--json']),
      await offline(['check', '--config', configurationFile]),
    ]
    const everything = [
      node.output(),
      await readFile(auditFile, 'utf8'),
      JSON.stringify(await node.admin('GET', '/status')),
      traced.body,
      // The test sets it on responses to see it there, and there only.
      ...answers.map((text) => text.replace(/^x-served-by: .*$/gim, '')),
      ...outputs.map(({ stdout, stderr }) => stdout + stderr),
    ].join('\n')
    for (const secret of [apiKey, password, basic]) expect(everything).not.toContain(secret)
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0, 0])
  })

  test('a changed secret, time-out and header are taken without a restart', async () => {
    const save = async (name: string, text: string): Promise<void> => {
      await writeFile(join(stage.folder, `${name}.new`), text)
      await rename(join(stage.folder, `${name}.new`), join(stage.folder, name))
    }
    const { pid } = node
    await save('api.key', 'rotated-k3y\n')
    await expect
      .poll(async () => (await overHttp1('account'), latest().values('x-api-key')), { timeout: 10_000, interval: 200 })
      .toEqual(['rotated-k3y'])
    await stage.configure((configuration) => {
      configuration['limits'] = { ...(configuration['limits'] as object), upstream_header_timeout: '4s' }
      configuration.apps['mapped'] = { ...configuration.apps['mapped'], host: 'intern.local' }
    })
    await expect
      .poll(async () => (await overHttp1('mapped'), latest().values('host')), { timeout: 10_000, interval: 200 })
      .toEqual(['intern.local'])
    expect(status(await overHttp1('plain', { path: '/after/2000' }))).toBe('200')
    expect(node.pid).toBe(pid)
    await save('api.key', `${apiKey}\n`)
  })
})

/** A command that reads files: it takes no socket. */
function offline(words: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const launcher = join(import.meta.dirname, '../../bin/einlass.mjs')
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [launcher, ...words], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}
