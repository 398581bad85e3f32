// HTTP client for configured endpoints: each limit, against a server that exceeds it.

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createBoundedHttp, type BoundedHttpOptions } from '../../src/net/bounded-http.ts'

const limits: BoundedHttpOptions = {
  timeout: 2000,
  connectTimeout: 1000,
  keepAliveTimeout: 1000,
  maxBytes: 1000,
  maxConnections: 2,
}

async function clientFor(listener: RequestListener, options: Partial<BoundedHttpOptions> = {}) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const http = createBoundedHttp({ ...limits, ...options })
  onTestFinished(async () => {
    await http.close()
    server.closeAllConnections()
    server.close()
  })
  return { http, url: `http://peer.localhost:${(server.address() as AddressInfo).port}/` }
}

const get = { method: 'GET', headers: {} }

test('reads a response up to the size limit, and requests no content coding', async () => {
  const { http, url } = await clientFor((request, response) => {
    response.setHeader('x-asked', String(request.headers['accept-encoding']))
    response.end('x'.repeat(1000))
  })
  const answer = await http.fetch(url, { method: 'GET', headers: { 'accept-encoding': 'br' } })
  expect(answer).toMatchObject({ status: 200, headers: { 'x-asked': 'identity' } })
  expect(answer.body.length).toBe(1000)
})

test.each(['announced', 'endless'])('rejects a body beyond the size limit: %s', async (kind) => {
  const { http, url } = await clientFor((_request, response) => {
    if (kind === 'announced') return void response.end('x'.repeat(1001))
    const timer = setInterval(() => response.write('x'.repeat(400)), 5)
    response.on('close', () => clearInterval(timer))
  })
  await expect(http.fetch(url, get)).rejects.toThrow()
  expect((await http.send(url, get)).status).toBe(200)
})

test('times out when a response does not arrive or does not end', async () => {
  const { http, url } = await clientFor(
    (request, response) => {
      if (request.method === 'POST') response.write('begun')
    },
    { timeout: 200 },
  )
  await expect(http.fetch(url, get)).rejects.toThrow()
  await expect(http.fetch(url, { ...get, method: 'POST', body: '' })).rejects.toThrow()
})

test('rejects a response with a content coding', async () => {
  const { http, url } = await clientFor((_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end('x')
  })
  await expect(http.fetch(url, get)).rejects.toMatchObject({ code: 'content_encoding' })
})

test('does not follow redirects', async () => {
  let requests = 0
  const { http, url } = await clientFor((_request, response) => {
    requests += 1
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  expect((await http.fetch(url, get)).status).toBe(307)
  expect(requests).toBe(1)
})

test.each(['http://192.0.2.1/', 'http://example.com/', 'http://localhost.evil.test/', 'ftp://localhost/'])(
  'sends no plain HTTP to %s',
  async (url) => {
    const { http } = await clientFor(() => undefined)
    await expect(http.fetch(url, get)).rejects.toMatchObject({ code: 'plain_http' })
    await expect(http.send(url, get)).rejects.toMatchObject({ code: 'plain_http' })
  },
)

test('is aborted by the signal of the caller', async () => {
  const { http, url } = await clientFor(() => undefined)
  await expect(http.fetch(url, { ...get, signal: AbortSignal.timeout(50) })).rejects.toThrow()
})
