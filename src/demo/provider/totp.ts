// TOTP: time-based one-time passwords (RFC 6238, SHA-1, six digits, 30 s) of the demo's users.

import { createHmac, timingSafeEqual } from 'node:crypto'

const period = 30_000

/** The code at `at`, epoch milliseconds. */
export function totp(secret: Buffer, at: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / period)))
  const mac = createHmac('sha1', secret).update(counter).digest()
  // RFC 4226 section 5.3: the low nibble of the last byte is the offset of the 31 bits.
  const offset = mac[mac.length - 1]! & 0x0f
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000
  return String(number).padStart(6, '0')
}

/** True for the code of the current time step or an adjacent one (RFC 6238 section 5.2). Ignores spaces. */
export function totpMatches(secret: Buffer, given: string, at: number): boolean {
  const code = Buffer.from(given.replaceAll(' ', ''))
  if (code.length !== 6) return false
  return [-period, 0, period].some((drift) => timingSafeEqual(code, Buffer.from(totp(secret, at + drift))))
}
