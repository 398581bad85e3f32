// Time-based one-time password (RFC 6238): SHA-1, 6 digits, 30 seconds.

import { createHmac } from 'node:crypto'

/** `now`: epoch milliseconds. */
export function totp(key: Buffer, now: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const hash = createHmac('sha1', key).update(counter).digest()
  const offset = hash.at(-1)! & 15
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
