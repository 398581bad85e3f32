// Values handed to a browser and recognised again: 256 random bits, kept here only as their SHA-256.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 43 characters, base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Asked before anything is looked up: a store key is never built from what a stranger wrote freely. */
export function isToken(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value)
}

export function hashToken(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

/** True when `value` is the one whose hash is kept; takes the same time wherever they differ. */
export function matchesHash(value: string | undefined, hash: string): boolean {
  if (!isToken(value)) return false
  const actual = Buffer.from(hashToken(value))
  const expected = Buffer.from(hash)
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
