// TOTP against the test vectors of RFC 6238 appendix B (the last six of eight digits).

import { expect, test } from 'vitest'
import { totp, totpMatches } from '../../../src/demo/provider/totp.ts'

const secret = Buffer.from('12345678901234567890')

test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('at second %i the code is %s', (second, code) => {
  expect(totp(secret, second * 1000)).toBe(code)
})

test('accepts the adjacent time step, but not the one after it', () => {
  const code = totp(secret, 59_000)
  expect(totpMatches(secret, code, 60_000)).toBe(true)
  expect(totpMatches(secret, `${code.slice(0, 3)} ${code.slice(3)}`, 59_000)).toBe(true)
  expect(totpMatches(secret, code, 120_000)).toBe(false)
  expect(totpMatches(secret, '', 59_000)).toBe(false)
  expect(totpMatches(secret, '28708２', 59_000)).toBe(false)
})
