// HTTP client behind an outbound proxy: tunnels, credentials, exceptions, bounds and refused addresses; private CA, client certificate.

import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createBoundedHttp, type BoundedHttp, type BoundedHttpOptions } from '../../src/net/bounded-http.ts'
import { isProxyUrl, proxyFromEnvironment } from '../../src/net/outbound-proxy.ts'
import { certificateFolder, type TestCertificate } from '../support/certificates.ts'
import { startConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts'

const limits: BoundedHttpOptions = {
  timeout: 2000,
  connectTimeout: 300,
  keepAliveTimeout: 500,
  maxBytes: 1000,
  maxConnections: 2,
}
const get = { method: 'GET', headers: {} }
const folder = certificateFolder()
let certificate: TestCertificate
let client: TestCertificate
let server: Server
let port: number
let proxy: ConnectProxy
let open: BoundedHttp[] = []

beforeAll(async () => {
  certificate = folder.make(['idp.corp.example', 'localhost'])
  client = folder.make(['einlass'])
  const tls = {
    cert: certificate.pem,
    key: readFileSync(certificate.key),
    requestCert: true,
    rejectUnauthorized: false,
  }
  server = createServer(tls, (request, response) => {
    const shown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN
    if (request.url === '/silent') return
    if (request.url === '/large') return void response.end('x'.repeat(1001))
    response.end(`${request.headers.host} ${shown ?? 'no certificate'} ${request.headers['proxy-authorization'] ?? ''}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(async () => {
  proxy = await startConnectProxy('gateway:pass-word')
  proxy.resolve = () => ({ host: '127.0.0.1', port })
})
afterEach(async () => {
  await Promise.all(open.map((one) => one.close()))
  open = []
  await proxy.stop()
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  folder.remove()
})

function behind(options: Partial<BoundedHttpOptions> = {}): BoundedHttp {
  const http = createBoundedHttp({
    ...limits,
    furtherCa: certificate.pem,
    proxy: { url: proxy.url, except: '' },
    ...options,
  })
  open.push(http)
  return http
}
const text = async (http: BoundedHttp, url: string) => String((await http.fetch(url, get)).body)
const failure = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => new Error('answered'),
    (error) => error,
  )

test('a host is reached by CONNECT, its certificate checked against the private CA, and it sees no credentials of the proxy', async () => {
  expect(await text(behind(), 'https://idp.corp.example/')).toBe('idp.corp.example no certificate ')
  expect(proxy.asked).toEqual(['idp.corp.example:443'])
})

test('a certificate of another name or of an unknown CA is refused behind a proxy as well', async () => {
  expect(await failure(behind().fetch('https://other.example/', get))).toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  const http = behind({ furtherCa: undefined })
  expect(await failure(http.fetch('https://idp.corp.example/', get))).toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
})

test('a private CA stands beside the built-in ones and not in their place; a client certificate is shown where asked for', async () => {
  const key = readFileSync(client.key, 'utf8')
  const http = behind({ proxy: undefined, clientCertificate: { cert: client.pem, key } })
  expect(await text(http, `https://localhost:${port}/`)).toBe(`localhost:${port} einlass `)
  const through = behind({ clientCertificate: { cert: client.pem, key } })
  expect(await text(through, 'https://idp.corp.example/')).toBe('idp.corp.example einlass ')
})

test('wrong credentials are an error at once, which contains none of them', async () => {
  const url = proxy.url.replace('gateway', 'somebody')
  const error = await failure(behind({ proxy: { url, except: '' } }).fetch('https://idp.corp.example/', get))
  expect(error.message).toContain('407')
  expect(`${error.message} ${error.stack}`).not.toContain('pass-word')
})

test('every bound holds behind a proxy: size, duration, and a proxy that answers nothing', async () => {
  const http = behind()
  expect((await failure(http.fetch('https://idp.corp.example/large', get))).message).not.toBe('answered')
  const started = performance.now()
  expect((await failure(http.fetch('https://idp.corp.example/silent', get))).name).toBe('TimeoutError')
  expect(performance.now() - started).toBeLessThan(3000)
})

test('a proxy that answered nothing for a while is used again as soon as it answers', async () => {
  const http = behind()
  proxy.mode = 'silent'
  const hanging = Array.from({ length: 4 }, () => failure(http.fetch('https://idp.corp.example/', get)))
  for (const error of await Promise.all(hanging)) expect(error.message).not.toBe('answered')
  proxy.mode = 'tunnel'
  expect(await text(http, 'https://idp.corp.example/')).toContain('idp.corp.example')
})

test.each(['https://169.254.169.254/', 'https://[fe80::1]/', 'https://metadata.google.internal/'])(
  'a special address is not asked for through the proxy: %s',
  async (url) => {
    expect(await failure(behind().fetch(url, get))).toMatchObject({ code: 'special_address' })
    expect(proxy.asked).toEqual([])
  },
)

test('loopback is reached without the proxy, whose own loopback it would be; plain HTTP to others is refused', async () => {
  const http = behind()
  expect(await text(http, `https://localhost:${port}/`)).toContain('localhost')
  expect(await failure(http.fetch('http://idp.corp.example/', get))).toMatchObject({ code: 'plain_http' })
  expect(proxy.asked).toEqual([])
})

test.each([
  ['corp.example', 'direct'],
  ['.corp.example', 'direct'],
  ['other.example, *', 'direct'],
  ['idp.corp.example:8443', 'proxy'],
  ['orp.example', 'proxy'],
])('NO_PROXY=%s: %s', async (except, expected) => {
  const lookup: BoundedHttpOptions['lookup'] = (_name, options, callback) =>
    options.all ? callback(null, [{ address: '127.0.0.2', family: 4 }]) : callback(null, '127.0.0.2', 4)
  const answer = await failure(
    behind({ proxy: { url: proxy.url, except }, lookup }).fetch('https://idp.corp.example/', get),
  )
  expect(proxy.asked.length).toBe(expected === 'proxy' ? 1 : 0)
  expect(answer.message === 'answered').toBe(expected === 'proxy')
})

test('the environment names the proxy: lower case first, HTTPS_PROXY before HTTP_PROXY, an unusable value is none', () => {
  expect(proxyFromEnvironment({})).toBeUndefined()
  expect(proxyFromEnvironment({ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2', NO_PROXY: 'x' })).toEqual({
    url: 'http://b:2',
    except: 'x',
  })
  expect(proxyFromEnvironment({ HTTP_PROXY: 'http://c:3' })).toEqual({ url: 'http://c:3', except: '' })
  for (const url of ['socks5://a:1', 'a:1', 'http://a:1/path', '']) {
    expect(isProxyUrl(url)).toBe(false)
    expect(proxyFromEnvironment({ HTTPS_PROXY: url })).toBeUndefined()
  }
})

test('plain HTTP to a named origin is for the own network: a name that resolves to a public address is refused', async () => {
  const resolveTo =
    (address: string): BoundedHttpOptions['lookup'] =>
    (_name, options, callback) =>
      options.all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4)
  const plainOrigins = ['http://keycloak:8080', 'http://8.8.8.8']
  const refused = await failure(
    behind({ plainOrigins, lookup: resolveTo('8.8.8.8') }).fetch('http://keycloak:8080/', get),
  )
  expect(refused).toMatchObject({ code: 'ADDRESS_REFUSED' })
  expect(await failure(behind({ plainOrigins }).fetch('http://8.8.8.8/', get))).toMatchObject({ code: 'plain_http' })
  const own = await failure(
    behind({ plainOrigins, lookup: resolveTo('127.0.0.1') }).fetch('http://keycloak:8080/', get),
  )
  expect(own).toMatchObject({ code: 'ECONNREFUSED' })
  expect(proxy.asked).toEqual([])
})
