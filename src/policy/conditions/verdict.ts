// Three-valued verdicts (Kleene): met, unmet, unknown - how they are made, joined and turned round.

import type { AccessRequest } from '../access-request.ts'
import type { Reason, Remedy } from '../decision.ts'
import type { Condition, Verdict } from '../policy.ts'

const noReasons: readonly Reason[] = Object.freeze([])

/** Met, whatever the clock says. */
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

/** Asks one condition. One that throws is unknown, and so neither satisfies an allow nor disarms a deny. */
export function evaluateCondition(condition: Condition, access: AccessRequest): Verdict {
  try {
    return condition.evaluate(access)
  } catch (error) {
    return unknown(policyError(error, condition.name), { kind: 'ask_owner' }, access.now)
  }
}

/** The reason for a condition, or a policy, that could not be evaluated. `cause` is for the log; no text shows it. */
export function policyError(error: unknown, condition: string): Reason {
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { code: 'policy_error', parameters: { condition, cause } }
}

/**
 * All must hold. Every condition is asked, so that all reasons are told and every moment at which one of them could
 * change counts. `heard` receives the single verdicts in order.
 */
export function allOf(conditions: readonly Condition[], access: AccessRequest, heard?: Verdict[]): Verdict {
  let joined = met
  for (const condition of conditions) {
    const verdict = evaluateCondition(condition, access)
    heard?.push(verdict)
    joined = and(joined, verdict)
  }
  return joined
}

/** Both must hold: the reasons, remedy and grant of what is missing, else of what is met. */
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

/** One must hold: the first that is met, else the one that is easiest to mend. */
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
 * The opposite; of unknown it is unknown. `refusals` say why when the inner one holds. When the inner one does not,
 * its reasons stay: inside a deny they are what matched.
 */
export function not(verdict: Verdict, refusals: readonly Reason[]): Verdict {
  const { state, reasons, until } = verdict
  if (state === 'met') return { state: 'unmet', reasons: refusals, remedy: { kind: 'ask_owner' }, until }
  return { state: state === 'unmet' ? 'met' : 'unknown', reasons, remedy: withoutRemedy(verdict.remedy), until }
}

/** True where the person can do it now, from here. */
export function hasRemedy(remedy: Remedy | undefined): boolean {
  return remedy?.kind === 'step_up' || remedy?.kind === 'request_access'
}

/** How far from being met: the easier remedy first, then the fewer reasons. */
export function distance(verdict: Verdict): number {
  return hardness(verdict.remedy) * 100 + verdict.reasons.length
}

/** A remedy for a denial: what only a challenge may offer becomes a word with the owner. */
export function withoutRemedy(remedy: Remedy | undefined): Remedy | undefined {
  return hasRemedy(remedy) || remedy?.kind === 'sign_in' ? { kind: 'ask_owner' } : remedy
}

/** Easiest first. What is missing is as hard to mend as its hardest part. */
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
  // Stepping up comes before asking for access: only somebody proven may ask.
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
