// References of WebDAV header fields to resources (RFC 4918 8.3, Simple-ref): read and canonicalized.

import type { CanonicalRequest, CanonicalRules } from '../canonical/canonical-request.ts'
import { canonicalTarget, type CanonicalTarget } from '../canonical/request-target.ts'

export interface Reference {
  /** Canonical; that of the request when the reference is a path alone. */
  readonly host: string
  readonly target: CanonicalTarget
  /** It is a path alone. */
  readonly relative: boolean
}

/** Neither user information (RFC 9110 4.2.4) nor a fragment (RFC 4918 8.3). */
const absoluteUri = /^(https?):\/\/([^/?#\\@]+)(\/[^#]*)?$/i

/**
 * An absolute URI with the scheme of the request, or an absolute path; `//host` is neither. Canonicalized as a request
 * target is, since the application acts on it as on one. Undefined: invalid.
 */
export function readReference(
  value: string,
  { scheme, host }: Pick<CanonicalRequest, 'scheme' | 'host'>,
  hostOf: CanonicalRules['hostOf'],
): Reference | undefined {
  const parts = absoluteUri.exec(value)
  if (parts === null) {
    const isPath = value[0] === '/' && value[1] !== '/' && !value.includes('#')
    const target = isPath ? referenced(value) : undefined
    return target && { host, target, relative: true }
  }
  if (parts[1]!.toLowerCase() !== scheme) return undefined
  const named = hostOf(parts[2]!, scheme)
  const target = referenced(parts[3] ?? '/')
  return named === undefined || target === undefined ? undefined : { host: named, target, relative: false }
}

/** Without dot segments in any reading: unlike those of a target, no client has removed them. */
function referenced(value: string): CanonicalTarget | undefined {
  const target = canonicalTarget(value)
  return 'refused' in target || target.ambiguity?.dots === true ? undefined : target
}
