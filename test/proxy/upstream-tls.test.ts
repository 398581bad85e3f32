// TLS to upstreams: certificate verification, SNI and the client certificate of the gateway.

import { createServer, type Server } from 'node:https'
import { readFileSync } from 'node:fs'
import type net from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../src/config/configuration.ts'
import { createUpstream } from '../../src/proxy/upstream-pool.ts'
import { certificateFolder, type CertificateFolder, type TestCertificate } from '../support/certificates.ts'
import { app, limits, startProxyEnvironment } from '../support/proxy-environment.ts'

let folder: CertificateFolder
let server: TestCertificate
let gateway: TestCertificate
beforeAll(() => {
  folder = certificateFolder()
  server = folder.make(['erp.internal.test', 'other.internal.test'])
  gateway = folder.make(['gateway.internal.test'])
})
afterAll(() => folder.remove())

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Seen {
  readonly serverName: string | false
  readonly client: string | undefined
}

async function secureUpstream(): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = []
  const https: Server = createServer(
    {
      cert: readFileSync(server.cert),
      key: readFileSync(server.key),
      ca: gateway.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const socket = request.socket as TLSSocket
      const client = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined
      seen.push({ serverName: socket.servername ?? false, client: client === undefined ? undefined : String(client) })
      response.end(request.headers.host)
    },
  )
  https.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    https.closeAllConnections()
    https.close()
  })
  return { port: (https.address() as net.AddressInfo).port, seen }
}

async function ask(origin: string, tls: Partial<App['upstreamTls']>): Promise<{ status: number; text: string }> {
  const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined }
  const front = await startProxyEnvironment(app([origin], { upstreamTls: { ...none, ...tls } }), {
    lookup: (_name, options, callback) =>
      options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
  })
  cleanups.push(() => front.close())
  const answer = await fetch(`http://127.0.0.1:${front.port}/`)
  return { status: answer.status, text: await answer.text() }
}

describe('an upstream over TLS', () => {
  test('uses its own name for SNI and verification, not the app’s public one', async () => {
    const { port, seen } = await secureUpstream()
    const answer = await ask(`https://erp.internal.test:${port}`, { ca: server.cert })
    expect(answer).toEqual({ status: 200, text: 'erp.example.com' })
    expect(seen).toEqual([{ serverName: 'erp.internal.test', client: undefined }])
  })

  test('is verified by `server_name` when it is set, also for an IP address', async () => {
    const { port, seen } = await secureUpstream()
    const tls = { ca: server.cert, serverName: 'other.internal.test' }
    expect((await ask(`https://127.0.0.1:${port}`, tls)).status).toBe(200)
    expect(seen[0]!.serverName).toBe('other.internal.test')
  })

  test('receives the client certificate of the gateway', async () => {
    const { port, seen } = await secureUpstream()
    const tls = { ca: server.cert, cert: gateway.cert, key: gateway.key }
    expect((await ask(`https://erp.internal.test:${port}`, tls)).status).toBe(200)
    expect(seen[0]!.client).toBe('gateway.internal.test')
  })

  test.each([
    ['an unknown certificate authority', (port: number) => [`https://erp.internal.test:${port}`, {}] as const],
    ['another name', (port: number) => [`https://erp.else.test:${port}`, { ca: server.cert }] as const],
    [
      'an IP address it does not contain',
      (port: number) => [`https://127.0.0.1:${port}`, { ca: server.cert }] as const,
    ],
    [
      'another `server_name`',
      (port: number) => [`https://erp.internal.test:${port}`, { ca: server.cert, serverName: 'x.test' }] as const,
    ],
  ])('is not used when verification fails: %s', async (_name, target) => {
    const { port, seen } = await secureUpstream()
    // Disabling verification for the whole process must have no effect here.
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    cleanups.push(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    const [origin, tls] = target(port)
    expect((await ask(origin, tls)).status).toBe(502)
    expect(seen).toEqual([])
  })
})

test('an unreadable TLS file is an error of the configuration, not of the first request', () => {
  const tls = { ca: '/nowhere/ca.pem', cert: undefined, key: undefined, serverName: undefined }
  const options = { limits, now: Date.now, log: { info() {}, warn() {} } }
  expect(() => createUpstream(app(['https://a.test'], { upstreamTls: tls }), options)).toThrow('ENOENT')
})
