// Proof of a step-up: compares the claims that the provider returned with what the step-up must prove (RFC 9470).

import type { Authentication } from '../../policy/subject.ts'
import type { PendingSignIn } from './pending-sign-ins.ts'
import { clockTolerance } from './token-checks.ts'

/** RFC 9470 section 5: returns what of the step-up the claims do not prove, or undefined. */
export function unmetStepUp(pending: PendingSignIn, authentication: Authentication, now: number): string | undefined {
  const { stepUp, maxAge, begunAt } = pending
  if (!stepUp) return undefined
  // OIDC Core 3.1.2.1: `max_age` in the request makes it required.
  if (maxAge !== undefined && authentication.authTime === undefined) return 'auth_time_missing'
  if (stepUp.level === 'mfa' && !authentication.mfa) return 'mfa_not_proven'
  if (stepUp.level === 'phishing_resistant' && !authentication.phishingResistant) return 'mfa_too_weak'
  const { authTime } = authentication
  if (authTime === undefined && (stepUp.maxAge !== undefined || maxAge !== undefined)) return 'auth_time_missing'
  if (stepUp.maxAge !== undefined && authTime !== undefined && now - authTime > stepUp.maxAge)
    return 'auth_time_too_old'
  // OIDC Core 3.1.2.1: counted from the authorization request; the two clocks may differ.
  const oldest = begunAt - ((maxAge ?? 0) + clockTolerance) * 1000
  if (maxAge !== undefined && authTime !== undefined && authTime < oldest) return 'auth_time_too_old'
  return undefined
}
