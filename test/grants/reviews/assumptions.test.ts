// Best-case policy of a review: circumstances are assumed and listed, conditions on the user stay.

import { describe, expect, test } from 'vitest'
import { assumeCircumstancesMet } from '../../../src/grants/reviews/assumptions.ts'
import type { ConditionSet } from '../../../src/policy/declaration.ts'
import { allow, app, deny } from '../../policy/access-request-fixtures.ts'

const ofRule = (when: ConditionSet) => {
  const { declaration, assumedByRule } = assumeCircumstancesMet(app([allow('it', when)]))
  return { when: declaration.rules[0]!.when, assumed: assumedByRule.get('it') }
}
const staff = { groups: ['staff'] }

describe('an allow rule', () => {
  test.each<[string, ConditionSet]>([
    ['users', { users: ['a@x.test'] }],
    ['groups', staff],
    ['roles', { roles: ['owners'] }],
    ['providers', { providers: ['corp'] }],
    ['domains', { domains: ['x.test'] }],
    ['claims', { claims: { team: ['blue'] } }],
    ['a grant', { grant: 'required' }],
    ['users excluded', { not: { users: ['a@x.test'] } }],
  ])('keeps a condition on %s', (_name, when) => {
    expect(ofRule(when)).toEqual({ when, assumed: [] })
  })

  test.each<[ConditionSet, string]>([
    [{ mfa: true }, 'mfa'],
    [{ device: 'strict' }, 'device strict'],
    [{ networks: ['office'] }, 'network office'],
    [{ schedule: ['night'] }, 'schedule night'],
    [{ actions: ['read'] }, 'action read'],
    [{ methods: ['GET'] }, 'method GET'],
    [{ paths: ['/x'] }, 'path /x'],
    [{ riskAtMost: 'low' }, 'risk at most low'],
    [{ not: { networks: ['guests'] } }, 'not (network guests)'],
    [{ not: { any: [staff, { networks: ['guests'] }] } }, 'not ((group staff | network guests))'],
    [{ not: { not: { mfa: true } } }, 'not (not (mfa))'],
  ])('assumes %j, and lists it', (when, listed) => {
    expect(ofRule({ ...staff, ...when })).toEqual({ when: staff, assumed: [listed] })
  })

  test('lists several circumstances one by one; a key without a value is none', () => {
    expect(ofRule({ ...staff, mfa: true, device: 'strict', networks: undefined } as ConditionSet)).toEqual({
      when: staff,
      assumed: ['mfa', 'device strict'],
    })
  })

  test('keeps alternatives on the user, and nothing is assumed of them', () => {
    const any = [staff, { users: ['a@x.test'] }]
    expect(ofRule({ any })).toEqual({ when: { any }, assumed: [] })
  })

  test('lists alternatives of which one assumes something, and keeps what they ask of the user', () => {
    expect(ofRule({ providers: ['corp'], any: [{ ...staff, mfa: true }, { users: ['a@x.test'] }] })).toEqual({
      when: { providers: ['corp'], any: [staff, { users: ['a@x.test'] }] },
      assumed: ['(group staff and mfa | user a@x.test)'],
    })
  })

  test('with an alternative that is open to everybody in the right circumstances drops them all', () => {
    expect(ofRule({ providers: ['corp'], device: 'strict', any: [staff, { mfa: true }] })).toEqual({
      when: { providers: ['corp'] },
      assumed: ['device strict', '(group staff | mfa)'],
    })
  })
})

describe('a deny rule', () => {
  const kept = (when: ConditionSet) => {
    const { declaration, setAside, assumedByRule } = assumeCircumstancesMet(app([deny('no', when)]))
    expect(assumedByRule.size).toBe(0)
    return { rules: declaration.rules.map(({ name }) => name), setAside }
  }

  test.each<[ConditionSet]>([[{}], [staff], [{ any: [staff] }], [{ not: staff }], [{ not: { any: [staff] } }]])(
    'on the user alone is kept: %j',
    (when) => expect(kept(when)).toEqual({ rules: ['no'], setAside: [] }),
  )

  test.each<[ConditionSet]>([
    [{ ...staff, schedule: ['night'] }],
    [{ any: [staff, { mfa: true }] }],
    [{ not: { device: 'strict' } }],
    [{ any: [{ not: { any: [{ networks: ['office'] }] } }] }],
  ])('that depends on circumstances is set aside: %j', (when) => {
    expect(kept(when)).toEqual({ rules: [], setAside: ['no'] })
  })
})

test('rules in mode monitor are left out, whatever their effect', () => {
  const { declaration, setAside, assumedByRule } = assumeCircumstancesMet(
    app([
      allow('tried', { mfa: true }, { mode: 'monitor' }),
      deny('watched', { mfa: true }, { mode: 'monitor' }),
      allow('it', {}),
    ]),
  )
  expect(declaration.rules.map(({ name }) => name)).toEqual(['it'])
  expect([setAside, [...assumedByRule]]).toEqual([[], [['it', []]]])
})

test('what is required of all is assumed likewise, and an app in mode monitor is reviewed as if enforced', () => {
  const policy = assumeCircumstancesMet(app([], { mode: 'monitor', require: { ...staff, mfa: true } }))
  expect(policy.declaration).toMatchObject({ mode: 'enforce', require: staff, title: 'ERP' })
  expect(policy.declaration.require).toEqual(staff)
  expect(policy.required).toEqual(['mfa'])
})
