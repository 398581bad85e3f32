// Best-case policy for access reviews: conditions on device, network, time, request or second factor are assumed to be
// met, and listed.

import { printConditions } from '../../config/diff/print-conditions.ts'
import type { AppDeclaration, ConditionSet } from '../../policy/declaration.ts'
import { never } from '../../policy/never.ts'

export interface AssumedPolicy {
  readonly declaration: AppDeclaration
  /** By rule: the conditions assumed to be met, as configured. */
  readonly assumedByRule: ReadonlyMap<string, readonly string[]>
  /** Conditions of `require` and `baseline` assumed to be met. */
  readonly required: readonly string[]
  /** Names of deny rules that depend on circumstances and are therefore ignored. */
  readonly setAside: readonly string[]
}

export function assumeCircumstancesMet(declared: AppDeclaration): AssumedPolicy {
  const required = bestCase(declared.require)
  const assumedByRule = new Map<string, readonly string[]>()
  const setAside: string[] = []
  const rules = declared.rules.flatMap((rule) => {
    if (rule.mode !== 'enforce') return []
    if (rule.effect === 'deny') {
      if (!isCircumstance(rule.when)) return [rule]
      setAside.push(rule.name)
      return []
    }
    const { set, assumed } = bestCase(rule.when)
    assumedByRule.set(rule.name, assumed)
    return [{ ...rule, when: set }]
  })
  const declaration = { ...declared, mode: 'enforce', require: required.set, rules } as const
  return { declaration, assumedByRule, required: required.assumed, setAside }
}

/**
 * What a condition depends on: the user, whom a review is about; the circumstances of a request, which a user can change
 * (step-up, another device, another time); or its inner conditions. A key of `ConditionSet` without a row does not
 * compile.
 */
const factKind: { readonly [Key in keyof Required<ConditionSet>]: 'user' | 'circumstances' | 'inner' } = {
  users: 'user',
  groups: 'user',
  roles: 'user',
  providers: 'user',
  domains: 'user',
  claims: 'user',
  grant: 'user',
  mfa: 'circumstances',
  device: 'circumstances',
  networks: 'circumstances',
  schedule: 'circumstances',
  actions: 'circumstances',
  methods: 'circumstances',
  paths: 'circumstances',
  riskAtMost: 'circumstances',
  any: 'inner',
  not: 'inner',
}

interface BestCase {
  readonly set: ConditionSet
  readonly assumed: readonly string[]
}

/** Upper bound of access: conditions that depend on circumstances are assumed to be met. */
function bestCase(when: ConditionSet): BestCase {
  const { any, ...others } = when
  const rest: ConditionSet = others
  const assumedKeys = keysOf(rest).filter((key) => dependsAt(key, rest))
  const set = Object.fromEntries(keysOf(rest).flatMap((key) => (assumedKeys.includes(key) ? [] : [[key, rest[key]]])))
  const assumed = assumedKeys.map((key) => printConditions({ [key]: rest[key] }))
  if (any === undefined) return { set, assumed }

  const alternatives = any.map(bestCase)
  const printed = printConditions({ any })
  // An alternative without conditions on the user is open to all users in the right circumstances.
  if (alternatives.some((one) => keysOf(one.set).length === 0)) return { set, assumed: [...assumed, printed] }
  const noted = alternatives.some((one) => one.assumed.length > 0) ? [...assumed, printed] : assumed
  return { set: { ...set, any: alternatives.map((one) => one.set) }, assumed: noted }
}

/** Whether the set depends on circumstances anywhere in it. */
function isCircumstance(set: ConditionSet): boolean {
  return keysOf(set).some((key) => dependsAt(key, set))
}

function dependsAt(key: keyof ConditionSet, set: ConditionSet): boolean {
  switch (factKind[key]) {
    case 'user':
      return false
    case 'circumstances':
      return true
    case 'inner':
      return (set.any ?? []).some(isCircumstance) || (set.not !== undefined && isCircumstance(set.not))
    default:
      return never(factKind[key])
  }
}

function keysOf(set: ConditionSet): readonly (keyof ConditionSet)[] {
  return (Object.keys(set) as (keyof ConditionSet)[]).filter((key) => set[key] !== undefined)
}
