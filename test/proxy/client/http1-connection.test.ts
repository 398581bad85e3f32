// Native HTTP/1.1 client connection: request line injection, unsolicited responses, keep-alive, response timeout.

import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ResponseWriter } from '../../../src/http/response-writer.ts'
import { noHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import { app, limits, startProxyEnvironment, type ProxyEnvironment } from '../../support/proxy-environment.ts'
import { startRawClient, type RawClient } from '../../support/raw-client.ts'
import { answering, startRawUpstream, type Behaviour, type RawUpstream } from '../../support/raw-upstream.ts'
import { undoneAfterEach } from '../../support/hooks.ts'

const undo = undoneAfterEach()

async function pair(behave: Behaviour, more: Parameters<typeof startProxyEnvironment>[1] = {}) {
  const upstream: RawUpstream = await startRawUpstream(behave)
  undo.push(() => upstream.close())
  const front: ProxyEnvironment = await startProxyEnvironment(app([upstream.origin]), { ...more, http1Client: true })
  undo.push(() => front.close())
  const send = (bytes: string): RawClient => {
    const client = startRawClient(front.port, bytes)
    undo.push(() => client.socket.destroy())
    return client
  }
  return { upstream, front, send }
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`

test('a request with an invalid method or target is not written, and fails at once', async () => {
  const { upstream, front, send } = await pair(answering(ok))
  await send(get('/first')).until(/ok$/)
  const noResponse: ResponseWriter = {
    headersSent: false,
    closed: false,
    writeInformational() {},
    writeHead() {},
    write: () => true,
    end() {},
    onDrain() {},
    onClientClose() {},
    destroy() {},
  }
  for (const [method, target] of [
    ['GET', '/a HTTP/1.1\r\nX-Forwarded-User: root\r\n\r\n'],
    ['GET', '/a b'],
    ['GET\r\nX-Forwarded-User: root', '/'],
  ] as const) {
    const request = {
      method,
      target,
      headers: { perRequest: 'Host: a\r\n', perHost: noHeaders, perUser: noHeaders },
      hasBody: false,
      contentLength: undefined,
      version: '1.1',
    } as const
    const result = await front.upstream.forward({ ...request, body: Readable.from([]) }, noResponse, () => {})
    expect(result).toMatchObject({ end: 'upstream_failed', errorStatus: 502 })
  }
  expect(upstream.requests).toHaveLength(1)
  expect(upstream.connections.join()).not.toContain('root')
})

test('an unsolicited response closes its connection and is discarded', async () => {
  const { upstream, send } = await pair((request, whole) => {
    answering(ok)(request, whole)
    if (request.line.includes('/1')) setTimeout(() => request.socket.write(ok.replace('ok', 'no')), 20)
  })
  const client = send(get('/1'))
  await client.until(/ok$/)
  await expect.poll(() => upstream.open()).toBe(0)
  client.socket.write(get('/2'))
  expect(await client.until(/ok[^]+ok$/)).not.toContain('\r\n\r\nno')
  expect(upstream.requests.map(({ connection }) => connection)).toEqual([1, 2])
})

test('a connection is reused no longer than the Keep-Alive timeout of its server', async () => {
  const { upstream, send } = await pair(answering(ok.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n')))
  await send(get('/1')).until(/ok$/)
  await send(get('/2')).until(/ok$/)
  expect(upstream.requests.map(({ connection }) => connection)).toEqual([1, 2])
})

test('a slow upload of the client does not count towards the response timeout', async () => {
  const { send } = await pair(answering(ok), { limits: { ...limits, upstreamHeaderTimeout: 300 } })
  const client = send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab')
  await pause(900)
  client.socket.write('cd')
  expect(await client.until(/ok$/)).toMatch(/^HTTP\/1\.1 200/)
})

test('early hints do not stop the response timeout', async () => {
  const hints: Behaviour = ({ socket }) => void socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
  const { send } = await pair(hints, { limits: { ...limits, upstreamHeaderTimeout: 300 } })
  await send(get('/')).until(/ 504 /)
  await send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab').until(/ 504 /)
})

test('a response to HEAD keeps its connection, also when it states no length', async () => {
  const { upstream, send } = await pair(answering('HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n'))
  for (let n = 0; n < 3; n++) await send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').until(/200 OK/)
  expect(upstream.connections.length).toBe(1)
})

test('a response to HEAD that announces the end of its connection is its last one', async () => {
  for (const head of ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\n']) {
    const { upstream, send } = await pair(answering(head))
    for (let n = 0; n < 2; n++) await send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').until(/200 OK/)
    expect(upstream.connections.length).toBe(2)
  }
})
