// Property-based tests of the policy engine: invariants for every policy and every access request.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Decision } from '../../src/policy/decision.ts'
import { matchesPath } from '../../src/policy/conditions/action.ts'
import { explain } from '../../src/policy/explain.ts'
import { withRemedy } from '../../src/policy/apply-remedy.ts'
import type { Condition, Policy, Verdict } from '../../src/policy/policy.ts'
import { accesses, apps, conditionSets, methods, paths, vocabulary } from './arbitrary-policies.ts'
import { allow, app } from './access-request-fixtures.ts'

const policies = apps.map((declared) => compilePolicy(declared, vocabulary))
const runs = { numRuns: 3_000 }

describe('a decision never outlives its reasons', () => {
  /** Part of a decision that must stay the same until `validUntil`. */
  const essence = ({ effect, rule, reasons, remedy, monitored, observed }: Decision) => ({
    effect,
    rule,
    reasons: reasons.map((reason) => reason.code),
    remedy: remedy?.kind,
    monitored,
    observed,
  })

  const law = (altered: (policy: Policy) => Policy) =>
    fc.property(policies, accesses, fc.double({ min: 0, max: 1, noNaN: true }), (policy, access, part) => {
      const first = decide(altered(policy), access)
      expect(first.validUntil).toBeGreaterThan(access.now)
      const last = first.validUntil - 1
      for (const now of [Math.floor(access.now + (last - access.now) * part), last]) {
        expect(essence(decide(policy, { ...access, now }))).toEqual(essence(first))
      }
    })

  test('for any policy, request and later moment', () => {
    fc.assert(
      law((policy) => policy),
      runs,
    )
  })

  /** Mutant: the same policy with verdicts that lose their `until`. */
  const forgetting = (policy: Policy, forgets: (effect: string, verdict: Verdict) => boolean): Policy => {
    const mutate =
      (effect: string) =>
      (condition: Condition): Condition => ({
        ...condition,
        evaluate(access: AccessRequest) {
          const verdict = condition.evaluate(access)
          return forgets(effect, verdict) ? { ...verdict, until: Infinity } : verdict
        },
      })
    const rules = policy.rules.map((rule) => ({ ...rule, conditions: rule.conditions.map(mutate(rule.effect)) }))
    return { ...policy, rules, required: policy.required.map(mutate('required')) }
  }

  test.each<[string, (effect: string, verdict: Verdict) => boolean]>([
    ['edges of rules that are not met yet', (effect, verdict) => effect === 'allow' && verdict.state === 'unmet'],
    ['edges of denials that do not match yet', (effect, verdict) => effect === 'deny' && verdict.state === 'unmet'],
    ['ends of what is met', (_effect, verdict) => verdict.state === 'met'],
    ['ends of what the app requires', (effect) => effect === 'required'],
  ])('and the property fails for a mutant that ignores %s', (_name, forgets) => {
    const found = fc.check(
      law((policy) => forgetting(policy, forgets)),
      { ...runs, seed: 7 },
    )
    expect(found.failed).toBe(true)
    expect(found.counterexample).not.toBeNull()
  })
})

describe('allow', () => {
  /** Reference implementation of the specification on compiled conditions. */
  const referenceAllows = (policy: Policy, access: AccessRequest): boolean => {
    const states = (conditions: readonly Condition[]) => conditions.map((condition) => condition.evaluate(access).state)
    const met = (conditions: readonly Condition[]) => states(conditions).every((state) => state === 'met')
    const enforced = policy.rules.filter((rule) => rule.mode === 'enforce')
    const denied = enforced.some((rule) => rule.effect === 'deny' && !states(rule.conditions).includes('unmet'))
    const allowed = enforced.some((rule) => rule.effect === 'allow' && met(rule.conditions))
    return access.identity !== undefined && !denied && met(policy.required) && allowed
  }

  test('is returned exactly if no deny rule matches, all requirements are met and an allow rule is met', () => {
    let allowed = 0
    fc.assert(
      fc.property(policies, accesses, (policy, access) => {
        const decision = decide(policy, access)
        const enforced = decision.monitored ?? decision.effect
        if (enforced === 'allow') allowed++
        expect(enforced === 'allow').toBe(referenceAllows(policy, access))
        expect(decision.monitored !== undefined).toBe(policy.mode === 'monitor' && access.identity !== undefined)
      }),
      runs,
    )
    expect(allowed).toBeGreaterThan(100)
  })

  test('is never returned without an allow rule', () => {
    const closed = policies.map((policy) => ({
      ...policy,
      mode: 'enforce' as const,
      rules: policy.rules.filter((rule) => rule.effect === 'deny' || rule.mode === 'monitor'),
    }))
    fc.assert(fc.property(closed, accesses, (policy, access) => decide(policy, access).effect !== 'allow'))
  })
})

describe('challenge and deny', () => {
  const enforcing = policies.map((policy) => ({ ...policy, mode: 'enforce' as const }))

  test('a challenge leads to an allow when its remedy is applied', () => {
    let challenged = 0
    fc.assert(
      fc.property(enforcing, accesses, (policy, access) => {
        if (access.identity === undefined) return
        let [now, decision] = [access, decide(policy, access)]
        for (let steps = 0; decision.effect === 'challenge' && steps < 3; steps++) {
          challenged++
          now = withRemedy(policy, now, decision.remedy!)
          decision = decide(policy, now)
        }
        expect(decision.effect === 'allow' || now === access).toBe(true)
      }),
      runs,
    )
    expect(challenged).toBeGreaterThan(100)
  })

  test('both have a reason, and a denial never has a remedy reserved for challenges', () => {
    fc.assert(
      fc.property(enforcing, accesses, (policy, access) => {
        const { effect, reasons, remedy } = decide(policy, access)
        if (effect === 'allow') return
        expect(reasons.length).toBeGreaterThan(0)
        const forChallenge = ['sign_in', 'step_up', 'request_access'].includes(remedy?.kind ?? '')
        expect(forChallenge).toBe(effect === 'challenge')
      }),
      runs,
    )
  })
})

test('explain agrees with decide, and its verdicts are those of the conditions', () => {
  fc.assert(
    fc.property(policies, accesses, (policy, access) => {
      const explanation = explain(policy, access)
      expect(explanation.decision).toEqual(decide(policy, access))
      explanation.rules.forEach((rule, at) => {
        const verdicts = policy.rules[at]!.conditions.map((condition) => condition.evaluate(access))
        expect(rule.conditions.map((condition) => condition.verdict)).toEqual(verdicts)
      })
    }),
  )
})

test('requests of one class get one decision', () => {
  let alike = 0
  fc.assert(
    fc.property(policies, accesses, methods, paths, (policy, access, method, path) => {
      const other = { ...access, method, path }
      if (policy.classify(access.method, access.path) !== policy.classify(method, path)) return
      if (method !== access.method || path !== access.path) alike++
      expect(decide(policy, other)).toEqual(decide(policy, access))
    }),
    runs,
  )
  expect(alike).toBeGreaterThan(100)
})

test('a policy without conditions on the request has a single class', () => {
  // Without external subjects, as the grant condition depends on the method.
  const external = { providers: new Set<string>(), people: [] }
  const declared = app([allow('staff', { groups: ['staff'], mfa: true, device: 'strict' })])
  const policy = compilePolicy(declared, { ...vocabulary, external })
  expect(policy.classify('GET', '/')).toBe(policy.classify('PURGE', '/x/y'))
})

test('a policy with one folder pattern has two classes of paths', () => {
  const policy = compilePolicy(app([allow('a', { paths: ['/a/*'] }), allow('b', { paths: ['/a/*'] })]), vocabulary)
  const classes = new Set(['/', '/a', '/a/b', '/a/c', '/b'].map((path) => policy.classify('GET', path)))
  expect(classes.size).toBe(2)
})

test('two paths share a class exactly if every path condition has the same result for both', () => {
  const folders = ['/', '/a', '/a*', '/a/*', '/a/b', '/a/b/*', '/ab/*', '*', '/b/c*']
  const asked = ['/', '/a', '/a/', '/ab', '/ab/', '/a/b', '/a/b/', '/a/b/c', '/b', '/b/c', '/b/cd/e', '/c']
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.constantFrom(...folders), { minLength: 1, maxLength: 3 }), { maxLength: 6 }),
      (lists) => {
        const policy = compilePolicy(app(lists.map((list, at) => allow(`rule ${at}`, { paths: list }))), vocabulary)
        const said = (path: string) => lists.map((list) => list.some((pattern) => matchesPath(pattern, path))).join()
        for (const one of asked) {
          for (const other of asked) {
            const alike = policy.classify('GET', one) === policy.classify('GET', other)
            expect(alike).toBe(said(one) === said(other))
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('not of unknown is never met', () => {
  let unknown = 0
  fc.assert(
    fc.property(conditionSets, accesses, (set, access) => {
      const compiled = (when: typeof set) => {
        const [condition] = compilePolicy(app([allow('it', when)]), vocabulary).rules[0]!.conditions
        return condition!.evaluate(access).state
      }
      const state = compiled({ any: [set] })
      if (state === 'unknown') unknown++
      const opposite = { met: 'unmet', unmet: 'met', unknown: 'unknown' }[state]
      expect(compiled({ not: set })).toBe(opposite)
    }),
    runs,
  )
  expect(unknown).toBeGreaterThan(30)
})
