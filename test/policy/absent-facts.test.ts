// Absent facts: every condition, met, unmet and unknown, in every position of a rule. Unknown opens nothing and disarms nothing.

import { describe, expect, test } from 'vitest'
import { withRemedy } from '../../src/policy/apply-remedy.ts'
import { conditions } from '../../src/policy/conditions.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Decision } from '../../src/policy/decision.ts'
import type { ConditionSet } from '../../src/policy/declaration.ts'
import { message } from '../../src/policy/reasons.ts'
import type { Verdict } from '../../src/policy/policy.ts'
import {
  access,
  allow,
  at,
  deny,
  grant,
  known,
  policyOf,
  verdictOf,
  type AccessOverrides,
} from './access-request-fixtures.ts'

type State = Verdict['state']

/** Facts of each state; a text says why the condition cannot have it. */
interface Row<Value> extends Readonly<Record<State, AccessOverrides | string>> {
  readonly when: Value
}

const withheld = { person: { groups: [], groupsComplete: false } }
const noClaims = { person: { claims: {} } }

/** A condition without a row does not compile. */
const rows: { readonly [Key in keyof Required<ConditionSet>]: Row<NonNullable<ConditionSet[Key]>> } = {
  users: {
    when: ['anna@example.com'],
    met: {},
    unmet: { person: { email: 'bob@example.com' } },
    unknown: { person: { email: undefined } },
  },
  groups: { when: ['staff'], met: {}, unmet: { person: { groups: [] } }, unknown: withheld },
  roles: {
    when: ['finance'],
    met: { person: { groups: ['grp-finance'] } },
    unmet: { person: { email: 'bob@example.com' } },
    unknown: withheld,
  },
  providers: {
    when: ['keycloak'],
    met: {},
    unmet: { person: { provider: 'okta' } },
    unknown: 'a session has a provider',
  },
  domains: {
    when: ['example.com'],
    met: {},
    unmet: { person: { email: 'bob@elsewhere.example' } },
    unknown: { person: { email: undefined } },
  },
  claims: {
    when: { dept: ['sales'] },
    met: { person: { claims: { dept: ['sales'] } } },
    unmet: { person: { claims: { dept: ['it'] } } },
    unknown: noClaims,
  },
  mfa: {
    when: true,
    met: { proof: { mfa: true, amr: ['otp'] } },
    unmet: { proof: { amr: ['pwd'] } },
    unknown: { proof: { amr: [], acr: undefined } },
  },
  device: {
    when: 'company_laptop',
    met: { device: known() },
    unmet: { device: known({ diskEncrypted: false }) },
    unknown: { device: known({ diskEncrypted: undefined }) },
  },
  networks: {
    when: ['office'],
    met: { networks: ['office'] },
    unmet: {},
    unknown: { network: { address: undefined, names: new Set() } },
  },
  schedule: {
    when: ['office_hours'],
    met: {},
    unmet: { now: at('2026-11-18T22:00:00Z') },
    unknown: 'there is always a time',
  },
  grant: {
    when: 'required',
    met: { grants: [grant()] },
    unmet: {},
    unknown: 'grants are ours; without the store no rule is asked',
  },
  actions: { when: ['read'], met: {}, unmet: { method: 'POST' }, unknown: 'a request has a method' },
  methods: { when: ['GET'], met: {}, unmet: { method: 'POST' }, unknown: 'a request has a method' },
  paths: { when: ['/'], met: {}, unmet: { path: '/other' }, unknown: 'a request has a path' },
  any: {
    when: [{ claims: { dept: ['sales'] } }, { groups: ['directors'] }],
    met: { person: { claims: { dept: ['sales'] } } },
    unmet: { person: { claims: { dept: ['it'] } } },
    unknown: noClaims,
  },
  not: {
    when: { claims: { dept: ['sales'] } },
    met: { person: { claims: { dept: ['it'] } } },
    unmet: { person: { claims: { dept: ['sales'] } } },
    unknown: noClaims,
  },
  riskAtMost: { when: 'low', met: 'no source states a risk', unmet: 'no source states a risk', unknown: {} },
}

const always: ConditionSet = { not: { any: [] } }
const never: ConditionSet = { any: [] }
const both = (one: ConditionSet, other: ConditionSet): ConditionSet => ({ any: [one], not: { not: other } })
const everyone = allow('everyone', {})

/** Expected outcome by state, for each position a condition can have. */
const positions: readonly (readonly [
  name: string,
  rules: (set: ConditionSet) => Parameters<typeof policyOf>[0],
  opens: Readonly<Record<State, boolean>>,
])[] = [
  ['allow', (set) => [allow('it', set)], { met: true, unmet: false, unknown: false }],
  ['allow, not', (set) => [allow('it', { not: set })], { met: false, unmet: true, unknown: false }],
  ['allow, not not', (set) => [allow('it', { not: { not: set } })], { met: true, unmet: false, unknown: false }],
  [
    'allow, any with a met one',
    (set) => [allow('it', { any: [set, always] })],
    { met: true, unmet: true, unknown: true },
  ],
  [
    'allow, any with an unmet one',
    (set) => [allow('it', { any: [set, never] })],
    { met: true, unmet: false, unknown: false },
  ],
  [
    'allow, not any with an unmet one',
    (set) => [allow('it', { not: { any: [never, set] } })],
    { met: false, unmet: true, unknown: false },
  ],
  ['allow, all with a met one', (set) => [allow('it', both(set, always))], { met: true, unmet: false, unknown: false }],
  [
    'allow, not all with an unmet one',
    (set) => [allow('it', { not: both(set, never) })],
    { met: true, unmet: true, unknown: true },
  ],
  ['deny', (set) => [everyone, deny('it', set)], { met: false, unmet: true, unknown: false }],
  ['deny, not', (set) => [everyone, deny('it', { not: set })], { met: true, unmet: false, unknown: false }],
  [
    'deny, any with an unmet one',
    (set) => [everyone, deny('it', { any: [never, set] })],
    { met: false, unmet: true, unknown: false },
  ],
  [
    'deny, not any with a met one',
    (set) => [everyone, deny('it', { not: { any: [set, always] } })],
    { met: true, unmet: true, unknown: true },
  ],
  [
    'deny, all with a met one',
    (set) => [everyone, deny('it', both(set, always))],
    { met: false, unmet: true, unknown: false },
  ],
  [
    'deny, all with an unmet one',
    (set) => [everyone, deny('it', both(set, never))],
    { met: true, unmet: true, unknown: true },
  ],
]

const states = ['met', 'unmet', 'unknown'] as const
const keys = Object.keys(conditions) as (keyof typeof rows)[]
const cases = keys.flatMap((key) =>
  states.flatMap((state) => {
    const facts = rows[key]?.[state]
    return typeof facts === 'string' ? [] : [[key, state, facts ?? {}] as const]
  }),
)
const setOf = (key: keyof typeof rows): ConditionSet => ({ [key]: rows[key].when })
const codes = ({ reasons }: Decision) => reasons.map(({ code }) => code)

test('every condition has a row', () => {
  expect(Object.keys(rows).toSorted()).toEqual(keys.toSorted())
})

test.each(cases)('%s can be %s', (key, state, facts) => {
  expect(verdictOf(setOf(key), facts).state).toBe(state)
})

describe.each(positions)('%s', (_name, rules, opens) => {
  test.each(cases)('%s, %s', (key, state, facts) => {
    const decision = decide(policyOf(rules(setOf(key))), access(facts))
    expect(decision.effect === 'allow').toBe(opens[state])
    if (opens[state]) return
    expect(decision.remedy).toBeDefined()
    for (const language of ['en', 'de'] as const)
      for (const reason of decision.reasons) expect(message(reason, language)).not.toBe('')
  })
})

describe('a deny rule that is unknown says so, and which fact is missing', () => {
  test.each(cases.filter(([, state]) => state === 'unknown'))('%s', (key, _state, facts) => {
    for (const when of [setOf(key), { not: setOf(key) }]) {
      const [first, cause] = codes(decide(policyOf([everyone, deny('it', when)]), access(facts)))
      expect(first).toBe('denied_by_unknown')
      expect(cause).not.toBe('denied_by_rule')
      expect(cause).toBeDefined()
    }
  })
})

describe('a step-up does not open what is unknown for another reason', () => {
  test.each(cases.filter(([key, state]) => state !== 'met' && key !== 'mfa'))('%s, %s', (key, _state, facts) => {
    const weak = access({ ...facts, proof: { amr: ['pwd'] } })
    const policy = policyOf([allow('it', { ...setOf(key), ...(key !== 'mfa' && { mfa: true }) })], { requests: false })
    expect(decide(policy, weak).effect).toBe('deny')
    const stepped = withRemedy(policy, weak, { kind: 'step_up', level: 'mfa', maxAge: undefined })
    expect(decide(policy, stepped).effect).toBe('deny')
  })
})

describe('a rule can say what the absence of a claim means', () => {
  const wanted = (absent: 'met' | 'unmet' | 'unknown'): ConditionSet => ({
    claims: { contractor: { values: ['true'], absent } },
  })
  const stated = (values: string[]) => ({ person: { claims: { contractor: values } } })

  test.each([
    ['unmet', noClaims, 'unmet'],
    ['met', noClaims, 'met'],
    ['unknown', noClaims, 'unknown'],
    ['unmet', stated(['true']), 'met'],
    ['met', stated(['false']), 'unmet'],
    ['met', stated([]), 'unmet'],
  ] as const)('absent: %s, %j is %s', (absent, facts, state) => {
    expect(verdictOf(wanted(absent), facts).state).toBe(state)
  })

  test('but a claim that was not read in full is unknown whatever the rule says', () => {
    for (const absent of ['met', 'unmet', 'unknown'] as const) {
      for (const partialClaims of [['*'], ['contractor']]) {
        expect(verdictOf(wanted(absent), { person: { claims: {}, partialClaims } }).state).toBe('unknown')
      }
      expect(
        verdictOf(wanted(absent), { person: { claims: { contractor: ['true'] }, partialClaims: ['*'] } }).state,
      ).toBe('met')
    }
    const nested: ConditionSet = { claims: { 'a.b': { values: ['1'], absent: 'unmet' } } }
    expect(verdictOf(nested, { person: { claims: {}, partialClaims: ['a'] } }).state).toBe('unknown')
    expect(verdictOf(nested, { person: { claims: {}, partialClaims: ['ab'] } }).state).toBe('unmet')
  })

  test('several claims are all looked at: one unmet claim decides, whatever is unknown beside it', () => {
    const when: ConditionSet = { claims: { dept: ['sales'], site: ['berlin'] } }
    expect(verdictOf(when, { person: { claims: { site: ['bonn'] } } }).state).toBe('unmet')
    expect(verdictOf(when, { person: { claims: { site: ['berlin'] } } }).state).toBe('unknown')
  })
})
