// Registry of policy conditions: the compiler of each, and the reason code used when it holds under `not`.

import type { ConditionSet } from './declaration.ts'
import { actions, methods, paths } from './conditions/action.ts'
import { mfa } from './conditions/authentication.ts'
import { any, not } from './conditions/combinators.ts'
import { device, riskAtMost } from './conditions/device.ts'
import { grant } from './conditions/grant.ts'
import { claims, groups, providers, roles, users } from './conditions/identity.ts'
import { networks } from './conditions/network.ts'
import { schedule } from './conditions/time.ts'
import type { Reason } from './decision.ts'
import type { ReasonCode } from './reasons.ts'
import { PolicyInvalid, type Compiled, type CompileContext } from './compile-context.ts'

interface Row<Value> {
  readonly compile: (value: Value, context: CompileContext) => Compiled
  /** Reason when the condition is negated by `not` and holds. */
  readonly refusal: ReasonCode
}

/** A key of `ConditionSet` without a row does not compile. */
const rows: { readonly [Key in keyof Required<ConditionSet>]: Row<NonNullable<ConditionSet[Key]>> } = {
  users: { compile: users, refusal: 'user_not_listed' },
  groups: { compile: groups, refusal: 'not_in_group' },
  roles: { compile: roles, refusal: 'not_a_member_of_role' },
  providers: { compile: providers, refusal: 'provider_not_allowed' },
  claims: { compile: claims, refusal: 'claim_mismatch' },
  mfa: { compile: mfa, refusal: 'denied_by_rule' },
  device: { compile: device, refusal: 'device_not_compliant' },
  networks: { compile: networks, refusal: 'network_not_allowed' },
  schedule: { compile: schedule, refusal: 'outside_schedule' },
  grant: { compile: grant, refusal: 'denied_by_rule' },
  actions: { compile: actions, refusal: 'method_not_allowed' },
  methods: { compile: methods, refusal: 'method_not_allowed' },
  paths: { compile: paths, refusal: 'path_not_allowed' },
  any: { compile: any, refusal: 'denied_by_rule' },
  not: { compile: not, refusal: 'denied_by_rule' },
  riskAtMost: { compile: riskAtMost, refusal: 'risk_too_high' },
}

/** Throws `PolicyInvalid` for an unknown key: ignoring a condition would grant access (fail closed). */
export function compileSet(set: ConditionSet, context: CompileContext): readonly Compiled[] {
  return keysOf(set).map((key) => compileOne(key, set, context))
}

export function refusalsOf(set: ConditionSet, context: CompileContext): readonly Reason[] {
  const codes = new Set(keysOf(set).map((key) => rows[key].refusal))
  return codes.size === 0 ? [context.reason('denied_by_rule')] : [...codes].map((code) => context.reason(code))
}

function compileOne<Key extends keyof ConditionSet>(key: Key, set: ConditionSet, context: CompileContext): Compiled {
  return rows[key].compile(set[key]!, context)
}

function keysOf(set: ConditionSet): readonly (keyof ConditionSet)[] {
  const keys = Object.keys(set).filter((key) => set[key as keyof ConditionSet] !== undefined)
  for (const key of keys) if (!Object.hasOwn(rows, key)) throw new PolicyInvalid(`there is no condition ${key}`)
  return keys as (keyof ConditionSet)[]
}
