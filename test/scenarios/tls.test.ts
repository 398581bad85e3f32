// TLS end to end: HTTP/1.1 and HTTP/2 by ALPN, SNI and Host must agree, certificates are replaced while connections are open.

import http2 from 'node:http2'
import tls from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificateFolder, type TestCertificate } from '../support/certificates.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

const names = ['access.localhost', 'wiki.localhost', 'erp.localhost']
const certificates = certificateFolder()
let certificate: TestCertificate
let stage: TestEnvironment
let node: NodeProcess
let wiki: string
let erika: Person

beforeAll(async () => {
  certificate = certificates.make(names, 'gateway')
  stage = await startTestEnvironment({
    tls: { cert: certificate.cert, key: certificate.key, ca: () => certificate.pem },
    apps: {
      wiki: { policy: [{ allow: { groups: ['staff'] } }] },
      erp: { policy: [{ allow: { groups: ['staff'] } }] },
    },
  })
  node = await stage.startNode('a')
  wiki = stage.origin('wiki')
  erika = stage.person('erika')
  expect((await erika.signIn(wiki, node.port)).status).toBe(200)
})
afterAll(async () => {
  await stage?.stop()
  certificates.remove()
})

/** One handshake; resolves with the negotiated protocol (ALPN) and the certificate. */
function handshake(
  servername: string,
  protocols: string[],
): Promise<{ protocol: string | false | null; serial: string }> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(
      { host: '127.0.0.1', port: node.port, servername, ALPNProtocols: protocols, ca: certificate.pem },
      () => {
        const serial = socket.getPeerCertificate().serialNumber
        resolve({ protocol: socket.alpnProtocol, serial })
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })
}

interface Heard {
  readonly status: number
  readonly body: string
}

async function overHttp2(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders): Promise<Heard> {
  const stream = session.request(headers)
  const status = new Promise<number>((resolve, reject) => {
    stream.on('response', (response) => resolve(Number(response[':status'])))
    stream.on('error', reject)
  })
  let body = ''
  for await (const chunk of stream.setEncoding('utf8')) body += chunk
  return { status: await status, body }
}

function connectHttp2(host: string): http2.ClientHttp2Session {
  const session = http2.connect(`https://${host}`, {
    createConnection: () =>
      tls.connect({
        host: '127.0.0.1',
        port: node.port,
        servername: host.replace(/:\d+$/, ''),
        ALPNProtocols: ['h2'],
        ca: certificate.pem,
      }),
  })
  session.on('error', () => {})
  return session
}

test('HTTP/2 and HTTP/1.1 on one port: ALPN chooses, and a session is valid for both', async () => {
  expect((await handshake('wiki.localhost', ['h2', 'http/1.1'])).protocol).toBe('h2')
  expect((await handshake('wiki.localhost', ['http/1.1'])).protocol).toBe('http/1.1')
  const { host } = new URL(wiki)
  const session = connectHttp2(host)
  try {
    const cookie = erika.jar.header(new URL(wiki))!
    const [signedIn, stranger] = await Promise.all([
      overHttp2(session, { ':authority': host, ':path': '/page/7', cookie }),
      overHttp2(session, { ':authority': host, ':path': '/page/7' }),
    ])
    expect(signedIn.status).toBe(200)
    expect(JSON.parse(signedIn.body)).toMatchObject({ url: '/page/7', headers: { 'x-forwarded-proto': 'https' } })
    expect(signedIn.body).not.toContain('__Host-einlass')
    expect(stranger.status).toBe(401)
  } finally {
    session.close()
  }
  expect((await erika.ask(wiki, node.port)).status).toBe(200)
  const socket = await erika.socket(`${wiki}/live`, node.port)
  await socket.echo('over TLS')
})

test('a Host other than the SNI name is 421 with both versions, and is not forwarded', async () => {
  const before = stage.app.reached.length
  const erp = new URL(stage.origin('erp')).host
  const session = connectHttp2(new URL(wiki).host)
  try {
    const cookie = erika.jar.header(new URL(wiki))!
    expect((await overHttp2(session, { ':authority': erp, ':path': '/', cookie })).status).toBe(421)
  } finally {
    session.close()
  }
  const answer = await erika.ask(wiki, node.port, { headers: { host: erp } })
  expect(answer.status).toBe(421)
  expect(stage.app.reached.length).toBe(before)
})

test('new handshakes use replaced certificate files, and open connections are not affected', async () => {
  const socket = await erika.socket(`${wiki}/live`, node.port)
  const old = (await handshake('wiki.localhost', ['h2'])).serial
  expect(old).toBe(new X509Certificate(certificate.pem).serialNumber)
  certificate = certificates.make(names, 'gateway')
  const wanted = new X509Certificate(certificate.pem).serialNumber
  expect(wanted).not.toBe(old)
  for (let waited = 0; ; waited += 50) {
    const serial = await handshake('wiki.localhost', ['http/1.1']).then(
      (shown) => shown.serial,
      () => undefined,
    )
    if (serial === wanted) break
    if (waited > 5_000) throw new Error('the new certificate is not used')
    await pause(50)
  }
  await socket.echo('still here')
  expect((await erika.ask(wiki, node.port)).status).toBe(200)
})

test('an idle HTTP/2 connection does not delay shutdown', async () => {
  erika.close()
  const session = connectHttp2(new URL(wiki).host)
  await overHttp2(session, { ':authority': new URL(wiki).host, ':path': '/' })
  const since = Date.now()
  expect(await node.stop()).toBe(0)
  expect(Date.now() - since).toBeLessThan(2_000)
  expect(session.destroyed).toBe(true)
})
