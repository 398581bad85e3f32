// X.509 certificates for tests, created with the openssl command: self-signed, valid for a day.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestCertificate {
  /** Files. */
  readonly cert: string
  readonly key: string
  /** The certificate in PEM, for the `ca` option of a client. */
  readonly pem: string
}

export interface CertificateFolder {
  /** `names`: host names, wildcards allowed. `file`: base name; an existing file is replaced. */
  make(names: readonly string[], file?: string, keys?: 'p256' | 'rsa'): TestCertificate
  remove(): void
}

/** Throws when the openssl command is missing. */
export function certificateFolder(): CertificateFolder {
  const folder = mkdtempSync(join(tmpdir(), 'einlass-certificates-'))
  let made = 0
  return {
    make(names, file = `certificate-${++made}`, keys = 'p256') {
      const cert = join(folder, `${file}.crt`)
      const key = join(folder, `${file}.key`)
      const subject = [
        '-subj',
        `/CN=${names[0]}`,
        '-addext',
        `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
      ]
      const algorithm = keys === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
      const form = ['-newkey', ...algorithm, '-noenc', '-days', '1']
      execFileSync('openssl', ['req', '-x509', ...form, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
      return { cert, key, pem: readFileSync(cert, 'utf8') }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
