// References of WebDAV header fields to resources (RFC 4918 8.3, Simple-ref): read, canonicalized, rewritten for the upstream.

import type { CanonicalRequest, CanonicalRules } from '../canonical/canonical-request.ts'
import { canonicalTarget, type CanonicalTarget } from '../canonical/request-target.ts'

/** Public scheme and host of the request, which are those of the app. */
export type PublicOrigin = Pick<CanonicalRequest, 'scheme' | 'host'>

/** `wholeOrigin`: scheme and authority are written, not only the path. */
export interface Reference {
  readonly target: CanonicalTarget
  readonly wholeOrigin: boolean
}

/** Neither user information (RFC 9110 4.2.4) nor a fragment (RFC 4918 8.3). */
const absoluteUri = /^(https?):\/\/([^/?#\\@]+)(\/[^#]*)?$/i

/**
 * An absolute URI of this origin, or an absolute path; `//host` is neither. Canonicalized as a request target is, since
 * the application acts on it as on one. Undefined: invalid, or of another origin.
 */
export function readReference(
  value: string,
  { scheme, host }: PublicOrigin,
  hostOf: CanonicalRules['hostOf'],
): Reference | undefined {
  const parts = absoluteUri.exec(value)
  if (parts === null && (value[0] !== '/' || value[1] === '/' || value.includes('#'))) return undefined
  if (parts !== null && (parts[1]!.toLowerCase() !== scheme || hostOf(parts[2]!, scheme) !== host)) return undefined
  const target = canonicalTarget(parts === null ? value : (parts[3] ?? '/'))
  return target && { target, wholeOrigin: parts !== null }
}
