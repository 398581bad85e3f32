// Answers that HTTP/2 will not send as they are: fields repeated by an application have the same outcome over HTTP/1.1 and HTTP/2.

import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { http2Response } from '../../src/http/server/http2-response.ts'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient } from '../support/raw-client.ts'
import { answering, startRawUpstream } from '../support/raw-upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Every name of a header field that Node knows. */
const names = Object.entries(http2.constants)
  .filter(([key]) => key.startsWith('HTTP2_HEADER_'))
  .map(([, value]) => String(value))
  .filter((name) => /^[a-z0-9-]+$/.test(name))

async function frontOf(response: string): Promise<ProxyEnvironment> {
  const upstream = await startRawUpstream(answering(response))
  cleanups.push(() => upstream.close())
  const front = await startProxyEnvironment(app([upstream.origin]))
  cleanups.push(() => front.close())
  return front
}

interface Seen {
  readonly status: number
  readonly values: readonly string[]
}

async function overHttp1(front: ProxyEnvironment, name: string): Promise<Seen> {
  const client = startRawClient(front.port, 'GET / HTTP/1.1\r\nHost: erp.example.com\r\n\r\n')
  cleanups.push(() => client.socket.destroy())
  const text = await client.until(/ok$|front|0\r\n\r\n/)
  const lines = text.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name}:`))
  return { status: Number(text.slice(9, 12)), values: lines.map((line) => line.slice(name.length + 1).trim()) }
}

async function overHttp2(front: ProxyEnvironment, name: string): Promise<Seen> {
  const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => {})
  let seen: Seen = { status: 0, values: [] }
  stream.on('response', (headers, _flags, raw) => {
    const list = raw as unknown as string[]
    const values = list.flatMap((one, i) => (i % 2 === 0 && one === name ? [list[i + 1]!] : []))
    seen = { status: headers[':status']!, values }
  })
  stream.resume()
  await new Promise<void>((resolve) => stream.once('close', resolve))
  session.close()
  return seen
}

const response = (lines: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}Content-Length: 2\r\n\r\nok`
/** Framing, which parsers of responses judge before any field is looked at. */
const ofFraming = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'trailer'])

test('every known field sent twice with the same value has the same outcome over both, and none is a 502', async () => {
  const different: unknown[] = []
  for (const name of names.filter((one) => !ofFraming.has(one))) {
    const value = name === 'set-cookie' ? 'a=1' : name === 'date' ? 'Mon, 30 Nov 2026 12:00:00 GMT' : 'x'
    const front = await frontOf(response([`${name}: ${value}`, `${name}: ${value}`]))
    const [one, two] = [await overHttp1(front, name), await overHttp2(front, name)]
    // Node adds a Date of its own where there is none.
    if (one.status !== 200 || JSON.stringify(one) !== JSON.stringify(two)) different.push([name, one, two])
    await front.close()
  }
  expect(different).toEqual([])
}, 60_000)

describe.each([
  ['X-Content-Type-Options', ['nosniff', 'nosniff'], 200, ['nosniff']],
  ['X-Content-Type-Options', ['nosniff', 'other', 'nosniff'], 200, ['nosniff']],
  ['Content-Type', ['text/plain', 'text/html'], 200, ['text/plain']],
  ['ETag', ['"a"', '"b"'], 200, ['"a"']],
  ['Content-Language', ['de', 'en', 'de'], 200, ['de, en, de']],
  ['Content-Encoding', ['gzip', 'gzip'], 200, ['gzip']],
  ['Content-Encoding', ['gzip', 'br'], 200, ['gzip, br']],
  ['Access-Control-Allow-Credentials', ['true', 'true'], 200, ['true']],
  ['Location', ['/a', '/a'], 200, ['/a']],
  ['Location', ['/a', '/b'], 502, []],
  ['Content-Range', ['bytes 0-1/2', 'bytes 1-2/3'], 502, []],
  ['X-Frame-Options', ['DENY', 'SAMEORIGIN'], 200, ['DENY', 'SAMEORIGIN']],
  ['Vary', ['Accept', 'Cookie'], 200, ['Accept', 'Cookie']],
] as const)('%s: %j', (name, sent, status, values) => {
  test('over HTTP/1.1 and HTTP/2', async () => {
    const front = await frontOf(response(sent.map((value, i) => `${i === 1 ? name.toUpperCase() : name}: ${value}`)))
    const expected = { status, values }
    expect(await overHttp1(front, name.toLowerCase())).toEqual(expected)
    expect(await overHttp2(front, name.toLowerCase())).toEqual(expected)
  })
})

test('two lengths that differ are a 502 over both', async () => {
  const front = await frontOf('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok')
  expect((await overHttp1(front, 'content-length')).status).toBe(502)
  expect((await overHttp2(front, 'content-length')).status).toBe(502)
})

test('a trailer sent twice ends neither the response nor the process', async () => {
  const front = await frontOf(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nETag: "a"\r\nETag: "b"\r\nX-Content-Type-Options: nosniff\r\nX-Content-Type-Options: nosniff\r\nX-Sum: 1\r\n\r\n',
  )
  const session = http2.connect(`http://127.0.0.1:${front.http2Port}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  let trailers: http2.IncomingHttpHeaders = {}
  stream.on('trailers', (fields) => (trailers = fields))
  stream.on('error', () => {})
  stream.resume()
  await new Promise<void>((resolve) => stream.once('close', resolve))
  expect([stream.rstCode, { ...trailers }]).toMatchObject([
    0,
    { etag: '"a"', 'x-content-type-options': 'nosniff', 'x-sum': '1' },
  ])
})

test('trailers that Node refuses reset their stream, and end no process', async () => {
  const server = http2.createServer()
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  server.on('stream', (stream) => {
    const response = http2Response(stream as http2.ServerHttp2Stream, 'GET')
    response.writeHead(200, [])
    response.end(['etag', 'a', 'etag', 'b'])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => {})
  stream.resume()
  await new Promise<void>((resolve) => stream.once('close', resolve))
  expect(stream.rstCode).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR)
})
