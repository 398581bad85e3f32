// Time-based one-time passwords (RFC 6238, SHA-1, six digits, 30 s), for the telephones of the demo's people.

import { createHmac, timingSafeEqual } from 'node:crypto'

const period = 30_000

/** The code an authenticator app shows at `at` (epoch ms). */
export function totp(secret: Buffer, at: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / period)))
  const mac = createHmac('sha1', secret).update(counter).digest()
  // RFC 4226 section 5.3: the low nibble of the last byte chooses where the 31 bits are taken from.
  const offset = mac[mac.length - 1]! & 0x0f
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000
  return String(number).padStart(6, '0')
}

/** True for the code of this step, or of one step to either side (RFC 6238 section 5.2). Spaces do not matter. */
export function totpMatches(secret: Buffer, given: string, at: number): boolean {
  const code = Buffer.from(given.replaceAll(' ', ''))
  if (code.length !== 6) return false
  return [-period, 0, period].some((drift) => timingSafeEqual(code, Buffer.from(totp(secret, at + drift))))
}
