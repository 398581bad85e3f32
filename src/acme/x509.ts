// Key, certificate request and challenge certificate of a host, and the identifier of a certificate for ARI. Keys are P-256.

import { createHash, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import type { KeyPair } from '../http/server/issued-certificates.ts'

/** Loaded at the first order: a gateway without `acme` never has it in memory. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A new private key (PEM), and the request for a certificate of one name (RFC 8555 7.4: DER in base64url). */
export async function createRequest(name: string): Promise<{ readonly key: string; readonly csr: string }> {
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await library()
  const keys = await newKeys()
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  })
  return { key: pemOf(keys.privateKey), csr: Buffer.from(request.rawData).toString('base64url') }
}

/** id-pe-acmeIdentifier (RFC 8737 6.1). */
const acmeIdentifier = '1.3.6.1.5.5.7.1.31'

/** The certificate that proves a challenge of tls-alpn-01 (RFC 8737 3). `until`: epoch milliseconds. */
export async function createProof(
  name: string,
  keyAuthorization: string,
  now: number,
  until: number,
): Promise<KeyPair> {
  const { Extension, SubjectAlternativeNameExtension, X509CertificateGenerator } = await library()
  const keys = await newKeys()
  const digest = createHash('sha256').update(keyAuthorization).digest()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex').replace(/^./, '1'),
    name: 'CN=ACME challenge',
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(until + 3_600_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      // An OCTET STRING (X.690 8.7) of 32 bytes; critical, so that nobody takes it for a certificate of the host.
      new Extension(acmeIdentifier, true, Buffer.concat([Buffer.of(4, digest.length), digest])),
    ],
  })
  return { cert: certificate.toString('pem'), key: pemOf(keys.privateKey) }
}

/** RFC 9773 4.1: key identifier of the issuer, and serial number. Undefined when the certificate names no such key. */
export async function renewalId(pem: string): Promise<string | undefined> {
  const { AuthorityKeyIdentifierExtension, X509Certificate: Parsed } = await library()
  const { raw, serialNumber } = new X509Certificate(pem)
  const { keyId } = new Parsed(raw).getExtension(AuthorityKeyIdentifierExtension) ?? {}
  if (keyId === undefined) return undefined
  const serial = Buffer.from(serialNumber.padStart(serialNumber.length + (serialNumber.length % 2), '0'), 'hex')
  // Contents of the INTEGER (X.690 8.3): a leading zero keeps it positive.
  const integer = serial[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial
  return `${Buffer.from(keyId, 'hex').toString('base64url')}.${integer.toString('base64url')}`
}
