// When a host is tried again, when a certificate that was not renewed is reported, and the identifier of a certificate for ARI.

import { describe, expect, test } from 'vitest'
import { isDue, nextFailure } from '../../src/acme/attempts.ts'
import { warningDue } from '../../src/acme/expiry.ts'
import type { HeldCertificate, HostRecord, OrderFailure } from '../../src/acme/host-record.ts'
import { renewalId } from '../../src/acme/x509.ts'

const minute = 60_000
const day = 24 * 60 * minute
const directory = 'https://ca.example.com/directory'
const explanation = { cause: 'c', mend: 'm' }
const failed = (failures: number, at = 0): OrderFailure => {
  let failure: OrderFailure | undefined
  for (let i = 0; i < failures; i++) {
    failure = nextFailure(failure, { code: 'connection', notBefore: undefined }, explanation, { now: at, random: 0 })
  }
  return failure!
}
const held = (more: Partial<HeldCertificate> = {}): HeldCertificate => ({
  cert: '',
  key: '',
  directory,
  issuer: '',
  notBefore: 0,
  notAfter: 90 * day,
  renewAt: 60 * day,
  askAgainAt: 0,
  warned: undefined,
  ...more,
})
const host = (more: Partial<HostRecord>): HostRecord => ({
  name: 'wiki.example.com',
  certificate: undefined,
  challenge: undefined,
  failure: undefined,
  ...more,
})

describe('a host that failed', () => {
  test('is tried at most four times within the first hour, and at least every six hours', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 20].map((count) => failed(count).nextAttempt / minute)
    expect(pauses).toEqual([1, 5, 20, 60, 180, 360, 360, 360])
  })

  test('is tried by a reload a minute later, but not where the authority named a time', () => {
    const record = host({ failure: failed(4) })
    expect(isDue(record, directory, 30 * minute, 0)).toBe(false)
    expect(isDue(record, directory, 30 * minute, 0.5 * minute)).toBe(false)
    expect(isDue(record, directory, 30 * minute, 30 * minute)).toBe(true)
    const limited = nextFailure(undefined, { code: 'rateLimited', notBefore: undefined }, explanation, {
      now: 0,
      random: 0,
    })
    expect(limited.nextAttempt).toBe(60 * minute)
    expect(isDue(host({ failure: limited }), directory, 30 * minute, 30 * minute)).toBe(false)
  })

  test('is tried when the clock was set back', () => {
    expect(isDue(host({ failure: failed(6, 10 * day) }), directory, day, 0)).toBe(true)
  })

  test('counts from its first failure', () => {
    const first = failed(1, 1000)
    const second = nextFailure(first, { code: 'caa', notBefore: undefined }, explanation, { now: 5000, random: 0.5 })
    expect(second).toMatchObject({ since: 1000, at: 5000, count: 2, code: 'caa', nextAttempt: 5000 + 5.25 * minute })
  })
})

test('a certificate is due from its renewal time on, and at once under another directory', () => {
  expect(isDue(undefined, directory, 0, 0)).toBe(true)
  expect(isDue(host({ certificate: held() }), directory, 59 * day, 0)).toBe(false)
  expect(isDue(host({ certificate: held() }), directory, 60 * day, 0)).toBe(true)
  expect(isDue(host({ certificate: held() }), 'https://other.example.com/', 1 * day, 0)).toBe(true)
})

describe('a finding', () => {
  const at = (left: number, more: Partial<HeldCertificate> = {}, orders: 'fail' | 'do not fail' = 'fail') => {
    const certificate = held(more)
    return warningDue(certificate, orders === 'fail' ? failed(1) : undefined, certificate.notAfter - left * day)
  }

  test('is due once for each threshold, the latest that was reached', () => {
    expect([20, 14, 13, 7, 5, 3, 2, 1, 0.5, 0, -3].map((left) => at(left))).toEqual([
      undefined,
      14,
      14,
      7,
      7,
      3,
      3,
      1,
      1,
      0,
      0,
    ])
    expect([13, 7, 6].map((left) => at(left, { warned: 14 }))).toEqual([undefined, 7, 7])
    expect(at(0.5, { warned: 1 })).toBeUndefined()
  })

  test('is not due for a short-lived certificate that is renewed in time', () => {
    const short = { notBefore: 0, notAfter: 6 * day, renewAt: 4 * day }
    expect([5, 3, 2.1].map((left) => at(left, short, 'do not fail'))).toEqual([undefined, undefined, undefined])
    expect(at(1.9, short, 'do not fail')).toBeUndefined()
    expect(at(1.9, short)).toBe(3)
    // Late without a failure: the node that orders is gone.
    expect(at(1.4, short, 'do not fail')).toBe(3)
  })
})

test('the identifier of the certificate in RFC 9773, appendix A', async () => {
  const pem = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`
  expect(await renewalId(pem)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE')
})
