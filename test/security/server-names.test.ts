// SNI: whatever name a client sends in the TLS handshake, a certificate is selected and nothing throws.

import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { loadCertificates } from '../../src/http/server/certificates.ts'
import { certificateFolder } from '../support/certificates.ts'

const folder = certificateFolder()
const first = folder.make(['access.example.com'])
const second = folder.make(['*.apps.example.com', 'wiki.example.com'])
const certificates = await loadCertificates({ certificates: [first, second], clientCa: undefined, http2: true })
afterAll(() => folder.remove())

const usual = certificates.contextFor('access.example.com')
const other = certificates.contextFor('wiki.example.com')

test('names are case-insensitive (CVE-2026-48928)', () => {
  expect(other).not.toBe(usual)
  for (const name of ['WIKI.EXAMPLE.COM', 'Wiki.Example.Com', 'erp.apps.example.com', 'ERP.APPS.EXAMPLE.COM']) {
    expect(certificates.contextFor(name), name).toBe(other)
  }
})

test('a wildcard matches one label, and Unicode look-alikes of a dot are not dots (CVE-2026-48618)', () => {
  for (const name of [
    'a.b.apps.example.com',
    'apps.example.com',
    'erp。apps.example.com',
    'erp．apps.example.com',
    'wiki.example.com.',
    'wiki.example.com\0.evil.test',
  ]) {
    expect(certificates.contextFor(name), JSON.stringify(name)).toBe(usual)
  }
})

test('no name makes the selection throw (CVE-2026-21637)', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '.', '..', '*', '__proto__', 'constructor', '\ud800', 'a'.repeat(100_000)),
  )
  fc.assert(fc.property(hostile, (name) => [usual, other].includes(certificates.contextFor(name))))
})
