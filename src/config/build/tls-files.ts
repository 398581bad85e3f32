// Checks TLS files at load time: readable, valid PEM, and a private key that matches its certificate.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { Diagnostics, Place } from './diagnostics.ts'
import { errorCode } from '../load/secret-references.ts'

/** Content of the file; undefined, with a problem, if it cannot be read. */
export async function checkFile(check: Diagnostics, place: Place, name: string): Promise<Buffer | undefined> {
  try {
    return await check.read(absolute(place, name))
  } catch (error) {
    check.problem(place, `the file cannot be read (${errorCode(error)})`)
    return undefined
  }
}

export function absolute(place: Place, name: string): string {
  return resolve(place.file.directory, name)
}

/** The certificate; undefined, with a problem, if either file is invalid or the key does not match. */
export async function checkKeyPair(
  check: Diagnostics,
  cert: { place: Place; name: string },
  key: { place: Place; name: string },
): Promise<X509Certificate | undefined> {
  const certificate = await checkCertificates(check, cert.place, cert.name)
  const pem = await checkFile(check, key.place, key.name)
  if (pem === undefined) return undefined
  check.secret(pem.toString('utf8'))
  let privateKey: ReturnType<typeof createPrivateKey>
  try {
    privateKey = createPrivateKey(pem)
  } catch {
    check.problem(key.place, 'the file contains no private key in PEM format (encrypted keys are not supported)')
    return undefined
  }
  if (certificate === undefined) return undefined
  if (!certificate.checkPrivateKey(privateKey)) {
    check.problem(key.place, 'this key does not match the certificate')
    return undefined
  }
  return certificate
}

/** The first certificate of a PEM file; undefined, with a problem, if there is none. Warns if it is not valid now. */
export async function checkCertificates(
  check: Diagnostics,
  place: Place,
  name: string,
): Promise<X509Certificate | undefined> {
  const pem = await checkFile(check, place, name)
  if (pem === undefined) return undefined
  let first: X509Certificate | undefined
  try {
    const blocks = pem.toString('utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    const all = blocks.map((block) => new X509Certificate(block))
    first = all[0]
  } catch {
    first = undefined
  }
  if (first === undefined) {
    check.problem(place, 'the file contains no certificate in PEM format')
    return undefined
  }
  if (first.validToDate.getTime() <= check.now) {
    check.warn(place, `the certificate expired on ${first.validToDate.toISOString().slice(0, 10)}`)
  } else if (first.validFromDate.getTime() > check.now) {
    check.warn(place, `the certificate is not valid before ${first.validFromDate.toISOString().slice(0, 10)}`)
  }
  return first
}

/** Whether a browser accepts the certificate for this host of a URL, apart from who signed it and when. */
export function isCovered(hostname: string, certificate: X509Certificate): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined
}
