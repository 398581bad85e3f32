// Computes by how much a grant may be extended or followed, by the same limits that `grants/` enforces.

import type { Grant } from '../../policy/grant.ts'
import type { Subject } from '../../policy/subject.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** Maximum of one request for more time, in milliseconds; undefined: none can be made. */
export function maxExtension(
  deps: Pick<WebDependencies, 'config' | 'requests' | 'now'>,
  subject: Subject,
  grant: Grant,
): number | undefined {
  if (grant.basis?.entitlement !== 'requests') return deps.requests.followUpFor(subject, grant)?.maxDuration
  const settings = deps.config().apps.get(grant.app)?.requests
  if (settings === undefined || grant.revokedAt !== undefined || grant.until <= deps.now()) return undefined
  if ((grant.extensions?.length ?? 0) >= settings.maxExtensions) return undefined
  const left = Math.min(settings.maxDuration, settings.maxTotal - (grant.until - grant.from))
  return left >= settings.minDuration ? left : undefined
}
