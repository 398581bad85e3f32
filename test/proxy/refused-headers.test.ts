// An upstream that refuses a request because of its header fields (431): what the gateway explains, and what it leaves alone.

import http2 from 'node:http2'
import { afterEach, expect, test } from 'vitest'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient, type RawClient } from '../support/raw-client.ts'
import { answering, startRawUpstream, type RawUpstream } from '../support/raw-upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function frontOf(answer: string): Promise<{ front: ProxyEnvironment; upstream: RawUpstream }> {
  const upstream = await startRawUpstream(answering(answer))
  cleanups.push(() => upstream.close())
  const front = await startProxyEnvironment(app([upstream.origin]))
  cleanups.push(() => front.close())
  return { front, upstream }
}

function send(front: ProxyEnvironment, request: string): RawClient {
  const client = startRawClient(front.port, request)
  cleanups.push(() => client.socket.destroy())
  return client
}

const get = 'GET / HTTP/1.1\r\nHost: erp.example.com\r\n\r\n'
const refused = 'HTTP/1.1 431 Request Header Fields Too Large\r\n'

test.each([
  ['that ends with the connection, as Node answers', `${refused}Connection: close\r\n\r\n`],
  ['of length 0, as Kestrel answers', `${refused}Content-Length: 0\r\nServer: Kestrel\r\n\r\n`],
  ['of no chunk', `${refused}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
])('an empty answer %s is left to the gateway to explain', async (_how, answer) => {
  const { front, upstream } = await frontOf(answer)
  if (answer.includes('close')) void upstream.received(1).then(({ socket }) => socket.end())
  await send(front, get).until(/^HTTP\/1\.1 431 [\s\S]*\r\n\r\nfront$/)
  expect(await front.result(1)).toMatchObject({ status: 431, errorStatus: 431, bytesOut: 0 })
})

test.each([
  ['431', `${refused}Content-Length: 6\r\nX-Own: 1\r\n\r\nour 31`],
  ['431 in chunks', `${refused}Transfer-Encoding: chunked\r\nX-Own: 1\r\n\r\n6\r\nour 31\r\n0\r\n\r\n`],
  ['400 without content', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nX-Own: 1\r\n\r\n'],
])('what the application explains itself, or with another status, passes: %s', async (_how, answer) => {
  const { front } = await frontOf(answer)
  const got = await send(front, get).until(answer.includes('our 31') ? /our 31/ : /\r\n\r\n$/)
  expect(got).toMatch(/X-Own: 1/)
  expect(got).not.toMatch(/front/)
  expect(await front.result(1)).toMatchObject({ end: 'complete', errorStatus: undefined })
})

test('an empty 431 that breaks off is explained as well, and its connection is not used again', async () => {
  const { front, upstream } = await frontOf(`${refused}Content-Length: 9\r\n\r\n`)
  void upstream.received(1).then(({ socket }) => socket.destroy())
  await send(front, get).until(/^HTTP\/1\.1 431 [\s\S]*front$/)
  expect(await front.result(1)).toMatchObject({ errorStatus: 431, end: 'upstream_failed' })
})

test('a connection that answered an empty 431 serves the next request', async () => {
  const { front, upstream } = await frontOf(`${refused}Content-Length: 0\r\n\r\n`)
  const client = send(front, get)
  await client.until(/front$/)
  client.socket.write(get)
  await client.until(/front[\s\S]+front$/)
  expect(upstream.connections).toHaveLength(1)
})

test('over HTTP/2 the client gets 431 as well', async () => {
  const { front } = await frontOf(`${refused}Content-Length: 0\r\n\r\n`)
  const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
  cleanups.push(() => session.destroy())
  const stream = session.request({ ':path': '/', ':authority': 'erp.example.com' })
  const status = await new Promise((resolve) => stream.once('response', (fields) => resolve(fields[':status'])))
  expect([status, (await front.result(1)).errorStatus]).toEqual([431, 431])
})
