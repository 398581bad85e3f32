// Limits of TLS on each server: renegotiation, handshake time-out, errors, ALPN, session tickets, reload without SNI.

import { constants, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, expect, test, vi } from 'vitest'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import { closedWithin, limitedListener, servers } from '../../support/limited-listener.ts'

const { certificates, wiki } = wikiCertificate()
const undo = undoneAfterEach()
afterEach(() => void vi.useRealTimers())

/** Resolves with the number of handshakes after the first. */
async function renegotiate(socket: TLSSocket, attempts: number): Promise<number> {
  let done = 0
  socket.setMaxListeners(0)
  socket.resume()
  while (done < attempts && !socket.destroyed) {
    const failed = await new Promise<Error | null>((resolve) => {
      socket.once('close', () => resolve(new Error('closed')))
      setTimeout(() => resolve(new Error('no answer')), 2_000).unref()
      socket.renegotiate({ rejectUnauthorized: false }, resolve)
    })
    if (failed !== null) break
    done++
  }
  return done
}

test.each(servers)('%s: a client cannot renegotiate TLS 1.2', async (server) => {
  const { connect: open, port } = await limitedListener(server, wiki, undo)
  const socket = open({ maxVersion: 'TLSv1.2' })
  await once(socket, 'secureConnect')
  expect(socket.getProtocol()).toBe('TLSv1.2')
  expect(await renegotiate(socket, 20)).toBe(0)
  // Others are served.
  const other = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  undo.push(() => other.destroy())
  await once(other, 'secureConnect')
})

test.each(servers)('%s: an unfinished handshake ends after the header time-out', async (server) => {
  const { connectTcp: open, connect: openTls } = await limitedListener(server, wiki, undo, { headerTimeout: 1_000 })
  const silent = open()
  const partial = open()
  // A ClientHello record of 512 bytes of which five arrive.
  partial.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3]))
  const dripping = open()
  dripping.write(Buffer.from([22, 3, 1, 2, 0]))
  const drip = setInterval(() => dripping.writable && dripping.write(Buffer.from([1])), 100)
  undo.push(() => clearInterval(drip))
  const times = await Promise.all([silent, partial, dripping].map((socket) => closedWithin(socket, 4_000)))
  for (const time of times) expect(time).toBeLessThan(2_500)
  await once(openTls(), 'secureConnect')
})

test.each(servers)('%s: an error of TLS after the handshake ends the connection', async (server) => {
  const { port } = await limitedListener(server, wiki, undo)
  const wire = connectTcp(port, '127.0.0.1')
  const protocol = server === 'http2' ? 'h2' : 'http/1.1'
  const socket = connect({ socket: wire, rejectUnauthorized: false, ALPNProtocols: [protocol] })
  undo.push(() => wire.destroy())
  for (const one of [wire, socket]) one.on('error', () => {})
  await once(socket, 'secureConnect')
  // A record that cannot be decrypted (RFC 8446 5.2).
  wire.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), Buffer.alloc(32, 7)]))
  expect(await closedWithin(wire, 2_000)).toBeLessThan(1_000)
})

test.each(servers)('%s: a client without a common protocol (ALPN) is refused in the handshake', async (server) => {
  const { connect: open } = await limitedListener(server, wiki, undo)
  const socket = open({ ALPNProtocols: ['h3', 'spdy/3.1'] })
  const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [{ code?: string }]
  expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
})

test.each(servers)('%s: no TLS session is kept, and tickets end with their hourly key', async (server) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { connect: open } = await limitedListener(server, wiki, undo)
  const resumes = async (session: Buffer | undefined, options = {}): Promise<[boolean, Buffer]> => {
    const socket = open({ session, maxVersion: 'TLSv1.2', ...options })
    await once(socket, 'secureConnect')
    const result: [boolean, Buffer] = [socket.isSessionReused(), socket.getSession()!]
    socket.destroy()
    return result
  }
  const [, ticket] = await resumes(undefined)
  expect((await resumes(ticket))[0]).toBe(true)
  vi.advanceTimersByTime(3_600_000)
  expect((await resumes(ticket))[0]).toBe(false)
  // By session id only: nothing to find.
  const noTicket = { secureOptions: constants.SSL_OP_NO_TICKET }
  const [, byId] = await resumes(undefined, noTicket)
  expect((await resumes(byId, noTicket))[0]).toBe(false)
})

test.each(servers)('%s: a client without SNI gets the replaced certificate too', async (server) => {
  const first = certificates.make(['first.test'], `replaced-${server}`)
  const { connect: open, listener } = await limitedListener(server, first, undo)
  const served = async (): Promise<string | undefined> => {
    const socket = open({ servername: '' })
    await once(socket, 'secureConnect')
    const { raw } = socket.getPeerCertificate()
    socket.destroy()
    return new X509Certificate(raw).subjectAltName
  }
  expect(await served()).toBe('DNS:first.test')
  const second = certificates.make(['second.test'], `replaced-${server}`)
  const tls = { certificates: [second], clientCa: undefined, http2: true }
  await listener.reloadCertificates({ host: '127.0.0.1', port: 0, tls })
  expect(await served()).toBe('DNS:second.test')
  const old = open({ servername: '', maxVersion: 'TLSv1.2' })
  await once(old, 'secureConnect')
  expect(await renegotiate(old, 1)).toBe(0)
})
