// Claims of one subject, by source, and how one is read by name or path; texts that may be compared.

export type Claims = Readonly<Record<string, unknown>>

/** Claims of one subject, by source. */
export interface ProviderClaims {
  /** Verified; undefined when a refresh returned no new ID token. */
  readonly idToken: Claims | undefined
  /** `sub` already compared; undefined when UserInfo was not requested. */
  readonly userInfo: Claims | undefined
  /** Groups read from the provider's directory; absent: it was not asked (`groups/directory.ts`). */
  readonly directory?: DirectoryGroups | undefined
}

export type DirectoryGroups =
  | { readonly state: 'known'; readonly names: readonly unknown[] }
  /** It was asked and did not answer usably. */
  | { readonly state: 'unconfirmed' }

const maxBytes = 1024

/** For compared values: unchanged, or undefined when empty, over 1 KB, with control characters or no text. */
export function comparableText(value: unknown): string | undefined {
  const good = typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxBytes
  return good && !/\p{Cc}/u.test(value) ? value : undefined
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
