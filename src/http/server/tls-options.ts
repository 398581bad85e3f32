// Options of a TLS server: certificate by SNI, protocol by ALPN, client certificates, and the keys of session tickets.

import { randomBytes } from 'node:crypto'
import type { Server } from 'node:net'
import { Server as TlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { LimitSettings, ListenerSettings } from '../../config/configuration.ts'
import { plainAddress } from '../peer-address.ts'
import type { Certificates } from './certificates.ts'
import type { Http1Fallback } from './http1-fallback.ts'

export function tlsServerOptions(
  { http2, clientCa }: NonNullable<ListenerSettings['tls']>,
  certificates: { current: Certificates },
  limits: LimitSettings,
  fallback: Http1Fallback,
): TlsOptions {
  return {
    ...certificates.current.defaults,
    ALPNCallback: chooseProtocol(http2, fallback),
    SNICallback: (name, done) => done(null, certificates.current.contextFor(name)),
    requestCert: clientCa !== undefined,
    // The client certificate is a posture source, not the sign-in: policy reports a missing one.
    rejectUnauthorized: false,
    handshakeTimeout: limits.headerTimeout,
  }
}

/** RFC 7301 3.2: undefined ends the handshake with no_application_protocol. */
function chooseProtocol(http2: boolean, fallback: Http1Fallback): NonNullable<TlsOptions['ALPNCallback']> {
  return function (this: unknown, { protocols }) {
    // Node calls it as a method of the socket.
    const address = plainAddress((this as TLSSocket).remoteAddress ?? '')
    const [h2, http1] = [http2 && protocols.includes('h2'), protocols.includes('http/1.1')]
    if (h2 && !(http1 && fallback.has(address))) return 'h2'
    return http1 ? 'http/1.1' : undefined
  }
}

/**
 * Session tickets of TLS 1.2 are encrypted with a key of the process: a party that learns it later reads what was recorded
 * (RFC 5077 5.5, RFC 9325 3.4). A ticket of an earlier key causes a full handshake. Returns a function that stops it.
 */
export function rotateTicketKeys(server: Server): () => void {
  if (!(server instanceof TlsServer)) return () => {}
  const timer = setInterval(() => server.setTicketKeys(randomBytes(48)), ticketKeyLifetime)
  timer.unref()
  return () => clearInterval(timer)
}

/** Milliseconds. */
const ticketKeyLifetime = 3_600_000
