// Reads how the gateway gets its certificate: a mail address for ACME, or PEM files that are checked as a pair.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defaultDirectory, orderObstacle, publicAuthority } from '../../config/acme-settings.ts'
import { errorCode } from '../../config/load/secret-references.ts'
import { accepted, rejected, type Read } from './answer.ts'
import type { Messages } from './messages/en.ts'
import { isMail } from './read-text.ts'

/** Of certificates by ACME, in place of Let's Encrypt. `ca`: an absolute path. */
export interface Authority {
  readonly directory: string
  readonly ca: string | undefined
}

/** Paths are absolute. */
export type Certificate =
  | { readonly kind: 'acme'; readonly mail: string; readonly authority: Authority | undefined }
  | { readonly kind: 'files'; readonly cert: string; readonly key: string }
  /** Plain http on loopback. */
  | { readonly kind: 'none' }

/** Whether the authority gives certificates for this host. */
export function canOrder(hostname: string, authority: Authority | undefined): boolean {
  const open = publicAuthority(authority?.directory ?? defaultDirectory) !== undefined
  return orderObstacle(hostname, open) === undefined
}

/** A mail address, or the path of a certificate. `files` holds no key yet. */
export function readMailOrCertificate(
  t: Messages,
  cwd: string,
  hostname: string,
  authority: Authority | undefined,
): Read<Extract<Certificate, { kind: 'acme' }> | { readonly kind: 'files'; readonly cert: string }> {
  return async (text) => {
    if (text === '') return rejected(t.needed)
    if (isMail(text) && !canOrder(hostname, authority)) return rejected(t.certificate.noAcme(hostname))
    if (isMail(text)) return accepted({ kind: 'acme', mail: text, authority })
    if (/@[^/]*$/.test(text) && !existsSync(resolve(cwd, text))) return rejected(t.certificate.invalid)
    const read = await readCertificate(t, cwd, hostname)(text)
    return read.ok ? { ...read, value: { kind: 'files', cert: read.value } } : read
  }
}

/** Absolute path of a certificate for `hostname`. */
export function readCertificate(t: Messages, cwd: string, hostname: string): Read<string> {
  return async (text) => {
    const path = resolve(cwd, text)
    const pem = await contentOf(path)
    if (!Buffer.isBuffer(pem)) return rejected(t.certificate.unreadable(text, pem.code))
    const certificate = certificateIn(pem)
    if (certificate === undefined) return rejected(t.certificate.noCertificate)
    const remarks = [
      ...(certificate.checkHost(hostname) === undefined ? [t.certificate.otherName(hostname)] : []),
      ...(certificate.validToDate.getTime() <= Date.now()
        ? [t.certificate.expired(certificate.validToDate.toISOString().slice(0, 10))]
        : []),
    ]
    return accepted(path, remarks)
  }
}

/** Absolute path of the private key of the certificate in `cert`. */
export function readKeyOf(t: Messages, cwd: string, cert: string): Read<string> {
  return async (text) => {
    const path = resolve(cwd, text)
    const pem = await contentOf(path)
    if (!Buffer.isBuffer(pem)) return rejected(t.certificate.unreadable(text, pem.code))
    const certificate = certificateIn(await readFile(cert))
    try {
      const key = createPrivateKey(pem)
      return certificate?.checkPrivateKey(key) === true ? accepted(path) : rejected(t.certificate.otherKey)
    } catch {
      return rejected(t.certificate.noKey)
    }
  }
}

/** Where the key usually is: `wildcard.key` beside `wildcard.crt`, `privkey.pem` beside `fullchain.pem`. */
export function usualKeyOf(cert: string): string | undefined {
  const candidates = [
    cert.replace(/\.(?:crt|cer|pem)$/, '.key'),
    cert.replace(/fullchain\.pem$/, 'privkey.pem'),
    cert.replace(/\.pem$/, '-key.pem'),
  ]
  return candidates.find((one) => one !== cert && existsSync(one))
}

async function contentOf(path: string): Promise<Buffer | { readonly code: string }> {
  return readFile(path).catch((error: unknown) => ({ code: errorCode(error) }))
}

function certificateIn(pem: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
