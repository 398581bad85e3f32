// Three-valued logic (Kleene) of verdicts: met, unmet, unknown, with conjunction, disjunction and negation.

import type { AccessRequest } from '../access-request.ts'
import type { Reason, Remedy } from '../decision.ts'
import type { Condition, Verdict } from '../policy.ts'

const noReasons: readonly Reason[] = Object.freeze([])

/** Met, independent of time. */
export const met: Verdict = Object.freeze({ state: 'met', reasons: noReasons, remedy: undefined, until: Infinity })

/** `until`: epoch milliseconds at which time alone could end it. */
export function metUntil(until: number, grant?: string): Verdict {
  return { state: 'met', reasons: noReasons, remedy: undefined, until, grant }
}

export function unmet(reasons: Reason | readonly Reason[], remedy?: Remedy, until = Infinity): Verdict {
  return Object.freeze({ state: 'unmet', reasons: list(reasons), remedy, until })
}

export function unknown(reasons: Reason | readonly Reason[], remedy?: Remedy, until = Infinity): Verdict {
  return Object.freeze({ state: 'unknown', reasons: list(reasons), remedy, until })
}

/** A condition that throws is unknown, so it neither meets an allow nor disables a deny (fail closed). */
export function evaluateCondition(condition: Condition, access: AccessRequest): Verdict {
  try {
    return condition.evaluate(access)
  } catch (error) {
    return unknown(policyError(error, condition.name), { kind: 'ask_owner' }, access.now)
  }
}

/** Reason for a condition or policy that could not be evaluated. `cause` is for the log; no text shows it. */
export function policyError(error: unknown, condition: string): Reason {
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { code: 'policy_error', parameters: { condition, cause } }
}

/**
 * Conjunction. Evaluates every condition, so that all reasons are reported and each can shorten the lease. `single`
 * receives the verdicts of the conditions in order.
 */
export function allOf(conditions: readonly Condition[], access: AccessRequest, single?: Verdict[]): Verdict {
  let joined = met
  for (const condition of conditions) {
    const verdict = evaluateCondition(condition, access)
    single?.push(verdict)
    joined = and(joined, verdict)
  }
  return joined
}

/** Conjunction: reasons and remedy of the verdicts that are not met; when both are met, of both. */
export function and(left: Verdict, right: Verdict): Verdict {
  if (left === met) return right
  if (right === met) return left
  const until = Math.min(left.until, right.until)
  if (left.state === 'met' && right.state === 'met') {
    const grant = left.grant ?? right.grant
    return {
      state: 'met',
      reasons: joined(left.reasons, right.reasons),
      remedy: left.remedy ?? right.remedy,
      until,
      grant,
    }
  }
  if (left.state === 'met') return { ...right, until }
  if (right.state === 'met') return { ...left, until }
  const state = left.state === 'unmet' || right.state === 'unmet' ? 'unmet' : 'unknown'
  return {
    state,
    reasons: joined(left.reasons, right.reasons),
    remedy: combineRemedies(left.remedy, right.remedy),
    until,
  }
}

/** Disjunction: the first met verdict, else the one nearest to being met. */
export function or(verdicts: readonly Verdict[], otherwise: Reason): Verdict {
  const first = verdicts[0]
  if (first === undefined) return unmet(otherwise)
  const until = verdicts.reduce((earliest, verdict) => Math.min(earliest, verdict.until), Infinity)
  const found = verdicts.find((verdict) => verdict.state === 'met')
  if (found !== undefined) return { ...found, until }
  const best = verdicts.reduce((near, verdict) => (distance(verdict) < distance(near) ? verdict : near), first)
  return { ...best, state: verdicts.some((verdict) => verdict.state === 'unknown') ? 'unknown' : 'unmet', until }
}

/**
 * Negation; of unknown it is unknown. `refusals` are the reasons when the inner verdict is met. When it is unmet, its own
 * reasons stay: inside a deny rule they are what matched.
 */
export function not(verdict: Verdict, refusals: readonly Reason[]): Verdict {
  const { state, reasons, until } = verdict
  if (state === 'met') return { state: 'unmet', reasons: refusals, remedy: { kind: 'ask_owner' }, until }
  return { state: state === 'unmet' ? 'met' : 'unknown', reasons, remedy: withoutRemedy(verdict.remedy), until }
}

/** Whether the user can apply the remedy immediately. */
export function hasRemedy(remedy: Remedy | undefined): boolean {
  return remedy?.kind === 'step_up' || remedy?.kind === 'request_access'
}

/** Distance from being met, for sorting: effort of the remedy first, then the number of reasons. */
export function distance(verdict: Verdict): number {
  return hardness(verdict.remedy) * 100 + verdict.reasons.length
}

/** Remedy for a denial: remedies reserved for challenges become `ask_owner`. */
export function withoutRemedy(remedy: Remedy | undefined): Remedy | undefined {
  return hasRemedy(remedy) || remedy?.kind === 'sign_in' ? { kind: 'ask_owner' } : remedy
}

/** Least effort first. A conjunction takes as much effort as its hardest part. */
const byHardness: readonly Remedy['kind'][] = [
  'sign_in',
  'step_up',
  'request_access',
  'try_again',
  'wait',
  'use_other_network',
  'use_other_device',
  'ask_owner',
]

function hardness(remedy: Remedy | undefined): number {
  return remedy === undefined ? byHardness.length : byHardness.indexOf(remedy.kind)
}

function combineRemedies(left: Remedy | undefined, right: Remedy | undefined): Remedy | undefined {
  if (left?.kind === 'step_up' && right?.kind === 'step_up') {
    const strong = left.level === 'phishing_resistant' || right.level === 'phishing_resistant'
    const maxAge = left.maxAge === undefined ? right.maxAge : Math.min(left.maxAge, right.maxAge ?? Infinity)
    return { kind: 'step_up', level: strong ? 'phishing_resistant' : 'mfa', maxAge }
  }
  // Step-up first: only a sufficiently authenticated user may request access.
  if (hasRemedy(left) && hasRemedy(right)) return left?.kind === 'step_up' ? left : right
  if (left?.kind === 'wait' && right?.kind === 'wait') {
    const until = left.until === undefined || right.until === undefined ? undefined : Math.max(left.until, right.until)
    return { kind: 'wait', until }
  }
  return hardness(left) >= hardness(right) ? left : right
}

function list(reasons: Reason | readonly Reason[]): readonly Reason[] {
  return 'code' in reasons ? Object.freeze([reasons]) : reasons
}

function joined(left: readonly Reason[], right: readonly Reason[]): readonly Reason[] {
  if (left.length === 0) return right
  return right.length === 0 ? left : [...left, ...right]
}
