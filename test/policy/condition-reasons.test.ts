// Reasons of each condition: those it may give when it is not met, and the one it has under `not` when it is met.

import { describe, expect, test } from 'vitest'
import type { ConditionSet } from '../../src/policy/declaration.ts'
import { conditions } from '../../src/policy/conditions.ts'
import { formatVerdict, grant, known, verdictOf, type AccessOverrides } from './access-request-fixtures.ts'

type Key = keyof ConditionSet

/** A condition set that `given` meets, so that its negation is unmet. */
const negated: readonly (readonly [key: Key, refusal: string, when: ConditionSet, given: AccessOverrides])[] = [
  ['users', 'user_not_listed', { users: ['anna@example.com'] }, {}],
  ['groups', 'not_in_group', { groups: ['staff'] }, {}],
  ['roles', 'not_a_member_of_role', { roles: ['finance'] }, { person: { groups: ['grp-finance'] } }],
  ['providers', 'provider_not_allowed', { providers: ['keycloak'] }, {}],
  ['domains', 'domain_not_allowed', { domains: ['example.com'] }, {}],
  ['claims', 'claim_mismatch', { claims: { dept: ['it'] } }, { person: { claims: { dept: ['it'] } } }],
  ['mfa', 'denied_by_rule', { mfa: { level: 'mfa' } }, { proof: { mfa: true } }],
  ['device', 'device_not_compliant', { device: 'company_laptop' }, { device: known() }],
  ['networks', 'network_not_allowed', { networks: ['office'] }, { networks: ['office'] }],
  ['schedule', 'outside_schedule', { schedule: ['office_hours'] }, {}],
  ['grant', 'denied_by_rule', { grant: 'required' }, { grants: [grant()] }],
  ['actions', 'method_not_allowed', { actions: ['read'] }, {}],
  ['methods', 'method_not_allowed', { methods: ['GET'] }, {}],
  ['paths', 'path_not_allowed', { paths: ['/'] }, {}],
  ['any', 'denied_by_rule', { any: [{ groups: ['staff'] }] }, {}],
  ['not', 'denied_by_rule', { not: { groups: ['admins'] } }, {}],
]

describe('under `not`', () => {
  test.each(negated)('%s is denied with %s', (_key, refusal, when, given) => {
    expect(formatVerdict(verdictOf({ not: when }, given))).toBe(`unmet ${refusal}`)
  })

  test('every condition is covered here', () => {
    // `riskAtMost` of a rule is always unknown, and so is its negation.
    const keys = [...negated.map(([key]) => key), 'riskAtMost']
    expect(keys.toSorted()).toEqual(Object.keys(conditions).toSorted())
    expect(formatVerdict(verdictOf({ not: { riskAtMost: 'high' } }))).toBe('unknown risk_too_high')
    expect(conditions.riskAtMost.refusal).toBe('risk_too_high')
  })

  test('an empty set is denied by the rule', () => {
    expect(formatVerdict(verdictOf({ not: {} }))).toBe('unmet denied_by_rule')
  })

  test('two conditions give both reasons, each once', () => {
    const when: ConditionSet = { groups: ['staff'], networks: ['office'], methods: ['GET'], actions: ['read'] }
    expect(formatVerdict(verdictOf({ not: when }, { networks: ['office'] }))).toBe(
      'unmet not_in_group network_not_allowed method_not_allowed',
    )
  })
})

/** The documentation lists them from the same table. */
test.each<[Key, readonly string[]]>([
  ['users', ['user_not_listed', 'email_unknown']],
  ['groups', ['not_in_group', 'groups_incomplete']],
  ['roles', ['not_a_member_of_role', 'groups_incomplete']],
  ['providers', ['provider_not_allowed']],
  ['domains', ['domain_not_allowed', 'email_unknown']],
  ['claims', ['claim_mismatch', 'claim_unknown']],
  ['mfa', ['mfa_required', 'mfa_too_weak', 'mfa_too_old']],
  [
    'device',
    [
      'device_unknown',
      'device_stale',
      'device_reported_noncompliant',
      'device_not_compliant',
      'device_mismatch',
      'os_too_old',
      'risk_too_high',
      'posture_unreachable',
      'read_only',
    ],
  ],
  ['networks', ['network_not_allowed', 'network_unknown']],
  ['schedule', ['outside_schedule']],
  [
    'grant',
    ['grant_required', 'grant_expired', 'grant_pending', 'grant_of_other_account', 'read_only', 'outside_schedule'],
  ],
  ['actions', ['read_only', 'method_not_allowed']],
  ['methods', ['method_not_allowed']],
  ['paths', ['path_not_allowed']],
  ['any', ['no_rule_matched']],
  ['not', []],
  ['riskAtMost', ['risk_too_high']],
])('%s may give %j', (key, codes) => {
  expect(conditions[key].gives).toEqual(codes)
})

test('an unknown condition does not compile: ignoring it would grant access', () => {
  const unknown = { groups: ['staff'], grups: ['admins'] } as ConditionSet
  expect(() => verdictOf(unknown)).toThrow(
    expect.objectContaining({ code: 'policy_invalid', message: 'there is no condition grups' }),
  )
})

test('a condition that is undefined is none', () => {
  expect(formatVerdict(verdictOf({ users: undefined, groups: ['staff'] }))).toBe('met')
})
