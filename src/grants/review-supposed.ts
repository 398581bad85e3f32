// A policy as it would be for people in the best of circumstances: what depends on the device, the network, the time, the
// request or a second factor is taken for met, and said beside it.

import { printConditions } from '../config/print-conditions.ts'
import type { AppDeclaration, ConditionSet } from '../policy/app.ts'

export interface Supposed {
  readonly declaration: AppDeclaration
  /** By rule: what has to hold besides, as it is written. */
  readonly besides: ReadonlyMap<string, readonly string[]>
  /** What `require` and `baseline` ask of everybody besides. */
  readonly required: readonly string[]
  /** Names of rules that deny in some circumstances only, and are set aside. */
  readonly setAside: readonly string[]
}

export function suppose(declared: AppDeclaration): Supposed {
  const required = best(declared.require)
  const besides = new Map<string, readonly string[]>()
  const setAside: string[] = []
  const rules = declared.rules.flatMap((rule) => {
    if (rule.mode !== 'enforce') return []
    if (rule.effect === 'deny') {
      if (!depends(rule.when)) return [rule]
      setAside.push(rule.name)
      return []
    }
    const { set, assumed } = best(rule.when)
    besides.set(rule.name, assumed)
    return [{ ...rule, when: set }]
  })
  const declaration = { ...declared, mode: 'enforce', require: required.set, rules } as const
  return { declaration, besides, required: required.assumed, setAside }
}

/** Not of the person: a second factor is proved, a device changed, a morning waited for. */
const circumstances: ReadonlySet<string> = new Set([
  'mfa',
  'device',
  'networks',
  'schedule',
  'actions',
  'methods',
  'paths',
  'riskAtMost',
] satisfies (keyof ConditionSet)[])

interface Best {
  readonly set: ConditionSet
  readonly assumed: readonly string[]
}

/** Never less than what can be reached: where it cannot be told, the condition is taken for met. */
function best(when: ConditionSet): Best {
  const set: Record<string, unknown> = {}
  const assumed: string[] = []
  for (const [key, value] of Object.entries(when)) {
    if (value === undefined) continue
    if (circumstances.has(key) || (key === 'not' && depends(value as ConditionSet))) {
      assumed.push(printConditions({ [key]: value }))
    } else if (key === 'any') {
      const ways = (value as readonly ConditionSet[]).map(best)
      if (ways.some((way) => Object.keys(way.set).length === 0)) assumed.push(printConditions({ any: when.any! }))
      else {
        set['any'] = ways.map((way) => way.set)
        if (ways.some((way) => way.assumed.length > 0)) assumed.push(printConditions({ any: when.any! }))
      }
    } else set[key] = value
  }
  return { set: set as ConditionSet, assumed }
}

function depends(set: ConditionSet): boolean {
  return Object.entries(set).some(([key, value]) => {
    if (value === undefined) return false
    if (key === 'any') return (value as readonly ConditionSet[]).some(depends)
    return circumstances.has(key) || (key === 'not' && depends(value as ConditionSet))
  })
}
