// Reads a claim by name or path: the full name first (`https://example.com/roles`), then segments separated by dots.

import type { Claims } from './claims.ts'

export function readClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, part)) {
      return undefined
    }
    value = (value as Claims)[part]
  }
  return value
}
