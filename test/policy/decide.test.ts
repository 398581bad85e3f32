// Policy engine: sign-in, deny rules, requirements, the first allow rule, and reasons of denials and challenges.

import { describe, expect, test } from 'vitest'
import type { RuleDeclaration } from '../../src/policy/declaration.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Decision } from '../../src/policy/decision.ts'
import { explain } from '../../src/policy/explain.ts'
import type { Condition, Policy } from '../../src/policy/policy.ts'
import {
  access,
  allow,
  at,
  day,
  deny,
  grant,
  hour,
  known,
  minute,
  noon,
  policyOf,
  type AccessOverrides,
} from './access-request-fixtures.ts'

const summary = ({ effect, rule, reasons }: Decision): string =>
  [effect, ...(rule === undefined ? [] : [`by ${rule}`]), ...reasons.map((reason) => reason.code)].join(' ')

const ask = (rules: readonly RuleDeclaration[], given: AccessOverrides = {}, more = {}) =>
  decide(policyOf(rules, more), access(given))

const staff = allow('staff', { groups: ['staff'] })

describe('decide', () => {
  test('challenges a request without a session, without revealing the app', () => {
    for (const absence of ['no_session', 'session_expired', 'session_idle', 'session_revoked'] as const) {
      const decision = ask([staff, deny('all', {})], { signedOut: true, absence })
      expect(summary(decision)).toBe(`challenge ${absence}`)
      expect(decision.remedy).toEqual({ kind: 'sign_in', provider: undefined })
      expect(JSON.stringify(decision)).not.toMatch(/erp/i)
    }
  })

  test('denies without a rule', () => {
    const decision = ask([])
    expect([summary(decision), decision.remedy]).toEqual(['deny no_rule_matched', { kind: 'ask_owner' }])
  })

  test('allows by the first rule that is met, with its limits', () => {
    const limits = { download: 50, upload: 10 }
    const decision = ask([allow('others', { groups: ['x'] }), { ...staff, limits }, allow('everybody', {})])
    expect(decision).toEqual({
      effect: 'allow',
      rule: 'staff',
      reasons: [],
      remedy: undefined,
      limits,
      validUntil: noon + minute,
      grant: undefined,
      monitored: undefined,
    })
  })

  test('lets a deny rule override every allow rule, in any order', () => {
    expect(summary(ask([staff, deny('contractors', { users: ['anna@example.com'] })]))).toBe(
      'deny by contractors denied_by_rule',
    )
  })

  test('lets an unknown deny rule override as well', () => {
    const decision = ask([staff, deny('contractors', { groups: ['contractors'] })], {
      person: { groupsComplete: false },
    })
    expect(summary(decision)).toBe('deny by contractors denied_by_unknown groups_incomplete')
  })

  test('reports the reasons of the deny rule and its remedy', () => {
    const decision = ask([staff, deny('not from home', { not: { networks: ['office'] } })])
    expect(summary(decision)).toBe('deny by not from home denied_by_rule network_not_allowed')
    expect(decision.remedy).toEqual({ kind: 'use_other_network' })
  })

  test('never offers step-up against a deny rule', () => {
    const decision = ask([staff, deny('weak', { not: { mfa: true } })])
    expect([decision.effect, decision.remedy]).toEqual(['deny', { kind: 'ask_owner' }])
  })

  test('applies the requirements of the app to every rule', () => {
    const more = { require: { networks: ['office'] } }
    expect(summary(ask([staff], {}, more))).toBe('deny network_not_allowed')
    expect(summary(ask([staff], { networks: ['office'] }, more))).toBe('allow by staff')
  })

  test('ends with the time limit of an earlier unmet rule', () => {
    const rules = [allow('at month end', { schedule: ['month_end'] }), staff]
    const decision = ask(rules, {}, { lease: 30 * day })
    expect([summary(decision), decision.validUntil]).toEqual(['allow by staff', at('2026-11-23T12:00:00Z')])
  })

  test('ends when a deny rule begins to match', () => {
    const decision = ask([staff, deny('closed', { schedule: ['month_end'] })], {}, { lease: 30 * day })
    expect([summary(decision), decision.validUntil]).toEqual(['allow by staff', at('2026-11-23T12:00:00Z')])
  })

  test('is valid no longer than the lease', () => {
    expect(ask([staff]).validUntil).toBe(noon + minute)
    expect(ask([allow('g', { grant: 'required' })], { grants: [grant({ until: noon + 5 })] }).validUntil).toBe(noon + 5)
    expect(ask([], {}).validUntil).toBe(noon + minute)
  })

  test('names the grant of an allow', () => {
    const decision = ask([allow('vendor', { any: [{ groups: ['x'] }, { grant: 'required' }] })], { grants: [grant()] })
    expect([summary(decision), decision.grant]).toEqual(['allow by vendor', 'g1'])
  })
})

describe('a challenge', () => {
  const strong = { mfa: { maxAge: hour, level: 'phishing_resistant' } } as const

  test('offers step-up if nothing else is missing', () => {
    const decision = ask([{ ...staff, when: { ...staff.when, mfa: true } }])
    expect(summary(decision)).toBe('challenge by staff mfa_required')
    expect(decision.remedy).toEqual({ kind: 'step_up', level: 'mfa', maxAge: undefined })
  })

  test('combines two step-up requirements into the stronger one', () => {
    const decision = ask([{ ...staff, when: strong }], {}, { require: { mfa: { maxAge: 5 * minute } } })
    expect(decision.remedy).toEqual({ kind: 'step_up', level: 'phishing_resistant', maxAge: 5 * minute })
  })

  test('is not issued, nor mentioned, if step-up would not lead to an allow', () => {
    const decision = ask([allow('it', { groups: ['it'], mfa: true })])
    expect([summary(decision), decision.remedy]).toEqual(['deny not_in_group', { kind: 'ask_owner' }])
  })

  test('is not issued if a deny rule matches after step-up', () => {
    const decision = ask([allow('odd', { any: [{ mfa: true }], not: strong }), deny('strong ones', strong)], {
      proof: { mfa: true, authTime: noon - day },
    })
    expect(summary(decision)).toBe('allow by odd')
    const trap = ask([allow('trap', strong), deny('strong ones', strong)], { proof: { acr: '1' } })
    expect([summary(trap), trap.remedy]).toEqual(['deny no_rule_matched mfa_required', { kind: 'ask_owner' }])
  })

  test('is not issued for a max_age of zero', () => {
    expect(ask([allow('never', { mfa: { maxAge: 0 } })], { proof: { mfa: true } }).effect).toBe('deny')
  })

  test('offers to request access, after step-up if both are missing', () => {
    const rules = [allow('vendor', { grant: 'required', mfa: true })]
    const first = ask(rules)
    expect([summary(first), first.remedy?.kind]).toEqual(['challenge by vendor mfa_required grant_required', 'step_up'])
    const second = ask(rules, { proof: { mfa: true } })
    expect([summary(second), second.remedy]).toEqual(['challenge by vendor grant_required', { kind: 'request_access' }])
  })

  test('does not offer to request access if requests are disabled', () => {
    const decision = ask([allow('vendor', { grant: 'required' })], {}, { requests: false })
    expect([summary(decision), decision.remedy]).toEqual(['deny grant_required', { kind: 'ask_owner' }])
  })

  test('prefers the rule with the easiest remedy', () => {
    const rules = [
      allow('vendor', { grant: 'required' }),
      allow('it', { groups: ['it'] }),
      allow('staff', { mfa: true }),
    ]
    expect(summary(ask(rules))).toBe('challenge by staff mfa_required')
  })
})

describe('a denial', () => {
  test('reports the rule that is nearest to being met', () => {
    const rules = [allow('it', { groups: ['it'] }), allow('office', { networks: ['office'] })]
    const decision = ask(rules)
    expect([summary(decision), decision.remedy]).toEqual(['deny network_not_allowed', { kind: 'use_other_network' }])
  })

  test('has the remedy wait for a future grant', () => {
    const grants = [grant({ from: noon + hour, until: noon + day })]
    const decision = ask([allow('vendor', { grant: 'required' })], { grants })
    expect([summary(decision), decision.remedy]).toEqual(['deny grant_pending', { kind: 'wait', until: noon + hour }])
  })

  test('orders reasons by importance', () => {
    const decision = ask([allow('it', { mfa: true, device: 'company_laptop', networks: ['office'], groups: ['it'] })])
    expect(summary(decision)).toBe('deny not_in_group device_unknown network_not_allowed')
  })
})

describe('the CFO who closes the books', () => {
  const rules = [
    deny('no contractors', { groups: ['contractors'] }),
    allow('CFO closes the books', { users: ['cfo@example.com'], schedule: ['month_end'] }),
    allow('finance reads', { roles: ['finance'], actions: ['read'] }),
    allow('vendor maintenance', { grant: 'required' }),
  ]
  const require = { mfa: { maxAge: 12 * hour }, device: 'company_laptop', networks: ['office', 'vpn'] }
  const monday = at('2026-11-30T13:00:00Z')
  const cfo: AccessOverrides = {
    person: { email: 'cfo@example.com', groups: ['grp-finance'] },
    proof: { mfa: true, authTime: monday - hour },
    device: known({ observedAt: monday - 6 * hour }),
    networks: ['vpn'],
    method: 'POST',
    now: monday,
  }
  const books = (given: AccessOverrides = {}) =>
    ask(rules, { ...cfo, ...given }, { require, lease: day, requests: false })

  test('may write on the last afternoon of the month, until the window closes', () => {
    const decision = books()
    expect([summary(decision), decision.validUntil]).toEqual([
      'allow by CFO closes the books',
      at('2026-11-30T16:00:00Z'),
    ])
  })

  test('may only read in the morning, with a decision that ends when the window opens', () => {
    const read = books({
      method: 'GET',
      now: at('2026-11-30T09:00:00Z'),
      proof: { mfa: true, authTime: at('2026-11-30T08:59:00Z') },
    })
    expect([summary(read), read.validUntil]).toEqual(['allow by finance reads', at('2026-11-30T12:00:00Z')])
  })

  test('gets the beginning of the window as remedy in the morning', () => {
    const decision = books({
      now: at('2026-11-30T09:00:00Z'),
      proof: { mfa: true, authTime: at('2026-11-30T08:59:00Z') },
    })
    expect([summary(decision), decision.remedy]).toEqual([
      'deny outside_schedule',
      { kind: 'wait', until: at('2026-11-30T12:00:00Z') },
    ])
  })

  test('is offered to request access if possible, with the window as a further reason', () => {
    const decision = ask(
      rules,
      { ...cfo, now: at('2026-11-30T09:00:00Z'), proof: { mfa: true, authTime: at('2026-11-30T08:59:00Z') } },
      { require },
    )
    expect([summary(decision), decision.remedy]).toEqual([
      'challenge by vendor maintenance grant_required outside_schedule',
      { kind: 'request_access' },
    ])
  })

  test('must step up when the authentication is from yesterday', () => {
    const decision = books({ proof: { mfa: true, authTime: monday - day } })
    expect([summary(decision), decision.remedy?.kind]).toEqual([
      'challenge by CFO closes the books mfa_too_old',
      'step_up',
    ])
  })

  test('is denied on an unmanaged tablet', () => {
    const decision = books({ device: known({ managed: false, observedAt: monday }) })
    expect([summary(decision), decision.remedy]).toEqual(['deny device_not_compliant', { kind: 'use_other_device' }])
  })

  test('is denied as a contractor', () => {
    expect(summary(books({ person: { email: 'cfo@example.com', groups: ['contractors'] } }))).toBe(
      'deny by no contractors denied_by_rule',
    )
  })
})

describe('monitor', () => {
  const watch = { mode: 'monitor' } as const
  const denialBy = (code: string) => ({ code, parameters: { app: 'ERP' } })

  test('a rule has no effect, and is reported', () => {
    const denied = ask([staff, deny('trial', { groups: ['staff'] }, watch)])
    expect(summary(denied)).toBe('allow by staff')
    expect(denied.observed).toEqual([{ rule: 'trial', effect: 'deny', reasons: [denialBy('denied_by_rule')] }])
    const opened = ask([allow('trial', {}, watch)])
    expect(summary(opened)).toBe('deny no_rule_matched')
    expect(opened.observed).toEqual([{ rule: 'trial', effect: 'allow', reasons: [] }])
    // An allow needs what every allow needs.
    expect(ask([allow('trial', {}, watch)], {}, { require: { groups: ['x'] } }).observed).toBeUndefined()
  })

  test('an unmatched rule is not reported, an unknown deny rule is', () => {
    const unclear = { riskAtMost: 'low' } as const
    const rules = [allow('a', unclear, watch), deny('b', unclear, watch), deny('c', { groups: ['x'] }, watch), staff]
    expect(ask(rules).observed).toEqual([
      { rule: 'b', effect: 'deny', reasons: [denialBy('denied_by_unknown'), denialBy('risk_too_high')] },
    ])
    expect(ask([staff]).observed).toBeUndefined()
  })

  test('an app allows every signed-in user, reports the effect of enforcement, and applies no limits', () => {
    const limits = { download: 1, upload: 1 }
    const denied = ask([deny('all', {})], {}, watch)
    expect(denied).toMatchObject({ effect: 'allow', monitored: 'deny', remedy: undefined, rule: 'all' })
    expect(denied.reasons[0]!.code).toBe('denied_by_rule')
    expect(ask([allow('a', { mfa: true })], {}, watch)).toMatchObject({ effect: 'allow', monitored: 'challenge' })
    const allowed = ask([{ ...staff, limits }], {}, watch)
    expect(allowed).toMatchObject({ effect: 'allow', monitored: 'allow', limits: { download: undefined } })
  })

  test('an app still requires sign-in', () => {
    expect(ask([staff], { signedOut: true }, watch)).toMatchObject({ effect: 'challenge', monitored: undefined })
  })
})

describe('a policy that throws', () => {
  const broken: Condition = {
    name: 'broken',
    summary: '',
    evaluate: () => {
      throw new Error('boom')
    },
  }
  const planted = (effect: 'allow' | 'deny', mode: Policy['mode'] = 'enforce'): Policy => {
    const policy = policyOf([staff], { mode })
    const rule = {
      name: 'broken',
      effect,
      conditions: [broken],
      mode: 'enforce' as const,
      limits: policy.rules[0]!.limits,
    }
    return { ...policy, rules: effect === 'deny' ? [...policy.rules, rule] : [rule] }
  }

  test('denies, with a decision that expires at once', () => {
    expect(decide(planted('allow'), access())).toMatchObject({ effect: 'deny', validUntil: noon })
    expect(decide(planted('deny'), access())).toMatchObject({ effect: 'deny', rule: 'broken', validUntil: noon })
  })

  test.each(['allow', 'deny'] as const)('reports policy_error first, with the cause for the log: %s', (effect) => {
    const [first] = decide(planted(effect), access()).reasons
    expect(first).toEqual({ code: 'policy_error', parameters: { condition: 'broken', cause: 'Error: boom' } })
  })

  test('denies also when evaluation fails as a whole, and in mode monitor', () => {
    const shattered = { ...planted('allow', 'monitor'), rules: undefined as unknown as Policy['rules'] }
    expect(decide(shattered, access())).toMatchObject({
      effect: 'deny',
      validUntil: noon,
      reasons: [{ code: 'policy_error', parameters: { condition: 'policy' } }],
    })
  })

  test('does not allow at a NaN time', () => {
    const rules = [
      allow('g', { grant: 'required' }),
      allow('s', { schedule: ['office_hours'] }),
      allow('m', { mfa: { maxAge: hour } }),
    ]
    const decision = ask(rules, { now: NaN, grants: [grant()], proof: { mfa: true } })
    expect(decision.effect).not.toBe('allow')
  })
})

describe('explain', () => {
  test('reports every condition of every rule, including rules not reached', () => {
    const rules = [
      staff,
      allow('later', { groups: ['x'], networks: ['office'] }),
      deny('trial', {}, { mode: 'monitor' }),
    ]
    const explanation = explain(policyOf(rules, { require: { mfa: true } }), access({ proof: { mfa: true } }))
    expect(explanation.decision).toMatchObject({ effect: 'allow', rule: 'staff' })
    expect(explanation.required.map(({ name, verdict }) => [name, verdict.state])).toEqual([['mfa', 'met']])
    expect(
      explanation.rules.map(({ rule, verdict, conditions }) => [
        rule,
        verdict.state,
        conditions.map((one) => one.verdict.state),
      ]),
    ).toEqual([
      ['staff', 'met', ['met']],
      ['later', 'unmet', ['unmet', 'unmet']],
      ['trial', 'met', []],
    ])
    expect(explanation.rules[1]!.conditions[1]).toMatchObject({ name: 'networks', summary: 'office' })
  })

  test('reports unknown without a session', () => {
    const explanation = explain(policyOf([staff]), access({ signedOut: true }))
    expect([explanation.decision.effect, explanation.rules[0]!.verdict.state]).toEqual(['challenge', 'unknown'])
  })
})
