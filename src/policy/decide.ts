// Policy engine (policy decision point, NIST SP 800-207): evaluates a policy for one access request. A pure function.

import type { AccessRequest } from './access-request.ts'
import { allOf, and, distance, hasRemedy, policyError, withoutRemedy } from './conditions/verdict.ts'
import type { Decision, Effect, Limits, Reason, Remedy } from './decision.ts'
import { withRemedy } from './apply-remedy.ts'
import type { Condition, Policy, Rule, Verdict } from './policy.ts'
import { byImportance, reasons as table, type RemedyKind } from './reasons.ts'
import { bothOf, destinationAccess, sourceAccess } from './two-paths.ts'

/** Evaluates all conditions of one list together; `explain` passes its own to collect the single verdicts. */
export type EvaluateConditions = (conditions: readonly Condition[], access: AccessRequest) => Verdict

/** Never throws. Allows only when an allow rule in mode enforce is met, or when the app is in mode monitor; both paths of a request with a destination. */
export function decide(policy: Policy, access: AccessRequest, evaluate: EvaluateConditions = allOf): Decision {
  try {
    if (access.identity === undefined) return signIn(policy, access)
    if (access.destination !== undefined) {
      const destination = destinationAccess(access, access.destination)
      return bothOf(decide(policy, sourceAccess(access), evaluate), decide(policy, destination, evaluate))
    }
    const enforced = enforce(policy, access, evaluate, 0)
    return policy.mode === 'monitor' ? monitored(enforced) : enforced
  } catch (cause) {
    const reasons = [policyError(cause, 'policy')]
    return buildDecision(policy, access, 'deny', { reasons, remedy: { kind: 'ask_owner' }, until: access.now })
  }
}

interface RuleCandidate {
  readonly rule: Rule
  /** Verdict of the rule joined with the requirements; not met. */
  readonly missing: Verdict
}

function enforce(policy: Policy, access: AccessRequest, evaluate: EvaluateConditions, depth: number): Decision {
  const observed = observe(policy, access, evaluate)
  let until = observed.until
  const outcome = (effect: Effect, more: Partial<Outcome>) =>
    buildDecision(policy, access, effect, {
      ...more,
      until: Math.min(until, more.until ?? Infinity),
      observed: observed.rules,
    })

  for (const rule of policy.rules) {
    if (rule.effect !== 'deny' || rule.mode !== 'enforce') continue
    const verdict = evaluate(rule.conditions, access)
    until = Math.min(until, verdict.until)
    // A deny rule whose verdict is unknown denies (fail closed), and says that it does not know.
    if (verdict.state === 'unmet') continue
    return outcome('deny', {
      rule,
      reasons: denial(policy, verdict),
      remedy: withoutRemedy(verdict.remedy) ?? { kind: 'ask_owner' },
    })
  }

  const required = evaluate(policy.required, access)
  until = Math.min(until, required.until)
  const candidates: RuleCandidate[] = []
  for (const rule of policy.rules) {
    if (rule.effect !== 'allow' || rule.mode !== 'enforce') continue
    const verdict = and(required, evaluate(rule.conditions, access))
    until = Math.min(until, verdict.until)
    if (verdict.state === 'met') return outcome('allow', { rule, grant: verdict.grant })
    candidates.push({ rule, missing: verdict })
  }

  candidates.sort((left, right) => distance(left.missing) - distance(right.missing))
  for (const { rule, missing } of candidates) {
    const remedy = missing.remedy
    if (remedy === undefined || !hasRemedy(remedy)) continue
    const then = outcomeAfter(policy, access, remedy, depth)
    until = Math.min(until, then?.validUntil ?? Infinity)
    if (then === undefined || then.effect === 'deny') continue
    const reasons = [...sortedReasons(missing.reasons, remedy), ...waitReasons(remedy, candidates)]
    return outcome('challenge', { rule, reasons: distinctReasons(reasons), remedy })
  }

  const nearest = candidates.find(({ missing }) => !hasRemedy(missing.remedy)) ?? candidates[0]
  const reasons = nearest ? decisiveReasons(distinctReasons(sortedReasons(nearest.missing.reasons))) : []
  // When no remedy leads to an allow, suggesting one would mislead the user.
  if (nearest === undefined || hasRemedy(nearest.missing.remedy)) reasons.unshift(reason(policy, 'no_rule_matched'))
  return outcome('deny', { reasons, remedy: withoutRemedy(nearest?.missing.remedy) ?? { kind: 'ask_owner' } })
}

/** Reasons of a deny rule that is met or unknown. */
function denial(policy: Policy, verdict: Verdict): readonly Reason[] {
  const broken = verdict.reasons.filter(({ code }) => code === 'policy_error')
  const denied = reason(policy, verdict.state === 'met' ? 'denied_by_rule' : 'denied_by_unknown')
  return distinctReasons([...broken, denied, ...verdict.reasons])
}

/** Evaluates rules in mode monitor; the result is recorded, not enforced. */
function observe(policy: Policy, access: AccessRequest, evaluate: EvaluateConditions) {
  let rules: Decision['observed']
  let until = Infinity
  for (const { name, effect, mode, conditions } of policy.rules) {
    if (mode !== 'monitor') continue
    const own = evaluate(conditions, access)
    const verdict = effect === 'allow' ? and(evaluate(policy.required, access), own) : own
    until = Math.min(until, verdict.until)
    if (verdict.state === 'unmet' || (verdict.state === 'unknown' && effect === 'allow')) continue
    rules = [
      ...(rules ?? []),
      { rule: name, effect, reasons: effect === 'allow' ? noReasons : denial(policy, verdict) },
    ]
  }
  return { rules, until }
}

/**
 * Decision after a remedy has been applied: a challenge is issued only when its remedy leads to an allow, directly or
 * through one more challenge. Undefined when remedies form a cycle.
 */
function outcomeAfter(policy: Policy, access: AccessRequest, remedy: Remedy, depth: number): Decision | undefined {
  return depth >= 2 ? undefined : enforce(policy, withRemedy(policy, access, remedy), allOf, depth + 1)
}

/** Adds the reasons of rules that time alone will meet: a user who could request access may prefer to wait. */
function waitReasons(remedy: Remedy, candidates: readonly RuleCandidate[]): readonly Reason[] {
  if (remedy.kind !== 'request_access') return []
  return candidates.flatMap(({ missing }) => (missing.remedy?.kind === 'wait' ? missing.reasons : []))
}

function signIn(policy: Policy, access: AccessRequest): Decision {
  // No parameter names the app: the client is unauthenticated.
  const reasons = [{ code: access.absence, parameters: {} }]
  return buildDecision(policy, access, 'challenge', { reasons, remedy: { kind: 'sign_in', provider: undefined } })
}

function monitored(enforced: Decision): Decision {
  return { ...enforced, effect: 'allow', remedy: undefined, limits: unlimited, monitored: enforced.effect }
}

interface Outcome {
  readonly rule: Rule
  readonly reasons: readonly Reason[]
  readonly remedy: Remedy
  readonly until: number
  readonly grant: string | undefined
  readonly observed: Decision['observed']
}

const unlimited: Limits = Object.freeze({ download: undefined, upload: undefined })
const noReasons: readonly Reason[] = Object.freeze([])

function buildDecision(policy: Policy, access: AccessRequest, effect: Effect, outcome: Partial<Outcome>): Decision {
  const decision: Decision = {
    effect,
    rule: outcome.rule?.name,
    reasons: outcome.reasons ?? noReasons,
    remedy: outcome.remedy,
    limits: (effect === 'allow' ? outcome.rule?.limits : undefined) ?? unlimited,
    validUntil: Math.min(outcome.until ?? Infinity, access.now + policy.lease),
    grant: outcome.grant,
    monitored: undefined,
  }
  return outcome.observed === undefined ? decision : { ...decision, observed: outcome.observed }
}

function reason(policy: Policy, code: Reason['code']): Reason {
  return { code, parameters: { app: policy.title } }
}

/** Reasons that the remedy resolves first, then by importance. */
function sortedReasons(reasons: readonly Reason[], remedy?: Remedy): readonly Reason[] {
  return reasons.toSorted((left, right) => byImportance(left.code, right.code, remedy?.kind))
}

/** Keeps only the reasons no remedy of the user resolves, if there are any: advice on the others would mislead. */
function decisiveReasons(all: Reason[]): Reason[] {
  const lasting = all.filter(({ code }) => !simulatedRemedies.has(table[code].remedy))
  return lasting.length === 0 ? all : lasting
}

const simulatedRemedies: ReadonlySet<RemedyKind | undefined> = new Set(['sign_in', 'step_up', 'request_access'])

function distinctReasons(reasons: readonly Reason[]): Reason[] {
  const same = (left: Reason, right: Reason) =>
    left.code === right.code && JSON.stringify(left.parameters) === JSON.stringify(right.parameters)
  return reasons.filter((reason, at) => reasons.findIndex((other) => same(other, reason)) === at)
}
