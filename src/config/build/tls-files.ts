// TLS files: there, readable, and a key that belongs to its certificate - found out before they are needed.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import type { Diagnostics, Place } from './diagnostics.ts'
import { errorCode } from '../load/secret-references.ts'

/** Absolute path of a file that can be read; a problem and undefined otherwise. */
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

/** Undefined, with a problem, where either does not parse or they do not belong together. */
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
    check.problem(key.place, 'the file holds no private key in PEM form (encrypted keys are not supported)')
    return undefined
  }
  if (certificate === undefined) return undefined
  if (!certificate.checkPrivateKey(privateKey)) {
    check.problem(key.place, 'this key does not belong to the certificate')
    return undefined
  }
  return certificate
}

/** The first certificate of a PEM file. */
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
    check.problem(place, 'the file holds no certificate in PEM form')
    return undefined
  }
  if (first.validToDate.getTime() <= check.now) {
    check.warn(place, `the certificate expired on ${first.validToDate.toISOString().slice(0, 10)}`)
  } else if (first.validFromDate.getTime() > check.now) {
    check.warn(place, `the certificate is not valid before ${first.validFromDate.toISOString().slice(0, 10)}`)
  }
  return first
}
