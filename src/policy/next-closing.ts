// When time alone will close what is open: for "until 17:00" in the portal.

import type { AccessRequest } from './access-request.ts'
import { decide } from './decide.ts'
import type { Policy } from './policy.ts'

/** Edges that change nothing are walked past, but not for ever. */
const maxEdges = 16

/**
 * Epoch milliseconds of the first moment within `ahead` milliseconds at which nothing but time will have turned an
 * allow into a denial; undefined when there is none, or when it is not allowed now. A proof that grows too old is no
 * closing: the person can renew it.
 */
export function nextClosing(policy: Policy, access: AccessRequest, ahead: number): number | undefined {
  const withoutSessionLimits: Policy = { ...policy, lease: Infinity }
  let now = access.now
  for (let edge = 0; edge < maxEdges; edge++) {
    const decision = decide(withoutSessionLimits, { ...access, now })
    // Whoever may ask for access once it has ended is shut out until somebody agrees.
    const closed = decision.effect === 'deny' || decision.remedy?.kind === 'request_access'
    if (closed) return now === access.now ? undefined : now
    if (decision.effect === 'challenge') return undefined
    if (!(decision.validUntil > now) || decision.validUntil > access.now + ahead) return undefined
    now = decision.validUntil
  }
  return undefined
}
