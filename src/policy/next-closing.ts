// Computes when access will end by time alone: the "until 17:00" of the portal.

import type { AccessRequest } from './access-request.ts'
import { decide } from './decide.ts'
import type { Policy } from './policy.ts'

/** Upper bound of edges examined; an edge may turn out to change nothing. */
const maxEdges = 16

/**
 * Epoch milliseconds of the first moment within `ahead` milliseconds at which time alone turns an allow into a denial;
 * undefined when there is none, or when access is not allowed now. An authentication that becomes too old does not
 * count: the user can renew it.
 */
export function nextClosing(policy: Policy, access: AccessRequest, ahead: number): number | undefined {
  const withoutSessionLimits: Policy = { ...policy, lease: Infinity }
  let now = access.now
  for (let edge = 0; edge < maxEdges; edge++) {
    const decision = decide(withoutSessionLimits, { ...access, now })
    // A user who may then request access has none until the request is approved.
    const closed = decision.effect === 'deny' || decision.remedy?.kind === 'request_access'
    if (closed) return now === access.now ? undefined : now
    if (decision.effect === 'challenge') return undefined
    if (!(decision.validUntil > now) || decision.validUntil > access.now + ahead) return undefined
    now = decision.validUntil
  }
  return undefined
}
