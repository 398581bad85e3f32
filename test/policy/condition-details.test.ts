// Details of conditions that no verdict alone shows: parameters of reasons, summaries for `explain`, and probes.

import { describe, expect, test } from 'vitest'
import type { ConditionSet } from '../../src/policy/declaration.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { patternProblem } from '../../src/policy/conditions/action.ts'
import { compareVersions } from '../../src/policy/conditions/device.ts'
import type { PostureRequirement } from '../../src/policy/device.ts'
import {
  access,
  allow,
  app,
  at,
  day,
  formatVerdict,
  grant,
  hour,
  known,
  laptop,
  minute,
  monthEnd,
  noon,
  office,
  policyOf,
  verdictOf,
  vocabulary,
  type AccessOverrides,
} from './access-request-fixtures.ts'

const conditionsOf = (when: ConditionSet) => policyOf([allow('it', when)]).rules[0]!.conditions

/** Verdict of `device: it` for this requirement. */
function deviceVerdict(required: Partial<PostureRequirement>, given: AccessOverrides) {
  const { managed: _managed, diskEncrypted: _diskEncrypted, os: _os, ...plain } = laptop
  const postures = new Map([['it', { ...plain, ...required, name: 'it' }]])
  const policy = compilePolicy(app([allow('it', { device: 'it' })]), { ...vocabulary, postures })
  return policy.rules[0]!.conditions[0]!.evaluate(access(given))
}

describe('a summary', () => {
  test.each<[ConditionSet, string]>([
    [{ users: ['a@b.test', 'c|1'] }, 'users: a@b.test, c|1'],
    [{ roles: ['finance', 'by_name'] }, 'roles: finance, by_name'],
    [{ providers: ['keycloak', 'okta'] }, 'providers: keycloak, okta'],
    [{ claims: { dept: ['it', 'hr'], level: ['3'] } }, 'claims: dept = it or hr, level = 3'],
    [{ mfa: true }, 'mfa: mfa'],
    [{ mfa: { level: 'phishing_resistant' } }, 'mfa: phishing_resistant'],
    [{ mfa: { maxAge: 2 * day } }, 'mfa: mfa, at most 2d ago'],
    [{ mfa: { maxAge: 90 * minute } }, 'mfa: mfa, at most 90m ago'],
    [{ mfa: { maxAge: 90_000 } }, 'mfa: mfa, at most 90s ago'],
    [{ mfa: { level: 'phishing_resistant', maxAge: hour } }, 'mfa: phishing_resistant, at most 1h ago'],
    [{ networks: ['a', 'b'] }, 'networks: a, b'],
    [{ schedule: ['office_hours', 'month_end'] }, 'schedule: office_hours, month_end'],
    [{ grant: 'required' }, 'grant: required'],
    [{ actions: ['read', 'write'] }, 'actions: read, write'],
    [{ methods: ['GET', 'put'] }, 'methods: GET, put'],
    [{ paths: ['/a', '/b/*'] }, 'paths: /a, /b/*'],
    [
      { any: [{ groups: ['a'], networks: ['n'] }, { users: ['b@c.test'] }] },
      'any: (groups: a; networks: n) or (users: b@c.test)',
    ],
    [{ riskAtMost: 'medium' }, 'risk: at most medium'],
  ])('of %j', (when, summary) => {
    expect(conditionsOf(when).map((one) => `${one.name}: ${one.summary}`)).toEqual([summary])
  })

  test('of a recurrence rule describes it', () => {
    const rule = {
      frequency: 'daily',
      interval: 1,
      byMonth: [],
      byMonthDay: [],
      byDay: [],
      bySetPos: [],
      count: undefined,
      until: undefined,
      weekStart: 1,
    } as const
    const recurring = { ...office, name: 'daily', recurrence: { rule, start: undefined, duration: hour } }
    const schedules = new Map([['daily', recurring]])
    const policy = compilePolicy(app([allow('it', { schedule: ['daily'] })]), { ...vocabulary, schedules })
    expect(policy.rules[0]!.conditions[0]!.summary).toBe('daily (FREQ=DAILY 08:00 for 1h Europe/Berlin)')
  })
})

describe('requests are told apart by', () => {
  const distinguishes = (when: ConditionSet, one: [string, string], other: [string, string]): boolean => {
    // Without external users: their need for a grant distinguishes reading from writing in every policy.
    const external = { providers: new Set<string>(), people: [] }
    const { classify } = compilePolicy(app([allow('it', when)]), { ...vocabulary, external })
    return classify(...one) !== classify(...other)
  }

  test.each<[string, ConditionSet]>([
    ['actions', { actions: ['read'] }],
    ['a grant, whose level may be for reading', { grant: 'required' }],
    ['a posture that may be unknown for reading', { device: 'relaxed' }],
    ['actions within any', { any: [{ actions: ['read'] }] }],
    ['actions within not', { not: { actions: ['write'] } }],
  ])('reading and writing: %s', (_name, when) => {
    expect(distinguishes(when, ['GET', '/'], ['POST', '/'])).toBe(true)
    expect(distinguishes(when, ['GET', '/'], ['HEAD', '/a'])).toBe(false)
  })

  test('methods: exactly those that are listed', () => {
    const when = { methods: ['get', 'PUT'] }
    expect(distinguishes(when, ['GET', '/'], ['HEAD', '/'])).toBe(true)
    expect(distinguishes(when, ['PUT', '/'], ['GET', '/'])).toBe(false)
    const two = { any: [{ methods: ['GET'] }, { methods: ['HEAD'] }] }
    expect(distinguishes(two, ['GET', '/'], ['HEAD', '/'])).toBe(true)
  })

  test('paths: exactly those that a pattern matches', () => {
    const when = { paths: ['/a', '/b/*'] }
    expect(distinguishes(when, ['GET', '/a'], ['GET', '/c'])).toBe(true)
    expect(distinguishes(when, ['GET', '/a'], ['GET', '/b/x'])).toBe(false)
    expect(distinguishes(when, ['GET', '/b'], ['GET', '/b/x'])).toBe(false)
    expect(distinguishes(when, ['GET', '/bx'], ['GET', '/c'])).toBe(false)
    const two = { any: [{ paths: ['/a'] }, { paths: ['/b/*'] }] }
    expect(distinguishes(two, ['GET', '/a'], ['GET', '/b/x'])).toBe(true)
  })

  test.each<[string, ConditionSet]>([
    ['a strict posture', { device: 'company_laptop' }],
    ['the user', { users: ['a@b.test'] }],
    ['the authentication', { mfa: true }],
    ['the network', { networks: ['n'] }],
    ['the time', { schedule: ['office_hours'] }],
    ['the risk', { riskAtMost: 'low' }],
  ])('nothing: %s', (_name, when) => {
    expect(distinguishes(when, ['GET', '/a'], ['DELETE', '/b'])).toBe(false)
  })
})

describe('the reason of', () => {
  const parametersOf = (when: ConditionSet, given: AccessOverrides) =>
    verdictOf(when, given).reasons.map(({ code, parameters }) => ({ code, ...parameters }))

  test('an authentication that is too old names the longest age', () => {
    const given = { proof: { mfa: true, authTime: noon - 2 * hour } }
    expect(parametersOf({ mfa: { maxAge: 90 * minute } }, given)).toEqual([
      { code: 'mfa_too_old', app: 'ERP', max_age: 'PT1H30M' },
    ])
    expect(parametersOf({ mfa: { maxAge: 0.4 } }, given)).toEqual([
      expect.objectContaining({ code: 'mfa_too_old', max_age: 'PT0S' }),
    ])
  })

  test('a network names those that are allowed', () => {
    expect(parametersOf({ networks: ['a', 'b'] }, {})).toEqual([
      { code: 'network_not_allowed', app: 'ERP', networks: 'a, b' },
    ])
  })

  test('a claim names it', () => {
    expect(parametersOf({ claims: { dept: ['it'] } }, {})).toEqual([
      { code: 'claim_unknown', app: 'ERP', claim: 'dept' },
    ])
    expect(parametersOf({ claims: {} }, {})).toEqual([{ code: 'claim_mismatch', app: 'ERP' }])
  })

  test('a grant that begins later names its beginning', () => {
    const grants = [grant({ from: noon + hour, until: noon + 2 * hour })]
    expect(parametersOf({ grant: 'required' }, { grants })).toEqual([
      { code: 'grant_pending', app: 'ERP', from: '2026-11-18T11:00:00Z' },
    ])
  })

  test('a guest without a grant names the guest', () => {
    const guest = { person: { external: true, email: 'guest@example.com' } }
    expect(parametersOf({ grant: 'required' }, guest)).toEqual([
      { code: 'grant_required', app: 'ERP', guest: 'guest@example.com' },
    ])
    expect(verdictOf({ grant: 'required' }, guest).remedy).toEqual({ kind: 'request_access' })
    expect(verdictOf({ grant: 'required' }, guest, { requests: false }).remedy).toEqual({ kind: 'ask_owner' })
    expect(parametersOf({ grant: 'required' }, { person: { external: true, email: undefined } })[0]).toMatchObject({
      guest: '42',
    })
    expect(parametersOf({ grant: 'required' }, {})).toEqual([{ code: 'grant_required', app: 'ERP' }])
    expect(parametersOf({ grant: 'required' }, { signedOut: true })).toEqual([{ code: 'grant_required', app: 'ERP' }])
  })

  test('a schedule names the next opening, in the zone of the schedule that opens first', () => {
    const evening = at('2026-11-18T20:00:00Z')
    expect(parametersOf({ schedule: ['office_hours', 'month_end'] }, { now: evening })).toEqual([
      { code: 'outside_schedule', app: 'ERP', opens: '2026-11-19T08:00:00+01:00[Europe/Berlin]' },
    ])
    const tokyo = { ...monthEnd, name: 'tokyo', days: [4], from: 0, timeZone: 'Asia/Tokyo' }
    const schedules = new Map([...vocabulary.schedules, ['tokyo', tokyo] as const])
    const policy = compilePolicy(app([allow('it', { schedule: ['office_hours', 'tokyo'] })]), {
      ...vocabulary,
      schedules,
    })
    const verdict = policy.rules[0]!.conditions[0]!.evaluate(access({ now: at('2026-11-18T14:59:00Z') + 3 * hour }))
    expect(formatVerdict(verdict)).toBe('met')
  })

  test('a schedule that never opens again names no moment', () => {
    const never = { ...office, name: 'never', days: [] }
    const policy = compilePolicy(app([allow('it', { schedule: ['never'] })]), {
      ...vocabulary,
      schedules: new Map([['never', never]]),
    })
    expect(policy.rules[0]!.conditions[0]!.evaluate(access())).toEqual({
      state: 'unmet',
      reasons: [{ code: 'outside_schedule', parameters: { app: 'ERP' } }],
      remedy: { kind: 'wait', until: undefined },
      until: Infinity,
    })
  })

  test.each<[string, Partial<PostureRequirement>, AccessOverrides, object]>([
    ['managed', { managed: true }, { device: known({ managed: false }) }, { attribute: 'managed' }],
    [
      'disk_encrypted',
      { diskEncrypted: true },
      { device: known({ diskEncrypted: false }) },
      { attribute: 'disk_encrypted' },
    ],
    ['firewall', { firewall: true }, { device: known({ firewall: false }) }, { attribute: 'firewall' }],
    ['screen_lock', { screenLock: true }, { device: known({ screenLock: false }) }, { attribute: 'screen_lock' }],
    [
      'antivirus',
      { antivirus: 'healthy' },
      { device: known({ antivirus: { present: true, healthy: false } }) },
      { attribute: 'antivirus' },
    ],
    ['os', { os: { macOS: '15' } }, { device: known() }, { attribute: 'os' }],
  ])('a device that violates %s names it and the posture', (_name, required, given, parameters) => {
    expect(deviceVerdict(required, given)).toMatchObject({
      state: 'unmet',
      reasons: [{ code: 'device_not_compliant', parameters: { app: 'ERP', posture: 'it', ...parameters } }],
      remedy: { kind: 'use_other_device' },
    })
  })

  test.each<[string, Partial<PostureRequirement>]>([
    ['managed', { managed: true }],
    ['firewall', { firewall: true }],
    ['screen_lock', { screenLock: true }],
    ['antivirus', { antivirus: 'present' }],
    ['os', { os: { windows: '10' } }],
    ['risk', { riskAtMost: 'low' }],
  ])('a device of which %s is unknown names it', (attribute, required) => {
    const nothing = known({ managed: undefined, os: undefined })
    expect(deviceVerdict(required, { device: nothing })).toMatchObject({
      state: 'unknown',
      reasons: [{ code: 'device_unknown', parameters: { posture: 'it', attribute } }],
    })
  })

  test('an operating system that is too old names system, version and minimum', () => {
    const old = known({ os: { name: 'Windows', version: '10.0.1' } })
    expect(deviceVerdict({ os: { windows: '10.0.22631' } }, { device: old }).reasons).toEqual([
      {
        code: 'os_too_old',
        parameters: { app: 'ERP', posture: 'it', system: 'Windows', version: '10.0.1', minimum: '10.0.22631' },
      },
    ])
  })

  test('a device whose risk is too high is that', () => {
    expect(deviceVerdict({ riskAtMost: 'low' }, { device: known({ risk: 'high' }) }).reasons).toEqual([
      { code: 'risk_too_high', parameters: { app: 'ERP', posture: 'it' } },
    ])
  })
})

describe('a posture that does not say', () => {
  test('passes for reading where that is allowed, until the report is too old', () => {
    const lenient = { whenUnknown: 'read_only', managed: true } as const
    const device = known({ managed: undefined })
    expect(deviceVerdict(lenient, { device })).toMatchObject({ state: 'met', until: noon - hour + laptop.maxAge })
    expect(deviceVerdict(lenient, { device, method: 'POST' }).reasons.map(({ code }) => code)).toEqual([
      'read_only',
      'device_unknown',
    ])
    expect(deviceVerdict(lenient, { device: { state: 'absent' } })).toMatchObject({ state: 'met', until: Infinity })
  })

  test('a report from the future is stale until the tolerated clock difference reaches it', () => {
    const device = known({ observedAt: noon + 6 * minute })
    expect(deviceVerdict({}, { device })).toMatchObject({ state: 'unknown', until: noon + minute })
    expect(deviceVerdict({}, { device: known({ observedAt: noon + 5 * minute }) }).state).toBe('met')
  })
})

describe('an authentication', () => {
  test('from the future is unknown until the tolerated clock difference reaches it', () => {
    const proof = { mfa: true, authTime: noon + 2 * minute }
    expect(verdictOf({ mfa: { maxAge: hour } }, { proof })).toMatchObject({ state: 'unknown', until: noon + minute })
    expect(verdictOf({ mfa: { maxAge: hour } }, { proof: { mfa: true, authTime: noon + minute } }).state).toBe('met')
  })

  test('without a time meets no maximum age', () => {
    const proof = { mfa: true, authTime: undefined }
    expect(formatVerdict(verdictOf({ mfa: { maxAge: hour } }, { proof }))).toBe('unknown mfa_too_old')
    expect(formatVerdict(verdictOf({ mfa: true }, { proof }))).toBe('met')
  })
})

describe('a grant', () => {
  const stateOf = (more: Parameters<typeof grant>[0], given: AccessOverrides = {}) =>
    formatVerdict(verdictOf({ grant: 'required' }, { grants: [grant(more)], ...given }))

  test('begins with its first moment and ends with its last', () => {
    expect(stateOf({ from: noon, until: noon + 1 })).toBe('met')
    expect(stateOf({ from: noon - 1, until: noon })).toBe('unmet grant_expired')
    expect(stateOf({ from: noon + 1, until: noon + 2 })).toBe('unmet grant_pending')
  })

  test('of no length has ended before it begins', () => {
    expect(stateOf({ from: noon + 1, until: noon + 1 })).toBe('unmet grant_expired')
  })

  test('with an impossible time has ended', () => {
    expect(stateOf({ from: Number.NaN })).toBe('unmet grant_expired')
    expect(stateOf({ until: Number.NaN })).toBe('unmet grant_expired')
  })

  test('whose window opens only at its end has ended', () => {
    const evening = at('2026-11-18T20:00:00Z')
    const opens = at('2026-11-19T07:00:00Z')
    const within = { schedule: 'office_hours', from: noon }
    expect(stateOf({ ...within, until: opens }, { now: evening })).toBe('unmet grant_expired')
    expect(stateOf({ ...within, until: opens + 1 }, { now: evening })).toBe('unmet outside_schedule')
  })

  test('whose window is closed names its next opening in the zone of the schedule', () => {
    const within = grant({ schedule: 'office_hours', from: noon, until: noon + 10 * day })
    const { reasons, remedy } = verdictOf({ grant: 'required' }, { grants: [within], now: at('2026-11-18T20:00:00Z') })
    expect(reasons[0]!.parameters.opens).toBe('2026-11-19T08:00:00+01:00[Europe/Berlin]')
    expect(remedy).toEqual({ kind: 'wait', until: at('2026-11-19T07:00:00Z') })
  })

  test('of a schedule that is gone has ended', () => {
    expect(stateOf({ schedule: 'gone' })).toBe('unmet grant_expired')
  })

  test('is told by the most useful of several, in any order', () => {
    const readOnly = grant({ id: 'r', level: 'read' })
    const pending = grant({ id: 'p', from: noon + hour, until: noon + 2 * hour })
    const ended = grant({ id: 'e', until: noon - 1 })
    for (const grants of [
      [readOnly, pending, ended],
      [ended, pending, readOnly],
    ]) {
      expect(formatVerdict(verdictOf({ grant: 'required' }, { grants, method: 'POST' }))).toBe('unmet read_only')
      expect(
        formatVerdict(verdictOf({ grant: 'required' }, { grants: grants.filter((one) => one !== readOnly) })),
      ).toBe('unmet grant_pending')
    }
  })
})

describe('a path pattern', () => {
  test.each([
    ['admin', 'a path begins with /'],
    ['', 'a path begins with /'],
    ['x*', 'a path begins with /'],
    ['/a*b', '* may only stand at the end'],
    ['/a**', '* may only stand at the end'],
    ['/a?b', 'a path has no query and no fragment'],
    ['/a#b', 'a path has no query and no fragment'],
    ['*', undefined],
    ['/*', undefined],
    ['/a', undefined],
  ])('%j: %s', (pattern, problem) => {
    expect(patternProblem(pattern)).toBe(problem)
    if (problem !== undefined) {
      expect(() => verdictOf({ paths: [pattern] })).toThrow(`${pattern}: ${problem}`)
    }
  })

  test('that ends with a star is no exact path', () => {
    expect(formatVerdict(verdictOf({ paths: ['/a*'] }, { path: '/a*' }))).toBe('met')
    expect(formatVerdict(verdictOf({ paths: ['/a'] }, { path: '/a*' }))).toBe('unmet path_not_allowed')
  })
})

test.each([
  ['1', '1.0', 0],
  ['1.2', '1.10', -8],
  ['10', '9.9', 1],
  ['1.0.1', '1', 1],
  ['x1', '1', undefined],
  ['1x', '1', undefined],
  ['1', '1x', undefined],
  ['1', 'x1', undefined],
])('version %s compared with %s: %s', (left, right, order) => {
  expect(compareVersions(left, right)).toBe(order)
})

test('a posture or schedule that is not defined does not compile', () => {
  expect(() => verdictOf({ device: 'gone' })).toThrow('there is no posture gone')
  expect(() => verdictOf({ schedule: ['gone'] })).toThrow('there is no schedule gone')
  expect(() => verdictOf({ roles: ['gone'] })).toThrow('there is no role gone')
})
