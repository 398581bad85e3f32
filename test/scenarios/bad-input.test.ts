// Malformed and hostile requests (request smuggling, path traversal): none reaches an app, and the gateway keeps serving.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { unexpectedError, type NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startRawClient } from '../support/raw-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let node: NodeProcess
let wiki: string
let erika: Person
let host: string
/** Of an authorized user, so that a rejection is due to the form of the request alone. */
let cookie: string

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      wiki: { policy: [{ allow: { groups: ['staff'] } }] },
      archive: { policy: [{ allow: { groups: ['staff'], actions: ['read'] } }] },
      admin: { policy: [{ deny: { groups: ['staff'], paths: ['/admin/*'] } }, { allow: { groups: ['staff'] } }] },
    },
  })
  node = await stage.startNode('a')
  wiki = stage.origin('wiki')
  erika = stage.person('erika')
  for (const app of ['wiki', 'archive', 'admin']) await erika.signIn(stage.origin(app), node.port)
  host = new URL(wiki).host
  cookie = `Cookie: ${erika.jar.header(new URL(wiki))}\r\n`
})
afterAll(() => stage?.stop())

/** Sends bytes; resolves with what was received when the connection ends, or after 1.5 s. */
async function exchange(bytes: string): Promise<string> {
  const client = startRawClient(node.port, bytes)
  await Promise.race([client.over, pause(1_500)])
  client.socket.destroy()
  return client.text()
}

const statuses = (text: string): string[] => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => status!)

type Malformed = readonly [name: string, bytes: () => string, ...refusals: string[]]

const get = (target: string, more = ''): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${cookie}${more}\r\n`
const post = (framing: string, body: string): string =>
  `POST /form HTTP/1.1\r\nHost: ${host}\r\n${cookie}${framing}\r\n${body}`
const smuggled = (): string => get('/smuggled')

const malformed: readonly Malformed[] = [
  ['two Hosts', () => get('/', `Host: ${new URL(stage.origin('admin')).host}\r\n`)],
  ['no Host', () => `GET / HTTP/1.1\r\n${cookie}\r\n`],
  ['an empty Host', () => `GET / HTTP/1.1\r\nHost:\r\n${cookie}\r\n`],
  ['a Host with credentials', () => `GET / HTTP/1.1\r\nHost: a@${host}\r\n${cookie}\r\n`],
  ['length and chunks', () => post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled()}`)],
  ['two lengths', () => post('Content-Length: 0\r\nContent-Length: 5\r\n', `12345${smuggled()}`)],
  ['a length with a sign', () => post('Content-Length: +5\r\n', `12345${smuggled()}`)],
  ['an unknown transfer coding', () => post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled()}`)],
  ['chunks twice', () => post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${smuggled()}`)],
  ['chunks on HTTP/1.0', () => post('Transfer-Encoding: chunked\r\n', `0\r\n\r\n`).replace('HTTP/1.1', 'HTTP/1.0')],
  ['a chunk without a size', () => post('Transfer-Encoding: chunked\r\n', `zz\r\n${smuggled()}`)],
  ['a folded field', () => get('/', 'X-Folded: one\r\n two\r\n')],
  ['a space before the colon', () => get('/', 'Transfer-Encoding : chunked\r\n')],
  ['bare line feeds', () => get('/').replaceAll('\r\n', '\n')],
  ['a bare carriage return', () => get('/', 'X-Split: one\rX-Other: two\r\n')],
  ['NUL in a value', () => get('/', 'X-Nul: a\0b\r\n')],
  ['a name with a bracket', () => get('/', 'X(y): z\r\n')],
  ['another host in the target', () => get(`http://${new URL(stage.origin('admin')).host}/`)],
  ['an encoded slash before dots', () => get('/..%2fadmin')],
  ['dots that climb', () => get('/a/../../admin')],
  ['encoded dots', () => get('/%2e%2e/admin')],
  ['a backslash', () => get('/a\\..\\admin')],
  ['an encoded backslash that climbs', () => get('/..%5cadmin')],
  ['a spelling of the prefix of the gateway', () => get('/.einlass%2fsession')],
  ['an encoded NUL', () => get('/a%00')],
  ['a fragment', () => get('/a#b')],
  ['a target without a slash', () => get('admin')],
  ['a broken escape', () => get('/a%zz')],
  ['no version', () => get('/').replace(' HTTP/1.1', '')],
  ['version 0.9', () => get('/').replace('HTTP/1.1', 'HTTP/0.9')],
  ['version 2 in a request line', () => get('/').replace('HTTP/1.1', 'HTTP/2.0')],
  ['an unknown method', () => get('/').replace('GET', 'GRAB'), '501'],
  ['TRACE', () => get('/').replace('GET', 'TRACE'), '501'],
  ['CONNECT', () => get(host).replace('GET', 'CONNECT'), '405', '501'],
  [
    'an upgrade with a body',
    () => get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n') + 'abc',
  ],
  [
    'a WebSocket of another version',
    () => get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n'),
    '426',
  ],
  ['an unknown expectation', () => get('/', 'Expect: a miracle\r\n'), '417'],
  ['too long a field', () => get('/', `X-Long: ${'a'.repeat(70_000)}\r\n`), '431'],
  ['too many fields', () => get('/', Array.from({ length: 500 }, (_, i) => `X-${i}: a\r\n`).join('')), '431'],
  ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  ['a TLS handshake', () => '\x16\x03\x01\x00\x05\x01\0\0\x01\0\0\0\0'],
  ['noise', () => '\xff\xfe\x00\x01'.repeat(64) + '\r\n\r\n'],
]

describe('a malformed request reaches no app, and is rejected or the connection closed', () => {
  test.each(malformed.map(([name, bytes, ...refusals]) => ({ name, bytes, refusals })))(
    '$name',
    async ({ bytes, refusals }) => {
      const before = stage.app.reached.length
      const text = await exchange(bytes())
      const answered = statuses(text)
      expect(answered.length).toBeLessThanOrEqual(1)
      for (const status of answered) expect(['400', ...refusals]).toContain(status)
      expect(text === '' || answered.length === 1).toBe(true)
      expect(stage.app.reached.slice(before)).toEqual([])
      expect((await erika.ask(wiki, node.port)).status).toBe(200)
    },
  )

  test.each<readonly [string, () => string]>([
    ['a target that has none', () => get('/../b')],
    ['no version', () => get('/').replace(' HTTP/1.1', '')],
    ['two Hosts', () => get('/', `Host: ${host}\r\n`)],
    ['an unknown expectation', () => post('Content-Length: 9\r\nExpect: nonsense\r\n', '123456789')],
  ])('a request pipelined behind a rejected one is not forwarded: %s', async (_name, bytes) => {
    const before = stage.app.reached.length
    const text = await exchange(bytes() + get('/behind') + get('/behind'))
    expect(statuses(text)).toHaveLength(1)
    expect(stage.app.reached.slice(before)).toEqual([])
  })

  test('a WebSocket upgrade pipelined behind an unanswered request closes the connection only', async () => {
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`
    const live = get('/live', `${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`)
    for (const first of [get('/'), get('/').replace(cookie, '')]) {
      const text = await exchange(first + live)
      expect(text).not.toContain('101 Switching')
      expect((await erika.ask(wiki, node.port)).status).toBe(200)
    }
  })

  test('the process lives and logged no unexpected error', () => {
    expect(process.kill(node.pid, 0)).toBe(true)
    expect(node.output()).not.toMatch(unexpectedError)
  })
})

test('pipelined requests are forwarded as the same number of requests', async () => {
  const before = stage.app.reached.length
  const text = await exchange(
    post('Content-Length: 3\r\n', 'abc') +
      post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n') +
      get('/last'),
  )
  expect(statuses(text)).toEqual(['200', '200', '200'])
  expect(stage.app.reached.slice(before).map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /form',
    'POST /form',
    'GET /last',
  ])
})

test('a path rule applies to every spelling of the path', async () => {
  const admin = stage.origin('admin')
  for (const path of ['/admin/x', '/%61dmin/x', '/admin/./x', '//admin/x', '/admin;a=b/x', '/ADMIN/../admin/x']) {
    const before = stage.app.reached.length
    const raw = `GET ${path} HTTP/1.1\r\nHost: ${new URL(admin).host}\r\nCookie: ${erika.jar.header(new URL(admin))}\r\n\r\n`
    expect(['400', '403'], path).toContain(statuses(await exchange(raw))[0])
    expect(stage.app.reached.slice(before), path).toEqual([])
  }
})

test('an unknown host is 404 and discloses no other host', async () => {
  const answer = await exchange(`GET / HTTP/1.1\r\nHost: unknown.example\r\nAccept: text/html\r\n\r\n`)
  expect(statuses(answer)).toEqual(['404'])
  expect(answer).not.toMatch(/localhost|wiki|archive|company/)
})

test('a form post without a session is 401 with a sign-in page, and is not forwarded', async () => {
  const stranger = stage.person('thomas')
  const before = stage.app.reached.length
  const asked = { method: 'POST', body: 'text=an+hour+of+work', page: true }
  const answer = await stranger.ask(`${wiki}/save`, node.port, asked)
  expect(answer.status).toBe(401)
  expect(answer.headers['content-type']).toContain('text/html')
  expect(answer.headers['cache-control']).toContain('no-store')
  expect(answer.body).toMatch(/sign in/i)
  expect(answer.body).not.toContain('an hour of work')
  const call = await stranger.ask(`${wiki}/save`, node.port, { ...asked, page: false })
  expect(call.status).toBe(401)
  expect(JSON.parse(call.body)).toMatchObject({ reasons: [{ code: 'no_session' }], sign_in: expect.any(String) })
  expect(stage.app.reached.slice(before)).toEqual([])
})

test('sign-out is protected against CSRF', async () => {
  const url = `${wiki}/.einlass/sign-out`
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
    const answer = await erika.ask(url, node.port, { method: 'POST', page: true, body: '', headers })
    expect(answer.status).toBe(403)
  }
  // To the gateway's host, which asks before it signs out.
  const asked = await erika.ask(url, node.port, { page: true })
  expect([asked.status, asked.headers.location?.split('?')[0]]).toEqual([303, `${stage.gateway}/sign-out`])
  expect((await erika.ask(wiki, node.port)).status).toBe(200)
})

test('method override headers have no effect', async () => {
  const archive = stage.origin('archive')
  const override = { 'X-HTTP-Method-Override': 'GET', 'X-Method-Override': 'GET', 'X-HTTP-Method': 'GET' }
  const before = stage.app.reached.length
  expect((await erika.ask(archive, node.port, { method: 'POST', body: '_method=GET', headers: override })).status).toBe(
    403,
  )
  expect(stage.app.reached.slice(before)).toEqual([])
  const headers = { 'X-HTTP-Method-Override': 'DELETE', X_Http_Method_Override: 'DELETE' }
  expect((await erika.ask(`${archive}/reports`, node.port, { headers })).status).toBe(200)
  const reached = stage.app.reached.at(-1)!
  expect(reached).toMatchObject({ method: 'GET', url: '/reports' })
  expect(reached.headers.join('\n')).not.toContain('DELETE')
})
