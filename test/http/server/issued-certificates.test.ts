// Certificates that the gateway orders itself, on a listener: which one a client sees, and who is shown the proof of a challenge.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import type { IssuedCertificates, KeyPair } from '../../../src/http/server/issued-certificates.ts'
import { createListener, type Listener } from '../../../src/http/server/listener.ts'
import { sendReply } from '../../../src/gateway/send-reply.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import type { TestCertificate } from '../../support/certificates.ts'
import { defaultLimits } from '../../support/default-limits.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'

const undo = undoneAfterEach()
const { certificates, wiki } = wikiCertificate()
let gateway: KeyPair, app: KeyPair, renewed: KeyPair, proof: KeyPair
beforeAll(() => {
  const make = (name: string): KeyPair => pairOf(certificates.make([name]))
  ;[gateway, app, renewed, proof] = [make('access.test'), make('app.test'), make('app.test'), make('app.test')]
})

function pairOf({ cert, key }: TestCertificate): KeyPair {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** As `gateway.acme` fills it. */
interface Held {
  readonly certificates: Map<string, KeyPair | 'missing'>
  readonly proofs: Map<string, KeyPair>
}

async function listen(http1: 'einlass' | 'node', files: readonly TestCertificate[] = []) {
  const held: Held = { certificates: new Map(), proofs: new Map() }
  const issued: IssuedCertificates = {
    certificateFor: (name) => held.certificates.get(name),
    isProving: () => held.proofs.size > 0,
    proofFor: (name) => held.proofs.get(name),
  }
  const listener: Listener = await createListener(
    { host: '127.0.0.1', port: 0, tls: { certificates: files, clientCa: undefined, http2: true, issued: true } },
    {
      limits: { ...defaultLimits, headerTimeout: 700 },
      now: Date.now,
      log: createLogger({ level: 'silent' }),
      proxies: () => false,
      throttled() {},
      http1,
      issued,
      handle: ({ response }) => sendReply(response, { status: 200, headers: [], body: 'seen' }),
    },
  )
  undo.push(() => listener.close(0))
  return { port: listener.port, held }
}

/** What the client saw: the certificate and protocol, or the code of the TLS alert. */
async function handshake(port: number, options: ConnectionOptions = {}) {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...options,
  })
  undo.push(() => socket.destroy())
  try {
    await once(socket, 'secureConnect')
    return { pem: socket.getPeerX509Certificate()!.toString(), protocol: socket.alpnProtocol, socket }
  } catch (error) {
    return { alert: (error as { code: string }).code }
  }
}

async function get(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

const authority = { servername: 'app.test', ALPNProtocols: ['acme-tls/1'] }
const noProtocol = { alert: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' }
const noCertificate = expect.stringMatching(
  /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLS)?_?(?:ALERT_HANDSHAKE_FAILURE|.*HANDSHAKE_FAILURE)$/,
)

describe.each(['einlass', 'node'] as const)('server %s', (http1) => {
  test('a host without a certificate yet: the handshake ends with an alert, and works as soon as there is one', async () => {
    const { port, held } = await listen(http1)
    held.certificates.set('app.test', 'missing')
    expect(await handshake(port, { servername: 'app.test' })).toEqual({ alert: noCertificate })
    expect(await handshake(port, { servername: 'app.test', maxVersion: 'TLSv1.2' })).toEqual({ alert: noCertificate })
    expect(await handshake(port)).toEqual({ alert: noCertificate })
    held.certificates.set('app.test', app).set('access.test', gateway)
    expect(await handshake(port, { servername: 'APP.test' })).toMatchObject({ pem: app.cert })
    held.certificates.set('app.test', renewed)
    expect(await handshake(port, { servername: 'app.test' })).toMatchObject({ pem: renewed.cert })
  })

  test('a client that sends no name, or one that is not ours, is shown no certificate', async () => {
    const { port, held } = await listen(http1)
    held.certificates.set('access.test', gateway)
    expect(await handshake(port)).toEqual({ alert: noCertificate })
    expect(await handshake(port, { servername: 'stranger.test' })).toEqual({ alert: noCertificate })
  })

  test('files take precedence, and a host that waits for its certificate is not shown that of another', async () => {
    const { port, held } = await listen(http1, [wiki])
    held.certificates.set('wiki.test', app).set('app.test', 'missing')
    expect(await handshake(port, { servername: 'wiki.test' })).toMatchObject({ pem: wiki.pem })
    expect(await handshake(port, { servername: 'stranger.test' })).toMatchObject({ pem: wiki.pem })
    expect(await handshake(port, { servername: 'app.test' })).toEqual({ alert: noCertificate })
    expect(await handshake(port)).toEqual({ alert: noCertificate })
  })

  test('a client that prefers RSA is shown the certificate of its host, not the RSA file of another', async () => {
    const { port, held } = await listen(http1, [certificates.make(['files.test'], 'rsa', 'rsa')])
    held.certificates.set('app.test', app)
    const sigalgs = 'rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256'
    expect(await handshake(port, { servername: 'app.test', sigalgs })).toMatchObject({ pem: app.cert })
  })

  test('an authority is shown the proof, everybody else the certificate, at the same time', async () => {
    const { port, held } = await listen(http1)
    held.certificates.set('app.test', app)
    held.proofs.set('app.test', proof)
    const proven = await handshake(port, authority)
    expect(proven).toMatchObject({ pem: proof.cert, protocol: 'acme-tls/1' })
    expect(await handshake(port, { ...authority, maxVersion: 'TLSv1.2' })).toMatchObject({ pem: proof.cert })
    const visitor = await handshake(port, { servername: 'app.test' })
    expect(visitor).toMatchObject({ pem: app.cert, protocol: 'http/1.1' })
    expect(await get(visitor.socket!)).toMatch(/^HTTP\/1\.1 200 [^]*seen$/)
    expect(await handshake(port, { servername: 'app.test', ALPNProtocols: ['h2', 'http/1.1'] })).toMatchObject({
      pem: app.cert,
      protocol: 'h2',
    })
  })

  test('after the proof the connection ends; no request is read from it', async () => {
    const { port, held } = await listen(http1)
    held.proofs.set('app.test', proof)
    const { socket } = await handshake(port, authority)
    expect(await get(socket!).catch(() => '')).toBe('')
  })

  test.each([
    ['a host without a pending challenge', { ...authority, servername: 'other.test' }],
    ['a name that is not ours', { ...authority, servername: 'stranger.test' }],
    ['no name', { ALPNProtocols: ['acme-tls/1'] }],
  ])('acme-tls/1 for %s ends with an alert', async (_what, options) => {
    const { port, held } = await listen(http1)
    held.certificates.set('app.test', app).set('access.test', gateway).set('other.test', app)
    expect(await handshake(port, options)).toEqual(noProtocol)
    expect(await handshake(port, authority)).toEqual(noProtocol)
    held.proofs.set('app.test', proof)
    expect(await handshake(port, options)).toEqual(noProtocol)
  })

  test('acme-tls/1 among other protocols is no authority: the client gets what it can speak', async () => {
    const { port, held } = await listen(http1)
    held.certificates.set('app.test', app)
    held.proofs.set('app.test', proof)
    expect(await handshake(port, { servername: 'app.test', ALPNProtocols: ['acme-tls/1', 'http/1.1'] })).toMatchObject({
      pem: app.cert,
      protocol: 'http/1.1',
    })
  })

  test('while a challenge is pending, what is no ClientHello or comes too slowly is closed', async () => {
    const { port, held } = await listen(http1)
    held.certificates.set('app.test', app)
    held.proofs.set('app.test', proof)
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x40\x00\x01', '\x16', '']) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => {}).resume()
      socket.write(bytes, 'latin1')
      await once(socket, 'close')
    }
    expect(await handshake(port, authority)).toMatchObject({ pem: proof.cert })
  })

  test('a ClientHello in single bytes is read all the same', async () => {
    const { port, held } = await listen(http1)
    held.proofs.set('app.test', proof)
    held.certificates.set('app.test', app)
    for (const [options, expected] of [
      [authority, proof],
      [{ servername: 'app.test', ALPNProtocols: ['http/1.1'] }, app],
    ] as const) {
      const slow = connectTcp(port, '127.0.0.1').setNoDelay()
      await once(slow, 'connect')
      const write = slow.write.bind(slow)
      let first = true
      // The client's first flight is its ClientHello alone.
      const { Duplex } = await import('node:stream')
      const through = new Duplex({
        read() {},
        async write(chunk: Buffer, _encoding, done) {
          if (first)
            for (const byte of chunk.subarray(0, 40)) {
              write(Buffer.of(byte))
              await new Promise(setImmediate)
            }
          write(first ? chunk.subarray(40) : chunk)
          first = false
          done()
        },
      })
      slow.on('data', (chunk) => through.push(chunk)).on('error', () => {})
      undo.push(() => slow.destroy())
      const socket = connect({ socket: through, rejectUnauthorized: false, ...options })
      socket.on('error', () => {})
      await once(socket, 'secureConnect')
      expect(socket.getPeerX509Certificate()!.toString()).toBe(expected.cert)
    }
  })
})
