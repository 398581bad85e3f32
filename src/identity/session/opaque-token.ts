// Opaque tokens for cookies, state and tickets: 256 random bits, stored only as their SHA-256.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Returns 43 characters, base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * Returns 22 characters, base64url, from 128 random bits. Never begins with `-`: administrators paste it into command
 * lines, where it would be read as an option.
 */
export function newSessionId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** Checked before any lookup: a store key is never built from unchecked input. */
export function isToken(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value)
}

export function hashToken(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

/** True when the hash of `value` is `hash`; constant time. */
export function matchesHash(value: string | undefined, hash: string): boolean {
  if (!isToken(value)) return false
  const actual = Buffer.from(hashToken(value))
  const expected = Buffer.from(hash)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
