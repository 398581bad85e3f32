// Applies a remedy to an access request hypothetically: the request as it would be after a step-up or a granted request.

import type { AccessRequest } from './access-request.ts'
import type { Remedy } from './decision.ts'
import type { Grant } from './grant.ts'
import type { Policy } from './policy.ts'

/** Any remedy but `step_up` and `request_access` returns the request unchanged. */
export function withRemedy(policy: Policy, access: AccessRequest, remedy: Remedy): AccessRequest {
  if (remedy.kind === 'step_up') return withStepUp(access, remedy.level)
  if (remedy.kind === 'request_access') return { ...access, grants: [...access.grants, sampleGrant(policy, access)] }
  return access
}

function withStepUp(access: AccessRequest, level: Extract<Remedy, { kind: 'step_up' }>['level']): AccessRequest {
  if (access.identity === undefined) return access
  const { subject, authentication } = access.identity
  const phishingResistant = authentication.phishingResistant || level === 'phishing_resistant'
  const mfa = authentication.mfa || level !== 'any'
  const stepped = { ...authentication, mfa, phishingResistant, authTime: access.now }
  return { ...access, identity: { subject, authentication: stepped } }
}

/** Used for this evaluation only; it is never stored. */
function sampleGrant(policy: Policy, { now }: AccessRequest): Grant {
  return {
    id: '',
    who: '',
    app: policy.app,
    level: policy.grantable ?? 'full',
    from: now,
    until: Infinity,
    schedule: undefined,
    sponsor: undefined,
    reason: undefined,
    origin: 'runtime',
    givenBy: '',
    revokedAt: undefined,
  }
}
