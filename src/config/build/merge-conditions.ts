// Conjunction of two condition sets: the result is met if and only if both are met.

import { isDeepStrictEqual } from 'node:util'
import type { ConditionSet } from '../../policy/declaration.ts'
import { levelOf } from '../../policy/mfa-level.ts'

type Mutable = { -readonly [K in keyof ConditionSet]: ConditionSet[K] }

/** Undefined if no request can meet both. */
export function conjunction(a: ConditionSet, b: ConditionSet): ConditionSet | undefined {
  const merged: Mutable = { ...a }
  const leftover: Mutable = {}
  for (const key of Object.keys(b) as (keyof ConditionSet)[]) {
    if (key === 'any') continue
    if (merged[key] === undefined || isDeepStrictEqual(merged[key], b[key])) {
      assign(merged, key, b)
    } else if (key === 'mfa' && levelOf(a.mfa!) === levelOf(b.mfa!)) {
      merged.mfa = stricterMfa(a.mfa!, b.mfa!)
    } else if (key === 'actions' || key === 'methods' || key === 'providers' || key === 'domains') {
      // A request has one method and a user one provider and address, so "in both lists" is the intersection.
      const both = (a[key] as readonly string[]).filter((value) => (b[key] as readonly string[]).includes(value))
      if (both.length === 0) return undefined
      assign(merged, key, { [key]: both } as ConditionSet)
    } else if (key === 'not') {
      merged.not = { any: [a.not!, b.not!] }
    } else {
      // A user can be in a group of each list, a time within two schedules, a device of two postures: the
      // intersection would be wrong. A second `any` with one member is a conjunction.
      assign(leftover, key, b)
    }
  }
  const anys = [a.any, b.any, Object.keys(leftover).length === 0 ? undefined : [leftover]].filter(
    (any) => any !== undefined,
  )
  delete merged.any
  if (anys.length === 0) return merged
  const any = anys.reduce((left, right) =>
    left.flatMap((one) => right.flatMap((other) => conjunction(one, other) ?? [])),
  )
  return any.length === 0 ? undefined : { ...merged, any }
}

function assign(target: Mutable, key: keyof ConditionSet, source: ConditionSet): void {
  Object.assign(target, { [key]: source[key] })
}

type Mfa = NonNullable<ConditionSet['mfa']>

/**
 * The stricter of two requirements of the same level. The levels are proved by different claims and neither implies the
 * other: a passkey may be phishing-resistant without the provider calling it multi-factor.
 */
function stricterMfa(a: Mfa, b: Mfa): Mfa {
  if (a === true) return b
  if (b === true) return a
  const maxAge = Math.min(a.maxAge ?? Infinity, b.maxAge ?? Infinity)
  return { ...a, ...(maxAge === Infinity ? {} : { maxAge }) }
}
