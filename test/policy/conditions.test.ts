// Every policy condition: met, unmet, unknown, and boundary values.

import { describe, expect, test } from 'vitest'
import type { ConditionSet } from '../../src/policy/declaration.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { matchesPath, pathMatcher, patternProblem } from '../../src/policy/conditions/action.ts'
import { compareVersions } from '../../src/policy/conditions/device.ts'
import {
  access,
  allow,
  app,
  at,
  day,
  grant,
  hour,
  verdictOf,
  known,
  laptop,
  minute,
  noon,
  policyOf,
  formatVerdict,
  vocabulary,
  type AccessOverrides,
} from './access-request-fixtures.ts'

type Row = readonly [name: string, when: ConditionSet, given: AccessOverrides, said: string]

const table = (rows: readonly Row[]) =>
  test.each(rows)('%s', (_name, when, given, expected) => expect(formatVerdict(verdictOf(when, given))).toBe(expected))

describe('users', () => {
  const external = { external: true }
  table([
    ['match by e-mail case-insensitively', { users: ['ANNA@example.com'] }, {}, 'met'],
    [
      'match by e-mail in any Unicode normal form',
      { users: ['zoe\u0308@x.de'] },
      { person: { email: 'zo\u00eb@x.de' } },
      'met',
    ],
    ['match by provider and sub', { users: ['keycloak|42'] }, {}, 'met'],
    ['do not match the sub of another provider', { users: ['okta|42'] }, {}, 'unmet user_not_listed'],
    ['match by sub case-sensitively', { users: ['keycloak|AB'] }, { person: { sub: 'ab' } }, 'unmet user_not_listed'],
    ['match by an address of one provider', { users: ['keycloak|mailto:Anna@Example.com'] }, {}, 'met'],
    [
      'do not match an address of another provider',
      { users: ['okta|mailto:anna@example.com'] },
      {},
      'unmet user_not_listed',
    ],
    ['do not match another address', { users: ['bob@example.com'] }, {}, 'unmet user_not_listed'],
    [
      'without a verified address are unknown',
      { users: ['a@b.de'] },
      { person: { email: undefined } },
      'unknown email_unknown',
    ],
    [
      'without an address are decided by sub',
      { users: ['okta|1'] },
      { person: { email: undefined } },
      'unmet user_not_listed',
    ],
    [
      'of an external provider do not match a bare address',
      { users: ['anna@example.com'] },
      { person: external },
      'unknown user_not_listed',
    ],
    [
      'of an external provider match an address with the provider',
      { users: ['keycloak|mailto:anna@example.com'] },
      { person: external },
      'met',
    ],
    ['are unknown without a session', { users: ['anna@example.com'] }, { signedOut: true }, 'unknown no_session'],
  ])
})

describe('domains', () => {
  const of = (email: string | undefined) => ({ person: { email } })
  const wanted = { domains: ['corp.example'] }
  const no = 'unmet domain_not_allowed'
  table([
    ['match everybody with an address of one', wanted, of('anyone@corp.example'), 'met'],
    ['match in any case', { domains: ['Corp.example'] }, of('anyone@CORP.EXAMPLE'), 'met'],
    ['do not match a subdomain', wanted, of('a@mail.corp.example'), no],
    ['do not match the domain above', { domains: ['mail.corp.example'] }, of('a@corp.example'), no],
    ['do not match a domain that ends the same', wanted, of('a@evilcorp.example'), no],
    ['do not match a domain that begins the same', wanted, of('a@corp.example.evil.test'), no],
    ['do not match the local part', wanted, of('corp.example@evil.test'), no],
    ['do not match a letter that looks the same', wanted, of('a@xn--crp-emc.example'), no],
    ['are unknown with two @', wanted, of('evil@evil.test@corp.example'), 'unknown domain_not_allowed'],
    ['are unknown without a local part', wanted, of('@corp.example'), 'unknown domain_not_allowed'],
    ['are unknown without a verified address', wanted, of(undefined), 'unknown email_unknown'],
    ['are unknown without a session', wanted, { signedOut: true }, 'unknown no_session'],
    [
      'of a user of an external provider are unknown: it can state any address',
      wanted,
      { person: { email: 'anyone@corp.example', external: true } },
      'unknown domain_not_allowed',
    ],
    ['under `not` do not open for an unknown address', { not: wanted }, of(undefined), 'unknown email_unknown'],
  ])
})

describe('groups, roles, providers and claims', () => {
  const withheld = { groupsComplete: false }
  table([
    ['a group is met', { groups: ['other', 'staff'] }, {}, 'met'],
    ['a group is unmet', { groups: ['Staff'] }, {}, 'unmet not_in_group'],
    ['no group at all is unmet', { groups: [] }, {}, 'unmet not_in_group'],
    ['withheld groups are unknown', { groups: ['other'] }, { person: withheld }, 'unknown groups_incomplete'],
    ['a group that was sent is met although others were withheld', { groups: ['staff'] }, { person: withheld }, 'met'],
    ['a role is met by a group', { roles: ['finance'] }, { person: { groups: ['grp-finance'] } }, 'met'],
    ['a role is met by a user', { roles: ['finance'] }, { person: { email: 'extra@example.com' } }, 'met'],
    ['a role is unmet', { roles: ['finance'] }, {}, 'unmet not_a_member_of_role'],
    [
      'a role with withheld groups is unknown',
      { roles: ['finance'] },
      { person: withheld },
      'unknown groups_incomplete',
    ],
    [
      'a role without groups is independent of withheld groups',
      { roles: ['by_name'] },
      { person: withheld },
      'unmet not_a_member_of_role',
    ],
    ['a provider is met', { providers: ['keycloak'] }, {}, 'met'],
    ['a provider is unmet', { providers: ['okta'] }, {}, 'unmet provider_not_allowed'],
    [
      'claims are met when all are',
      { claims: { a: ['1', '2'], b: ['3'] } },
      { person: { claims: { a: ['2'], b: ['3', '4'] } } },
      'met',
    ],
    [
      'claims are unmet when one is not',
      { claims: { a: ['1'], b: ['3'] } },
      { person: { claims: { a: ['1'], b: ['4'] } } },
      'unmet claim_mismatch',
    ],
    ['a claim is not found on the prototype', { claims: { constructor: ['x'] } }, {}, 'unknown claim_unknown'],
    ['an empty claims condition is unmet', { claims: {} }, {}, 'unmet claim_mismatch'],
  ])
})

describe('mfa', () => {
  const strong = { mfa: true, phishingResistant: true }
  const recent: ConditionSet = { mfa: { maxAge: hour } }
  table([
    ['is met by multi-factor authentication', { mfa: true }, { proof: { mfa: true } }, 'met'],
    ['is unknown without acr and amr', { mfa: true }, {}, 'unknown mfa_required'],
    ['is required', { mfa: true }, { proof: { acr: '1' } }, 'unmet mfa_required'],
    ['is not met by amr alone', { mfa: true }, { proof: { amr: ['mfa'] } }, 'unmet mfa_required'],
    ['is too weak', { mfa: { level: 'phishing_resistant' } }, { proof: { mfa: true } }, 'unmet mfa_too_weak'],
    ['is required before it can be too weak', { mfa: { level: 'phishing_resistant' } }, {}, 'unknown mfa_required'],
    ['is strong', { mfa: { level: 'phishing_resistant' } }, { proof: strong }, 'met'],
    ['is recent to the last millisecond', recent, { proof: { mfa: true, authTime: noon - hour + 1 } }, 'met'],
    ['is too old at the limit', recent, { proof: { mfa: true, authTime: noon - hour } }, 'unmet mfa_too_old'],
    [
      'without auth_time is of unknown age',
      recent,
      { proof: { mfa: true, authTime: undefined } },
      'unknown mfa_too_old',
    ],
    ['tolerates an auth_time one minute ahead', recent, { proof: { mfa: true, authTime: noon + minute } }, 'met'],
    [
      'does not tolerate an auth_time further ahead',
      recent,
      { proof: { mfa: true, authTime: noon + minute + 1 } },
      'unknown mfa_too_old',
    ],
    ['with a NaN auth_time is too old', recent, { proof: { mfa: true, authTime: NaN } }, 'unmet mfa_too_old'],
  ])

  test('has a step-up remedy, and an end when the authentication becomes too old', () => {
    const when: ConditionSet = { mfa: { maxAge: 2 * hour, level: 'phishing_resistant' } }
    expect(verdictOf(when).remedy).toEqual({ kind: 'step_up', level: 'phishing_resistant', maxAge: 2 * hour })
    const proof = { mfa: true, phishingResistant: true, authTime: noon - hour }
    expect(verdictOf(when, { proof }).until).toBe(noon + hour)
    expect(verdictOf(recent, { proof: { mfa: true, authTime: noon + hour } }).until).toBe(noon + hour - minute)
  })
})

describe('device', () => {
  const strict: ConditionSet = { device: 'company_laptop' }
  const relaxed: ConditionSet = { device: 'relaxed' }
  const write = { method: 'POST' }
  const os = (name: string, version: string) => known({ os: { name, version } })
  table([
    ['that complies passes', strict, { device: known() }, 'met'],
    ['that is absent is unknown', strict, {}, 'unknown device_unknown'],
    [
      'whose source is unreachable is unknown',
      strict,
      { device: { state: 'unreachable' } },
      'unknown posture_unreachable',
    ],
    [
      'that differs from the pinned one is unknown',
      strict,
      { device: { state: 'mismatch' } },
      'unknown device_mismatch',
    ],
    [
      'with a false attribute is unmet',
      strict,
      { device: known({ diskEncrypted: false }) },
      'unmet device_not_compliant',
    ],
    [
      'with two false attributes reports both',
      strict,
      { device: known({ managed: false, diskEncrypted: false }) },
      'unmet device_not_compliant device_not_compliant',
    ],
    [
      'with an unknown attribute is unknown',
      strict,
      { device: known({ managed: undefined }) },
      'unknown device_unknown',
    ],
    ['with an old system is unmet', strict, { device: os('windows', '10.0.19045') }, 'unmet os_too_old'],
    ['with a system of another name is unmet', strict, { device: os('linux', '6.1') }, 'unmet device_not_compliant'],
    [
      'with a system named like a property is unmet',
      strict,
      { device: os('constructor', '1') },
      'unmet device_not_compliant',
    ],
    ['with an unreadable version is unknown', strict, { device: os('macos', '14.6-beta') }, 'unknown device_unknown'],
    ['with an exact version passes', strict, { device: os('MacOS', '14.6') }, 'met'],
    ['is valid to the last millisecond', strict, { device: known({ observedAt: noon - day + 1 }) }, 'met'],
    ['is stale at the limit', strict, { device: known({ observedAt: noon - day }) }, 'unknown device_stale'],
    ['seen 5 minutes ahead passes', strict, { device: known({ observedAt: noon + 5 * minute }) }, 'met'],
    [
      'seen further ahead is stale',
      strict,
      { device: known({ observedAt: noon + 5 * minute + 1 }) },
      'unknown device_stale',
    ],
    [
      'with a false attribute is unmet when stale too',
      strict,
      { device: known({ managed: false, observedAt: 0 }) },
      'unmet device_not_compliant',
    ],
    ['absent may read where that is allowed', relaxed, {}, 'met'],
    ['absent may not write', relaxed, write, 'unknown read_only device_unknown'],
    ['stale may read', relaxed, { device: known({ observedAt: 0 }) }, 'met'],
    ['stale may not write', relaxed, { ...write, device: known({ observedAt: 0 }) }, 'unknown read_only device_stale'],
    ['with an unknown attribute may read', relaxed, { device: known({ managed: undefined }) }, 'met'],
    [
      'with a false attribute may not even read',
      relaxed,
      { device: known({ managed: false }) },
      'unmet device_not_compliant',
    ],
    [
      'with a false attribute may not read when stale',
      relaxed,
      { device: known({ managed: false, observedAt: 0 }) },
      'unmet device_not_compliant',
    ],
    [
      'that differs from the pinned one may not even read',
      relaxed,
      { device: { state: 'mismatch' } },
      'unknown device_mismatch',
    ],
    [
      'whose source is unreachable may not even read',
      relaxed,
      { device: { state: 'unreachable' } },
      'unknown posture_unreachable',
    ],
    ['that complies may write', relaxed, { ...write, device: known() }, 'met'],
  ])

  test('is valid until its report is too old', () => {
    expect(verdictOf(strict, { device: known() }).until).toBe(noon - hour + day)
    expect(verdictOf(strict, { device: known({ observedAt: noon + hour }) }).until).toBe(noon + hour - 5 * minute)
  })

  test.each([
    ['present', { present: true, healthy: undefined }, 'met'],
    ['present', { present: undefined, healthy: true }, 'met'],
    ['present', { present: undefined, healthy: false }, 'unknown device_unknown'],
    ['healthy', { present: true, healthy: undefined }, 'unknown device_unknown'],
    ['healthy', { present: false, healthy: true }, 'unmet device_not_compliant'],
    ['healthy', { present: true, healthy: true }, 'met'],
    ['healthy', undefined, 'unknown device_unknown'],
  ] as const)('requires antivirus that is %s: %j', (antivirus, fact, expected) => {
    const postures = new Map([['p', { name: 'p', antivirus, maxAge: day, whenUnknown: 'deny' as const }]])
    const policy = compilePolicy(app([allow('it', { device: 'p' })]), { ...vocabulary, postures })
    const device = known({ antivirus: fact })
    expect(formatVerdict(policy.rules[0]!.conditions[0]!.evaluate({ ...access(), device }))).toBe(expected)
  })

  test.each([
    ['low', 'met'],
    ['medium', 'met'],
    ['high', 'unmet risk_too_high'],
    [undefined, 'unknown device_unknown'],
  ] as const)('may have a risk of at most medium: %s', (risk, expected) => {
    const postures = new Map([
      ['p', { name: 'p', riskAtMost: 'medium' as const, maxAge: day, whenUnknown: 'deny' as const }],
    ])
    const policy = compilePolicy(app([allow('it', { device: 'p' })]), { ...vocabulary, postures })
    const device = known({ risk })
    expect(formatVerdict(policy.rules[0]!.conditions[0]!.evaluate({ ...access(), device }))).toBe(expected)
  })

  test.each([
    ['10.0.22631', '10.0.22631', 0],
    ['10.0.22631.1', '10.0.22631', 1],
    ['9.9', '10', -1],
    ['14.10', '14.9', 1],
    ['14', '14.0.0', 0],
  ])('compares versions %s and %s numerically', (left, right, sign) => {
    expect(Math.sign(compareVersions(left, right)!)).toBe(sign)
  })

  test.each(['', '1.', '.1', '1..2', 'v1', '1e3', '1.2.x', '9999999999'])('rejects the version %j', (version) => {
    expect(compareVersions(version, '1')).toBeUndefined()
  })
})

describe('networks and risk', () => {
  const nowhere = { network: { address: undefined, names: new Set<string>() } }
  table([
    ['a network is met', { networks: ['vpn', 'office'] }, { networks: ['office'] }, 'met'],
    ['a network is unmet', { networks: ['vpn'] }, { networks: ['office'] }, 'unmet network_not_allowed'],
    ['an unknown address meets no network', { networks: ['office'] }, nowhere, 'unknown network_unknown'],
    ['nor is it outside of one', { not: { networks: ['guest'] } }, nowhere, 'unknown network_unknown'],
    ['the risk is always unknown', { riskAtMost: 'critical' }, {}, 'unknown risk_too_high'],
  ])
})

describe('schedule', () => {
  test('is met inside, with the closing as its end', () => {
    const verdict = verdictOf({ schedule: ['office_hours'] })
    expect([formatVerdict(verdict), verdict.until]).toEqual(['met', at('2026-11-18T17:00:00Z')])
  })

  test('is unmet outside, with the next opening as remedy', () => {
    const verdict = verdictOf({ schedule: ['month_end'] })
    const opens = at('2026-11-23T12:00:00Z')
    expect([formatVerdict(verdict), verdict.until]).toEqual(['unmet outside_schedule', opens])
    expect(verdict.remedy).toEqual({ kind: 'wait', until: opens })
    expect(verdict.reasons[0]!.parameters.opens).toBe('2026-11-23T13:00:00+01:00[Europe/Berlin]')
  })

  test('is met by any of several, until the first of them changes', () => {
    const verdict = verdictOf({ schedule: ['month_end', 'office_hours'] }, { now: at('2026-11-23T09:00:00Z') })
    expect([formatVerdict(verdict), verdict.until]).toEqual(['met', at('2026-11-23T12:00:00Z')])
  })

  test('depends on the given time alone, not on earlier evaluations', () => {
    const [condition] = policyOf([allow('it', { schedule: ['office_hours'] })]).rules[0]!.conditions
    const states = [noon, noon + 10 * hour, noon, noon - 10 * hour, noon].map(
      (now) => condition!.evaluate({ ...access(), now }).state,
    )
    expect(states).toEqual(['met', 'unmet', 'met', 'unmet', 'met'])
  })
})

describe('grant', () => {
  const required: ConditionSet = { grant: 'required' }
  const write = { method: 'POST' }
  const past = grant({ from: noon - 2 * hour, until: noon })
  const future = grant({ from: noon + 1, until: noon + hour })
  table([
    ['is required', required, {}, 'unmet grant_required'],
    ['is met', required, { grants: [grant()] }, 'met'],
    ['is met from its first moment', required, { grants: [grant({ from: noon })] }, 'met'],
    ['ends at its end', required, { grants: [past] }, 'unmet grant_expired'],
    ['has not begun before', required, { grants: [future] }, 'unmet grant_pending'],
    ['that is revoked is never met', required, { grants: [grant({ revokedAt: noon + day })] }, 'unmet grant_expired'],
    ['of another app is not considered', required, { grants: [grant({ app: 'wiki' })] }, 'unmet grant_required'],
    ['for reading reads', required, { grants: [grant({ level: 'read' })] }, 'met'],
    ['for reading does not write', required, { ...write, grants: [grant({ level: 'read' })] }, 'unmet read_only'],
    [
      'with an end before its beginning has ended',
      required,
      { grants: [grant({ from: noon + hour, until: noon })] },
      'unmet grant_expired',
    ],
    ['with a NaN time has ended', required, { grants: [grant({ until: NaN })] }, 'unmet grant_expired'],
    ['is met in its schedule', required, { grants: [grant({ schedule: 'office_hours' })] }, 'met'],
    [
      'is unmet outside its schedule',
      required,
      { grants: [grant({ schedule: 'month_end', until: noon + 30 * day })] },
      'unmet outside_schedule',
    ],
    [
      'whose schedule does not open before its end has ended',
      required,
      { grants: [grant({ schedule: 'month_end' })] },
      'unmet grant_expired',
    ],
    [
      'whose schedule no longer exists is unmet',
      required,
      { grants: [grant({ schedule: 'no_more' })] },
      'unmet grant_expired',
    ],
    ['in the future is reported rather than an ended one', required, { grants: [past, future] }, 'unmet grant_pending'],
    [
      'for reading is reported rather than a future one',
      required,
      { ...write, grants: [future, grant({ level: 'read' })] },
      'unmet read_only',
    ],
  ])

  test('lasts as long as the longest', () => {
    const grants = [
      grant({ id: 'short' }),
      grant({ id: 'long', until: noon + day }),
      grant({ id: 'middle', until: noon + 2 * hour }),
    ]
    expect(verdictOf(required, { grants })).toMatchObject({ grant: 'long', until: noon + day })
  })

  test('ends with its window', () => {
    const grants = [grant({ until: noon + 30 * day, schedule: 'office_hours' })]
    expect(verdictOf(required, { grants }).until).toBe(at('2026-11-18T17:00:00Z'))
  })

  test('has the next beginning as remedy', () => {
    const grants = [grant({ from: noon + day, until: noon + 2 * day }), grant({ from: noon + hour, until: noon + day })]
    const verdict = verdictOf(required, { grants })
    expect([verdict.remedy, verdict.until]).toEqual([{ kind: 'wait', until: noon + hour }, noon + hour])
  })

  test('has the remedy request_access, unless requests are disabled', () => {
    expect(verdictOf(required).remedy).toEqual({ kind: 'request_access' })
    expect(verdictOf(required, {}, { requests: false }).remedy).toEqual({ kind: 'ask_owner' })
  })
})

describe('actions, methods and paths', () => {
  table([
    ['GET reads', { actions: ['read'] }, {}, 'met'],
    ['HEAD reads', { actions: ['read'] }, { method: 'HEAD' }, 'met'],
    ['OPTIONS reads', { actions: ['read'] }, { method: 'OPTIONS' }, 'met'],
    ['POST does not read', { actions: ['read'] }, { method: 'POST' }, 'unmet read_only'],
    ['an unknown method does not read', { actions: ['read'] }, { method: 'get' }, 'unmet read_only'],
    ['TRACE does not read', { actions: ['read'] }, { method: 'TRACE' }, 'unmet read_only'],
    ['GET does not write', { actions: ['write'] }, {}, 'unmet method_not_allowed'],
    ['DELETE writes', { actions: ['write'] }, { method: 'DELETE' }, 'met'],
    ['a method is met', { methods: ['post'] }, { method: 'POST' }, 'met'],
    ['a method is unmet', { methods: ['POST'] }, { method: 'PUT' }, 'unmet method_not_allowed'],
    ['a path is met', { paths: ['/a', '/b/*'] }, { path: '/b/c' }, 'met'],
    ['a path is unmet', { paths: ['/a', '/b/*'] }, { path: '/c' }, 'unmet path_not_allowed'],
  ])

  test.each([
    ['/admin', '/admin', true],
    ['/admin', '/admin/', false],
    ['/admin', '/Admin', false],
    ['/admin/*', '/admin/x', true],
    ['/admin/*', '/admin/x/y', true],
    ['/admin/*', '/admin/', true],
    ['/admin/*', '/admin', true],
    ['/admin/*', '/administrator', false],
    ['/admin*', '/administrator', true],
    ['/admin*', '/admi', false],
    ['/*', '/', true],
    ['/*', '/x', true],
    ['*', '/x', true],
    ['/a*b', '/axb', false],
  ])('the pattern %s and the path %s: %s', (pattern, path, expected) => {
    expect([matchesPath(pattern, path), pathMatcher([pattern])(path)]).toEqual([expected, expected])
  })

  test.each(['admin', '', '/a*b', '/a**', '/a?b=1', '/a#b'])('the pattern %j is rejected', (pattern) => {
    expect(patternProblem(pattern)).toBeTypeOf('string')
    expect(() => policyOf([allow('it', { paths: [pattern] })])).toThrow(
      expect.objectContaining({ code: 'policy_invalid' }),
    )
  })
})

describe('any and not', () => {
  const unclear: ConditionSet = { riskAtMost: 'low' }
  const yes: ConditionSet = { groups: ['staff'] }
  const no: ConditionSet = { groups: ['other'] }
  table([
    ['any of met and unknown is met', { any: [unclear, yes] }, {}, 'met'],
    ['any of unmet and unknown is unknown', { any: [no, unclear] }, {}, 'unknown not_in_group'],
    ['any of unmet is unmet', { any: [no, no] }, {}, 'unmet not_in_group'],
    ['any of nothing is unmet', { any: [] }, {}, 'unmet no_rule_matched'],
    ['any reports the alternative with the easiest remedy', { any: [no, { mfa: true }] }, {}, 'unknown mfa_required'],
    ['not of met is unmet', { not: yes }, {}, 'unmet not_in_group'],
    ['not of unmet is met, and keeps the reasons', { not: no }, {}, 'met not_in_group'],
    ['not of unknown is unknown', { not: unclear }, {}, 'unknown risk_too_high'],
    ['not of met and unknown is unknown', { not: { ...yes, ...unclear } }, {}, 'unknown risk_too_high'],
    ['not of unmet and unknown is met', { not: { ...no, ...unclear } }, {}, 'met not_in_group risk_too_high'],
    ['not of nothing is unmet', { not: {} }, {}, 'unmet denied_by_rule'],
    ['double negation is the original state', { not: { not: yes } }, {}, 'met not_in_group'],
  ])

  test('any ends with the earliest of its alternatives, even if another is met', () => {
    const verdict = verdictOf({ any: [yes, { schedule: ['office_hours'] }] })
    expect([verdict.state, verdict.until]).toEqual(['met', at('2026-11-18T17:00:00Z')])
  })
})

describe('compiling', () => {
  test.each<ConditionSet>([
    { roles: ['nobody'] },
    { device: 'nothing' },
    { schedule: ['never'] },
    { any: [{ not: { roles: ['nobody'] } }] },
    { countries: ['DE'] } as ConditionSet,
    { toString: ['x'] } as unknown as ConditionSet,
  ])('rejects unknown names and keys: %j', (when) => {
    expect(() => policyOf([allow('it', when)])).toThrow(expect.objectContaining({ code: 'policy_invalid' }))
  })

  test('summarizes each condition for explanations', () => {
    const set: ConditionSet = {
      groups: ['a', 'b'],
      mfa: { maxAge: 12 * hour },
      not: { networks: ['guest'] },
      device: laptop.name,
    }
    const conditions = policyOf([allow('it', set)]).rules[0]!.conditions
    expect(conditions.map(({ name, summary }) => `${name}: ${summary}`)).toEqual([
      'groups: a, b',
      'mfa: mfa, at most 12h ago',
      'not: (networks: guest)',
      'device: company_laptop',
    ])
  })
})
