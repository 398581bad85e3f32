// Condition `mfa`: strength and age of the subject's authentication (multi-factor, phishing-resistant, max_age).

import type { ConditionSet } from '../declaration.ts'
import type { Remedy } from '../decision.ts'
import type { Compiled, CompileContext } from '../compile-context.ts'
import { identityCondition } from './identity.ts'
import { met, metUntil, unmet } from './verdict.ts'

/** Tolerated clock skew in milliseconds; an `auth_time` further in the future counts as absent. */
const clockSkew = 60_000

/** Fails closed: an absent claim or an absent `auth_time` (OIDC Core section 2) meets nothing. */
export function mfa(wanted: NonNullable<ConditionSet['mfa']>, context: CompileContext): Compiled {
  const { maxAge, level = 'mfa' } = wanted === true ? {} : wanted
  const remedy: Remedy = { kind: 'step_up', level, maxAge }
  const parameters: Record<string, string> = maxAge === undefined ? {} : { max_age: duration(maxAge) }
  const missing = unmet(context.reason('mfa_required'), remedy)
  const weak = unmet(context.reason('mfa_too_weak'), remedy)
  const tooOld = context.reason('mfa_too_old', parameters)
  const old = unmet(tooOld, remedy)
  const summary = [level, ...(maxAge === undefined ? [] : [`at most ${written(maxAge)} ago`])]

  return identityCondition('mfa', summary, context, ({ authentication }, { now }) => {
    const { authTime, mfa, phishingResistant } = authentication
    if (level === 'phishing_resistant' && !phishingResistant) return mfa ? weak : missing
    if (level === 'mfa' && !mfa) return missing
    if (maxAge === undefined) return met
    if (authTime === undefined) return old
    if (authTime - now > clockSkew) return unmet(tooOld, remedy, authTime - clockSkew)
    return now < authTime + maxAge ? metUntil(authTime + maxAge) : old
  })
}

function duration(milliseconds: number): string {
  return Temporal.Duration.from({ milliseconds: Math.round(milliseconds) })
    .round({ largestUnit: 'hours' })
    .toString()
}

/** As in the configuration: `12h`. */
function written(milliseconds: number): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const
  for (const [unit, length] of Object.entries(units))
    if (milliseconds % length === 0) return `${milliseconds / length}${unit}`
  return `${Math.round(milliseconds / 1000)}s`
}
