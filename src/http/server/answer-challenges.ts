// Answers challenges of tls-alpn-01 (RFC 8737) on a TLS listener: before its handshake, and only while one is pending.

import type { Server, Socket } from 'node:net'
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type Server as TlsServer,
  type TLSSocket,
} from 'node:tls'
import { maxHelloBytes, readClientHello } from './client-hello.ts'
import type { IssuedCertificates, KeyPair } from './issued-certificates.ts'

const protocol = 'acme-tls/1'

/**
 * Takes the connections over from `server`, and leaves to it all but those of an authority. With no pending challenge they
 * pass as before, without a look. `timeout`: milliseconds for a ClientHello to arrive.
 */
export function answerChallenges(server: Server, issued: IssuedCertificates, timeout: number): void {
  const [handshake] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  if (handshake === undefined) throw new Error('the server accepts no connections')
  const prover = createProver(issued, timeout)
  server.removeListener('connection', handshake)
  server.prependListener('connection', (socket: Socket) => {
    if (!issued.isProving()) return handshake.call(server, socket)
    readHello(socket, timeout, (hello) => {
      const [only, ...others] = hello?.protocols ?? []
      // RFC 8737 3: the authority offers this protocol and no other, for the name of the challenge.
      const proves = only === protocol && others.length === 0 && issued.proofFor(hello!.serverName) !== undefined
      if (proves) prover.emit('connection', socket)
      else handshake.call(server, socket)
    })
  })
}

/** A server without an address: sockets are handed to it. It completes the handshake and says nothing (RFC 8737 3). */
function createProver(issued: IssuedCertificates, timeout: number): TlsServer {
  const contexts = new WeakMap<KeyPair, SecureContext>()
  const server = createServer({
    minVersion: 'TLSv1.2',
    handshakeTimeout: timeout,
    ALPNProtocols: [protocol],
    SNICallback(name, done) {
      const proof = issued.proofFor(name.toLowerCase())
      if (proof === undefined) return done(null)
      const context = contexts.get(proof) ?? createSecureContext({ ...proof })
      contexts.set(proof, context)
      done(null, context)
    },
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy())
    socket.setTimeout(timeout, () => socket.destroy())
    socket.resume().end()
  })
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy())
  return server
}

type Hello = Exclude<ReturnType<typeof readClientHello>, 'incomplete'>

/** Calls `then` with the socket as it was: nothing read. Never, if the client leaves or is too slow. */
function readHello(socket: Socket, timeout: number, then: (hello: Hello) => void): void {
  let bytes = Buffer.alloc(0)
  const timer = setTimeout(() => socket.destroy(), timeout)
  const onClose = (): void => clearTimeout(timer)
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk])
    const hello = readClientHello(bytes)
    if (hello === 'incomplete' && bytes.length < maxHelloBytes) return
    clearTimeout(timer)
    socket.removeListener('close', onClose)
    socket.removeListener('data', onData)
    socket.pause()
    socket.unshift(bytes)
    then(hello === 'incomplete' ? undefined : hello)
  }
  socket.once('close', onClose)
  socket.on('data', onData)
}
