// Registry of policy conditions: the compiler of each, and the reason code used when it holds under `not`.

import type { ConditionSet } from './declaration.ts'
import { actions, methods, paths } from './conditions/action.ts'
import { mfa } from './conditions/authentication.ts'
import { any, not } from './conditions/combinators.ts'
import { device, riskAtMost } from './conditions/device.ts'
import { domains } from './conditions/domains.ts'
import { grant } from './conditions/grant.ts'
import { claims, groups, providers, roles, users } from './conditions/identity.ts'
import { networks } from './conditions/network.ts'
import { schedule } from './conditions/time.ts'
import type { Reason } from './decision.ts'
import type { ReasonCode } from './reasons.ts'
import { PolicyInvalid, type Compiled, type CompileContext } from './compile-context.ts'

interface Row<Value> {
  readonly compile: (value: Value, context: CompileContext) => Compiled
  /** Reason codes the condition itself gives when it is not met; those of a missing session aside. */
  readonly gives: readonly ReasonCode[]
  /** Reason when the condition is negated by `not` and holds. */
  readonly refusal: ReasonCode
}

/** Of `device`, whose requirement has many parts. */
const deviceCodes: readonly ReasonCode[] = [
  'device_unknown',
  'device_stale',
  'device_reported_noncompliant',
  'device_not_compliant',
  'device_mismatch',
  'os_too_old',
  'risk_too_high',
  'posture_unreachable',
  'read_only',
]
const grantCodes: readonly ReasonCode[] = [
  'grant_required',
  'grant_expired',
  'grant_pending',
  'grant_of_other_account',
  'read_only',
  'outside_schedule',
]
const mfaCodes: readonly ReasonCode[] = ['mfa_required', 'mfa_too_weak', 'mfa_too_old']

/** A key of `ConditionSet` without a row does not compile. */
export const conditions: { readonly [Key in keyof Required<ConditionSet>]: Row<NonNullable<ConditionSet[Key]>> } = {
  users: { compile: users, gives: ['user_not_listed', 'email_unknown'], refusal: 'user_not_listed' },
  groups: { compile: groups, gives: ['not_in_group', 'groups_incomplete'], refusal: 'not_in_group' },
  roles: { compile: roles, gives: ['not_a_member_of_role', 'groups_incomplete'], refusal: 'not_a_member_of_role' },
  providers: { compile: providers, gives: ['provider_not_allowed'], refusal: 'provider_not_allowed' },
  domains: { compile: domains, gives: ['domain_not_allowed', 'email_unknown'], refusal: 'domain_not_allowed' },
  claims: { compile: claims, gives: ['claim_mismatch', 'claim_unknown'], refusal: 'claim_mismatch' },
  mfa: { compile: mfa, gives: mfaCodes, refusal: 'denied_by_rule' },
  device: { compile: device, gives: deviceCodes, refusal: 'device_not_compliant' },
  networks: { compile: networks, gives: ['network_not_allowed', 'network_unknown'], refusal: 'network_not_allowed' },
  schedule: { compile: schedule, gives: ['outside_schedule'], refusal: 'outside_schedule' },
  grant: { compile: grant, gives: grantCodes, refusal: 'denied_by_rule' },
  actions: { compile: actions, gives: ['read_only', 'method_not_allowed'], refusal: 'method_not_allowed' },
  methods: { compile: methods, gives: ['method_not_allowed'], refusal: 'method_not_allowed' },
  paths: { compile: paths, gives: ['path_not_allowed'], refusal: 'path_not_allowed' },
  any: { compile: any, gives: ['no_rule_matched'], refusal: 'denied_by_rule' },
  not: { compile: not, gives: [], refusal: 'denied_by_rule' },
  riskAtMost: { compile: riskAtMost, gives: ['risk_too_high'], refusal: 'risk_too_high' },
}

/** Throws `PolicyInvalid` for an unknown key: ignoring a condition would grant access (fail closed). */
export function compileSet(set: ConditionSet, context: CompileContext): readonly Compiled[] {
  return keysOf(set).map((key) => compileOne(key, set, context))
}

export function refusalsOf(set: ConditionSet, context: CompileContext): readonly Reason[] {
  const codes = new Set(keysOf(set).map((key) => conditions[key].refusal))
  return codes.size === 0 ? [context.reason('denied_by_rule')] : [...codes].map((code) => context.reason(code))
}

function compileOne<Key extends keyof ConditionSet>(key: Key, set: ConditionSet, context: CompileContext): Compiled {
  return conditions[key].compile(set[key]!, context)
}

function keysOf(set: ConditionSet): readonly (keyof ConditionSet)[] {
  const keys = Object.keys(set).filter((key) => set[key as keyof ConditionSet] !== undefined)
  for (const key of keys) if (!Object.hasOwn(conditions, key)) throw new PolicyInvalid(`there is no condition ${key}`)
  return keys as (keyof ConditionSet)[]
}
