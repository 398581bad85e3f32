// Asks policy, unless the answer is given before any rule: declared public, nobody to ask, or another device.

import { decide } from '../policy/decide.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision, Remedy } from '../policy/decision.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import { isForeign } from './assess.ts'
import type { Confirmed } from './confirm.ts'
import type { Parts } from './parts.ts'
import type { Target } from './route.ts'

const unlimited = { download: undefined, upload: undefined }

export function judge(
  parts: Parts,
  target: Extract<Target, { kind: 'app' }>,
  who: Confirmed,
  access: AccessRequest,
): Decision {
  const { site } = target
  if (target.open) return openToAll(access.now + site.policy.lease)
  if (who.state === 'unreachable') return closed(who.code, { kind: 'try_again' }, access.now)
  if (who.state === 'none') return decide(site.policy, access)
  if (isForeign(who.session, access))
    return closed('device_mismatch', { kind: 'sign_in', provider: undefined }, access.now)
  return parts.leases.decide(site.policy, who.session, access)
}

function openToAll(validUntil: number): Decision {
  return {
    effect: 'allow',
    rule: 'public',
    reasons: [],
    remedy: undefined,
    limits: unlimited,
    validUntil,
    grant: undefined,
    monitored: undefined,
  }
}

/** A denial given before any rule was asked. */
export function closed(code: ReasonCode, remedy: Remedy, now: number): Decision {
  return {
    effect: 'deny',
    rule: undefined,
    reasons: [{ code, parameters: {} }],
    remedy,
    limits: unlimited,
    validUntil: now,
    grant: undefined,
    monitored: undefined,
  }
}
