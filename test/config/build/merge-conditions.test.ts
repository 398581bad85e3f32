// Laws of conjunction and unreachable rules, evaluated by the policy engine itself.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conjunction } from '../../../src/config/build/merge-conditions.ts'
import { unreachableRules } from '../../../src/config/build/unreachable-rules.ts'
import type { AccessRequest } from '../../../src/policy/access-request.ts'
import type { ConditionSet } from '../../../src/policy/declaration.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import { accesses, apps, conditionSets, vocabulary } from '../../policy/arbitrary-policies.ts'

const met = (set: ConditionSet, access: AccessRequest): boolean => {
  const rule = {
    name: 'r',
    effect: 'allow' as const,
    when: set,
    mode: 'enforce' as const,
    limits: { download: undefined, upload: undefined },
  }
  const policy = compilePolicy({ name: 'erp', mode: 'enforce', require: {}, rules: [rule], lease: 60_000 }, vocabulary)
  return decide(policy, access).effect === 'allow'
}

describe('a conjunction', () => {
  test('is met if and only if both are', () => {
    fc.assert(
      fc.property(conditionSets, conditionSets, accesses, (a, b, access) => {
        const both = conjunction(a, b)
        expect(both !== undefined && met(both, access)).toBe(met(a, access) && met(b, access))
      }),
      { numRuns: 2000 },
    )
  })

  test('merges MFA of one level, keeps MFA of two levels, and intersects only single-valued conditions', () => {
    expect(conjunction({ mfa: { maxAge: 5, level: 'mfa' } }, { mfa: { maxAge: 3 } })).toEqual({
      mfa: { maxAge: 3, level: 'mfa' },
    })
    // Phishing-resistant does not imply multi-factor: each is proved by its own claim.
    expect(conjunction({ mfa: true }, { mfa: { level: 'phishing_resistant' } })).toEqual({
      mfa: true,
      any: [{ mfa: { level: 'phishing_resistant' } }],
    })
    expect(conjunction({ mfa: true }, { mfa: { maxAge: 3 } })).toEqual({ mfa: { maxAge: 3 } })
    expect(conjunction({ methods: ['GET', 'POST'] }, { methods: ['POST'] })).toEqual({ methods: ['POST'] })
    expect(conjunction({ methods: ['GET'] }, { methods: ['POST'] })).toBeUndefined()
    expect(conjunction({ device: 'a' }, { device: 'b' })).toEqual({ device: 'a', any: [{ device: 'b' }] })
  })
})

describe('an unreachable rule', () => {
  test('never is the rule that allows', () => {
    let found = 0
    fc.assert(
      fc.property(apps, accesses, (app, access) => {
        const unreachable = unreachableRules(app.rules)
        found += unreachable.length
        const { effect, rule, monitored } = decide(compilePolicy(app, vocabulary), access)
        if (effect !== 'allow' || monitored !== undefined) return
        expect(unreachable.map(({ index }) => app.rules[index]!.name)).not.toContain(rule)
      }),
      { numRuns: 2000 },
    )
    expect(found).toBeGreaterThan(0)
  })
})
