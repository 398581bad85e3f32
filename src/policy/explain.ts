// The decision with everything it rests on, from the very verdicts `decide` used.

import type { AccessRequest } from './access-request.ts'
import { allOf } from './conditions/verdict.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { Condition, Policy, Rule, Verdict } from './policy.ts'

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
  /** `baseline` and `require`. */
  readonly required: readonly ConditionReport[]
  readonly rules: readonly RuleReport[]
}

/** Never throws. Also judges what the decision did not need to look at, so that every rule is told. */
export function explain(policy: Policy, access: AccessRequest): Explanation {
  const heard = new Map<readonly Condition[], { readonly verdict: Verdict; readonly single: readonly Verdict[] }>()
  const listen = (conditions: readonly Condition[]) => {
    const known = heard.get(conditions)
    if (known !== undefined) return known
    const single: Verdict[] = []
    const judged = { verdict: allOf(conditions, access, single), single }
    heard.set(conditions, judged)
    return judged
  }
  const report = (conditions: readonly Condition[]): readonly ConditionReport[] =>
    listen(conditions).single.flatMap((verdict, at) => {
      const { name, summary, applies } = conditions[at]!
      return applies?.(access) === false ? [] : [{ name, summary, verdict }]
    })

  const decision = decide(policy, access, (conditions) => listen(conditions).verdict)
  return {
    decision,
    required: report(policy.required),
    rules: policy.rules.map(({ name, effect, mode, conditions }) => {
      const { verdict } = listen(conditions)
      return { rule: name, effect, mode, verdict, conditions: report(conditions) }
    }),
  }
}
