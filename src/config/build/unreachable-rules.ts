// Finds unreachable rules. Reports only certain cases: false alarms would teach people to ignore warnings.

import { isDeepStrictEqual } from 'node:util'
import type { ConditionSet, RuleDeclaration } from '../../policy/declaration.ts'
import { levelOf } from '../../policy/mfa-level.ts'

export interface Unreachable {
  readonly index: number
  /** Index of the rule that always decides first. */
  readonly by: number
}

export function unreachableRules(rules: readonly RuleDeclaration[]): Unreachable[] {
  const found: Unreachable[] = []
  for (const [index, rule] of rules.entries()) {
    // A deny wins at any position, so only another deny can cover a deny; the later one is reported.
    const by = rules.findIndex(
      (other, at) =>
        at !== index &&
        other.mode === 'enforce' &&
        (other.effect === 'deny' ? rule.effect === 'allow' || at < index : rule.effect === 'allow' && at < index) &&
        implies(rule.when, other.when),
    )
    if (by !== -1) found.push({ index, by })
  }
  return found
}

/** True if every request that meets `a` certainly meets `b`. False means: not certain. */
export function implies(a: ConditionSet, b: ConditionSet): boolean {
  return (Object.keys(b) as (keyof ConditionSet)[]).every((key) => {
    const narrow = a[key]
    const wide = b[key]
    if (wide === undefined) return true
    if (narrow === undefined) return false
    if (isDeepStrictEqual(narrow, wide)) return true
    if (key === 'mfa') return mfaImplies(a.mfa!, b.mfa!)
    if (key === 'claims' || key === 'any' || key === 'not' || !Array.isArray(narrow) || !Array.isArray(wide))
      return false
    return narrow.every((value) => (wide as readonly unknown[]).includes(value))
  })
}

type Mfa = NonNullable<ConditionSet['mfa']>

function mfaImplies(a: Mfa, b: Mfa): boolean {
  if (levelOf(a) !== levelOf(b)) return false
  if (b === true || b.maxAge === undefined) return true
  return a !== true && a.maxAge !== undefined && a.maxAge <= b.maxAge
}
