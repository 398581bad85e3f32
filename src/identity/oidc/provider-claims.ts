// Claims of one subject, by source, and how one is read by name or path.

export type Claims = Readonly<Record<string, unknown>>

/** Claims of one subject, by source. */
export interface ProviderClaims {
  /** Verified; undefined when a refresh returned no new ID token. */
  readonly idToken: Claims | undefined
  /** `sub` already compared; undefined when UserInfo was not requested. */
  readonly userInfo: Claims | undefined
}

/** The full name first (`https://example.com/roles`), then segments separated by dots. */
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
