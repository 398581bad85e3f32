// Filters out grants that the configuration no longer entitles the subject to. Runs at each decision, so that a removed
// entitlement takes effect before its grants are revoked.

import type { Grant } from '../policy/grant.ts'
import type { Subject } from '../policy/subject.ts'
import type { Entitlements } from './entitlements.ts'

/** Decisions pass the complete subject; pages about another user have only its identity. */
type GrantQuery = Subject | Pick<Subject, 'provider' | 'sub' | 'email'>

interface CachedResult {
  readonly entitlements: Entitlements
  readonly subject: GrantQuery
  readonly valid: readonly Grant[]
}

/** Returns the identical list for the same list, subject and configuration; the decision cache depends on that. */
export function createValidGrants(
  entitlements: (() => Entitlements) | undefined,
): (grants: readonly Grant[], subject: GrantQuery) => readonly Grant[] {
  if (entitlements === undefined) return (grants) => grants
  const cache = new WeakMap<readonly Grant[], CachedResult>()
  return (grants, subject) => {
    if (grants.length === 0) return grants
    const current = entitlements()
    const before = cache.get(grants)
    if (before?.entitlements === current && before.subject === subject) return before.valid
    const invalid = (grant: Grant) =>
      'groups' in subject ? current.invalidReasonFor(grant, subject) : current.invalidReason(grant)
    const left = grants.filter((grant) => invalid(grant) === undefined)
    const valid = left.length === grants.length ? grants : left
    cache.set(grants, { entitlements: current, subject, valid })
    return valid
  }
}
