// Boolean combinators of conditions: `any` (disjunction of condition sets) and `not` (negation).

import type { ConditionSet } from '../declaration.ts'
import type { Condition } from '../policy.ts'
import type { Compiled, CompileContext } from '../compile-context.ts'
import { allOf, not as opposite, or } from './verdict.ts'

/** Evaluates every alternative even after one is met: each may shorten the lease. */
export function any(sets: readonly ConditionSet[], context: CompileContext): Compiled {
  const alternatives = sets.map((set) => context.compile(set))
  const otherwise = context.reason('no_rule_matched')
  return {
    name: 'any',
    summary: alternatives.map(described).join(' or '),
    probes: alternatives.flat().flatMap((condition) => condition.probes),
    evaluate: (access) =>
      or(
        alternatives.map((conditions) => allOf(conditions, access)),
        otherwise,
      ),
  }
}

export function not(set: ConditionSet, context: CompileContext): Compiled {
  const conditions = context.compile(set)
  const refusals = context.refusals(set)
  return {
    name: 'not',
    summary: described(conditions),
    probes: conditions.flatMap((condition) => condition.probes),
    evaluate: (access) => opposite(allOf(conditions, access), refusals),
  }
}

function described(conditions: readonly Condition[]): string {
  return `(${conditions.map(({ name, summary }) => `${name}: ${summary}`).join('; ')})`
}
