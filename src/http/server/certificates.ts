// TLS certificates of a listener: selected by SNI, loaded and verified from their files, or issued to the gateway itself.

import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsSettings } from '../../config/configuration.ts'
import type { IssuedCertificates, KeyPair } from './issued-certificates.ts'

/** The TLS contexts of one listener, loaded from the current files. */
export interface Certificates {
  /** For the handshake: the context for the SNI name, else the first one of a file. Undefined: that of `defaults`. */
  contextFor(serverName: string): SecureContext | undefined
  /**
   * For clients that send no name: the first one of a file; none where certificates are issued. Without one the handshake
   * fails (alert handshake_failure).
   */
  readonly defaults: SecureContextOptions
}

// TLS 1.2 with forward secrecy and AEAD only, or TLS 1.3 (RFC 9325 4.2).
const base: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  // A client's renegotiation costs us a full handshake and the client a packet (RFC 7457 2.10, CVE-2011-1473); nothing here
  // asks for one, and HTTP/2 forbids it (RFC 9113 9.2.1).
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
}

/**
 * Rejects when a file cannot be read, is not a certificate or key, or certificate and key do not match. Files take
 * precedence over `issued`, which counts for settings with `issued` only.
 */
export async function loadCertificates(settings: TlsSettings, issued?: IssuedCertificates): Promise<Certificates> {
  const ca = settings.clientCa === undefined ? undefined : await readFile(settings.clientCa)
  const loaded = await Promise.all(settings.certificates.map(({ cert, key }) => loadPair(cert, key, ca)))
  const exact = new Map<string, SecureContext>()
  const wildcard = new Map<string, SecureContext>()
  // The first certificate that contains a name wins, in the order of the configuration.
  for (const { names, context } of loaded.toReversed()) {
    for (const name of names) {
      if (name.startsWith('*.')) wildcard.set(name.slice(2), context)
      else exact.set(name, context)
    }
  }
  const ofFiles = (name: string): SecureContext | undefined =>
    exact.get(name) ?? wildcard.get(name.slice(name.indexOf('.') + 1))
  const first = loaded[0]
  if (settings.issued !== true || issued === undefined) {
    // The configuration requires a file where nothing is issued.
    const { options: defaults, context } = first!
    return { defaults, contextFor: (serverName) => ofFiles(serverName.toLowerCase()) ?? context }
  }
  const contexts = new WeakMap<KeyPair, SecureContext>()
  return {
    // Where `contextFor` finds none, Node uses this one: a host without a certificate yet would be shown that of another.
    defaults: { ...base, ca },
    contextFor(serverName) {
      const name = serverName.toLowerCase()
      const file = ofFiles(name)
      if (file !== undefined) return file
      const pair = issued.certificateFor(name)
      if (pair === 'missing') return undefined
      if (pair === undefined) return first?.context
      const context = contexts.get(pair) ?? createSecureContext({ ...base, ...pair, ca })
      contexts.set(pair, context)
      return context
    },
  }
}

async function loadPair(certFile: string, keyFile: string, ca: Buffer | undefined) {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
  const leaf = new X509Certificate(cert)
  if (!leaf.checkPrivateKey(createPrivateKey(key))) throw new Error(`${keyFile} is not the key of ${certFile}`)
  const options: SecureContextOptions = { ...base, cert, key, ca }
  return { options, context: createSecureContext(options), names: certificateNames(leaf) }
}

/** Only `subjectAltName` counts, as in browsers (RFC 9525 section 2). */
function certificateNames(certificate: X509Certificate): string[] {
  const entries = (certificate.subjectAltName ?? '').split(', ')
  return entries.filter((entry) => entry.startsWith('DNS:')).map((entry) => entry.slice(4).toLowerCase())
}
