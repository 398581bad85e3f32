// Explains a decision: the verdict of every rule and condition, taken from the evaluation that `decide` performed.

import type { AccessRequest } from './access-request.ts'
import { allOf } from './conditions/verdict.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { Condition, Policy, Rule, Verdict } from './policy.ts'
import { bothOf, decisiveOf, destinationAccess, sourceAccess } from './two-paths.ts'

export interface ConditionReport {
  /** Key in the configuration. */
  readonly name: string
  readonly summary: string
  readonly verdict: Verdict
}

export interface RuleReport {
  readonly rule: string
  readonly effect: Rule['effect']
  readonly mode: Rule['mode']
  /** All conditions together. */
  readonly verdict: Verdict
  readonly conditions: readonly ConditionReport[]
}

export interface Explanation {
  readonly decision: Decision
  /** Of a request with a destination: the path that `required` and `rules` are about. */
  readonly of?: 'source' | 'destination'
  /** `baseline` and `require`. */
  readonly required: readonly ConditionReport[]
  readonly rules: readonly RuleReport[]
}

/**
 * Never throws. Also evaluates rules that the decision did not reach, so that the report covers every rule. Of a request
 * with a destination, reports the path that decides: the one refused, else the destination.
 */
export function explain(policy: Policy, access: AccessRequest): Explanation {
  if (access.destination === undefined || access.identity === undefined) return explainOne(policy, access)
  const source = explainOne(policy, sourceAccess(access))
  const destination = explainOne(policy, destinationAccess(access, access.destination))
  const of = decisiveOf(source.decision, destination.decision)
  const decision = bothOf(source.decision, destination.decision)
  return { ...(of === 'source' ? source : destination), decision, of }
}

function explainOne(policy: Policy, access: AccessRequest): Explanation {
  const evaluated = new Map<readonly Condition[], { readonly verdict: Verdict; readonly single: readonly Verdict[] }>()
  const evaluate = (conditions: readonly Condition[]) => {
    const known = evaluated.get(conditions)
    if (known !== undefined) return known
    const single: Verdict[] = []
    const result = { verdict: allOf(conditions, access, single), single }
    evaluated.set(conditions, result)
    return result
  }
  const report = (conditions: readonly Condition[]): readonly ConditionReport[] =>
    evaluate(conditions).single.flatMap((verdict, at) => {
      const { name, summary, applies } = conditions[at]!
      return applies?.(access) === false ? [] : [{ name, summary, verdict }]
    })

  const decision = decide(policy, access, (conditions) => evaluate(conditions).verdict)
  return {
    decision,
    required: report(policy.required),
    rules: policy.rules.map(({ name, effect, mode, conditions }) => {
      const { verdict } = evaluate(conditions)
      return { rule: name, effect, mode, verdict, conditions: report(conditions) }
    }),
  }
}
