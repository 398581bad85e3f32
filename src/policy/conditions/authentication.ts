// Condition `mfa`: strength and age of the subject's authentication (multi-factor, phishing-resistant, max_age).

import { clockTolerance } from '../clock-tolerance.ts'
import type { ConditionSet } from '../declaration.ts'
import type { Remedy } from '../decision.ts'
import type { Compiled, CompileContext } from '../compile-context.ts'
import { identityCondition } from './identity.ts'
import { met, metUntil, unknown, unmet } from './verdict.ts'

/**
 * Fails closed: an absent claim or an absent `auth_time` (OIDC Core section 2) meets nothing. A sign-in that states neither
 * `acr` nor `amr` is unknown, not weak: under `not` it opens nothing either.
 */
export function mfa(wanted: NonNullable<ConditionSet['mfa']>, context: CompileContext): Compiled {
  const { maxAge, level = 'mfa' } = wanted === true ? {} : wanted
  const remedy: Remedy = { kind: 'step_up', level, maxAge }
  const parameters: Record<string, string> = maxAge === undefined ? {} : { max_age: duration(maxAge) }
  const [missing, unstated] = [unmet, unknown].map((make) => make(context.reason('mfa_required'), remedy))
  const weak = unmet(context.reason('mfa_too_weak'), remedy)
  const tooOld = context.reason('mfa_too_old', parameters)
  const [old, undated] = [unmet(tooOld, remedy), unknown(tooOld, remedy)]
  const summary = [level, ...(maxAge === undefined ? [] : [`at most ${written(maxAge)} ago`])]

  return identityCondition('mfa', summary, context, ({ authentication }, { now }) => {
    const { acr, amr, authTime, mfa, phishingResistant } = authentication
    const proven = level === 'phishing_resistant' ? phishingResistant : mfa
    if (!proven && level === 'phishing_resistant' && mfa) return weak
    if (!proven) return acr === undefined && amr.length === 0 ? unstated! : missing!
    if (maxAge === undefined) return met
    if (authTime === undefined) return undated
    // Further in the future than clocks may differ, it counts as absent.
    if (authTime - now > clockTolerance) return unknown(tooOld, remedy, authTime - clockTolerance)
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
