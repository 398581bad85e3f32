// Entitlements: who may request, decide, oversee and use emergency access, and when a grant loses its basis.

import { describe, expect, test } from 'vitest'
import { createEntitlements, entitlementsOf, type Entitlements } from '../../src/grants/entitlements.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { Subject } from '../../src/policy/subject.ts'
import { hourGrant } from './records.ts'
import {
  anna,
  ben,
  boss,
  configurationOf,
  emergencySettings,
  hour,
  kim,
  minute,
  owner,
  requestSettings,
  subject,
  day,
} from './requests/environment.ts'

type Settings = Parameters<typeof entitlementsOf>[0]

const both = { requests: requestSettings(), emergency: emergencySettings() }
const settings = (more: Partial<Settings> = {}, apps: object = { erp: both }): Settings => ({
  ...configurationOf({ apps: apps as never }),
  ...more,
})
const of = (more?: Partial<Settings>, apps?: object): Entitlements => entitlementsOf(settings(more, apps))

const viaCode = subject('code', { provider: 'emergency', groups: ['finance', 'on-call'], email: undefined })

describe('what an app offers', () => {
  test('is read by its name', () => {
    const rules = of()
    expect([rules.hasApp('erp'), rules.hasApp('wiki')]).toEqual([true, false])
    expect([rules.requests('erp'), rules.emergency('erp')]).toEqual([both.requests, both.emergency])
    expect([rules.requests('wiki'), rules.emergency('wiki')]).toEqual([undefined, undefined])
  })

  test('requests and emergencies are open to different people', () => {
    const rules = of()
    const eligible = (who: Subject) =>
      (['requests', 'emergency'] as const).map((entitlement) => rules.eligible(who, 'erp', entitlement))
    expect(eligible(anna)).toEqual([true, true])
    expect(eligible(ben)).toEqual([true, false])
    expect(eligible(boss)).toEqual([false, false])
    expect(rules.eligible(anna, 'wiki', 'requests')).toBe(false)
  })

  test('nobody is eligible where it is not offered, nor decides there', () => {
    const rules = of({}, { erp: {} })
    for (const entitlement of ['requests', 'emergency'] as const) {
      expect(rules.eligible(anna, 'erp', entitlement)).toBe(false)
      expect(rules.mayDecide(owner, 'erp', entitlement)).toBe(false)
    }
  })

  test('the bearer of an emergency code belongs to no set, not even to that of everyone', () => {
    const everyone = requestSettings({ eligible: {}, approvers: {} })
    const rules = of({}, { erp: { requests: everyone } })
    expect([rules.eligible(anna, 'erp', 'requests'), rules.eligible(viaCode, 'erp', 'requests')]).toEqual([true, false])
    expect(rules.mayDecide(viaCode, 'erp', 'requests')).toBe(false)
  })

  test('is one offer with its bounds, for a user who may request and use emergency access', () => {
    expect(of().offer(anna, 'erp')).toEqual({
      app: 'erp',
      levels: ['read', 'full'],
      minDuration: 5 * minute,
      defaultDuration: hour,
      maxDuration: 4 * hour,
      beginWithin: 7 * day,
      reason: 'required',
      ticket: 'optional',
      ticketPattern: undefined,
      approvals: 1,
      freshMfa: undefined,
      emergency: {
        maxDuration: hour,
        level: 'full',
        mfa: { level: 'mfa', maxAge: 5 * minute },
        reviewWithin: day,
      },
    })
  })

  test('is what the app asks for: ticket, its pattern, approvals and a fresh second factor', () => {
    const requests = requestSettings({
      reason: 'optional',
      ticket: 'required',
      ticketPattern: 'INC-[0-9]+',
      approvals: 2,
      freshMfa: { ask: 10 * minute, approve: undefined },
    })
    expect(of({}, { erp: { requests } }).offer(ben, 'erp')).toMatchObject({
      reason: 'optional',
      ticket: 'required',
      ticketPattern: 'INC-[0-9]+',
      approvals: 2,
      freshMfa: 10 * minute,
      emergency: undefined,
    })
  })

  test('without requests is emergency access alone: no level and no duration', () => {
    const oncall = subject('oncall', { groups: ['on-call'] })
    expect(of().offer(oncall, 'erp')).toEqual({
      app: 'erp',
      levels: [],
      minDuration: 0,
      defaultDuration: 0,
      maxDuration: 0,
      beginWithin: 0,
      reason: 'required',
      ticket: 'none',
      ticketPattern: undefined,
      approvals: 0,
      freshMfa: undefined,
      emergency: expect.objectContaining({ maxDuration: hour }),
    })
  })

  test('is nothing for others, and for an unknown app', () => {
    expect([of().offer(boss, 'erp'), of().offer(anna, 'wiki'), of({}, { erp: {} }).offer(anna, 'erp')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('codes are accepted if any app accepts them', () => {
    const closed = { emergency: emergencySettings() }
    const open = { emergency: emergencySettings({ codes: true }) }
    expect(of({}, { erp: closed }).acceptsCodes()).toBe(false)
    expect(of({}, { erp: closed, wiki: open, shop: {} }).acceptsCodes()).toBe(true)
    expect(of({}, { erp: {} }).acceptsCodes()).toBe(false)
  })
})

describe('the strongest factor of a provider', () => {
  const withProof = (proof: object | undefined) =>
    of({ providers: new Map([['corp', { name: 'corp', phishingResistant: proof }]]) as never }).strongestFactor('corp')

  test('is phishing-resistant if a value of amr or acr proves it', () => {
    expect(withProof({ amrAny: ['hwk'], acrAny: [] })).toBe('phishing_resistant')
    expect(withProof({ amrAny: [], acrAny: ['phr'] })).toBe('phishing_resistant')
    expect(withProof({ amrAny: [], acrAny: [] })).toBe('mfa')
    expect(withProof(undefined)).toBe('mfa')
    expect(of().strongestFactor('nothing')).toBe('mfa')
  })

  test('is asked for in an emergency', () => {
    const proof = { amrAny: ['hwk'], acrAny: [] }
    const providers = new Map([['corp', { name: 'corp', phishingResistant: proof }]]) as never
    expect(of({ providers }).offer(anna, 'erp')?.emergency?.mfa.level).toBe('phishing_resistant')
  })
})

describe('deciding', () => {
  test('is of approvers for requests, and of reviewers for emergencies', () => {
    const rules = of()
    const decides = (who: Subject) =>
      (['requests', 'emergency'] as const).map((entitlement) => rules.mayDecide(who, 'erp', entitlement))
    expect(decides(owner)).toEqual([true, true])
    expect(decides(kim)).toEqual([true, false])
    expect(decides(anna)).toEqual([false, false])
    expect(rules.mayDecide(owner, 'wiki', 'requests')).toBe(false)
  })

  test('who decides anything is an approver or a reviewer of any app', () => {
    const apps = {
      wiki: {},
      erp: { requests: requestSettings({ approvers: { users: ['kim@example.com'] } }) },
      shop: { emergency: emergencySettings({ reviewers: { users: ['boss@example.com'] } }) },
    }
    expect([kim, boss, anna].map(of({}, apps).mayDecideAnything)).toEqual([true, true, false])
    expect(of({}, {}).mayDecideAnything(kim)).toBe(false)
  })
})

describe('overseeing an emergency', () => {
  const roles = new Map([
    ['admins', { groups: ['console-admins'], users: [] }],
    ['viewers', { groups: [], users: ['viewer@example.com'] }],
  ])
  const console = { admins: ['admins'], viewers: ['viewers'], reviewEvery: day }
  const admin = subject('admin', { groups: ['console-admins'] })
  const viewer = subject('viewer')
  const rules = of({ roles, console })
  const acts = (who: Subject, app = 'erp', by = rules) =>
    (['view', 'end'] as const).map((act) => by.oversees(who, app, act))

  test.each([
    ['a reviewer views and ends', boss, [true, true]],
    ['an approver views and ends', kim, [true, true]],
    ['an admin of the console views and ends', admin, [true, true]],
    ['a viewer of the console views only', viewer, [true, false]],
    ['another user does neither', anna, [false, false]],
  ])('%s', (_says, who, expected) => expect(acts(who)).toEqual(expected))

  test('at an unknown app, admins and viewers alone do', () => {
    expect([acts(boss, 'nothing'), acts(admin, 'nothing'), acts(viewer, 'nothing')]).toEqual([
      [false, false],
      [true, true],
      [true, false],
    ])
  })

  test('at an app without reviewers, admins and viewers alone do', () => {
    const apps = { erp: {} }
    const bare = of({ roles, console }, apps)
    expect([acts(boss, 'erp', bare), acts(admin, 'erp', bare), acts(viewer, 'erp', bare)]).toEqual([
      [false, false],
      [true, true],
      [true, false],
    ])
  })

  test('with the console closed, or without roles in it, nobody is admin or viewer', () => {
    for (const closed of [of({ roles }), of({ roles, console: { ...console, admins: [], viewers: [] } })]) {
      expect([acts(admin, 'erp', closed), acts(viewer, 'erp', closed)]).toEqual([
        [false, false],
        [false, false],
      ])
    }
  })
})

describe('addresses of approvers', () => {
  const addresses = (set: object, roles = new Map()) =>
    of({ roles }, { erp: { requests: requestSettings({ approvers: set }) } }).approvers('erp', 'requests')

  test('are those listed one by one, here or in a role: as address, or as address at a provider', () => {
    const roles = new Map([['owners', { groups: ['grp'], users: ['Owner@Example.com', 'corp|7'] }]])
    expect(addresses({ users: ['a@x.test', 'corp|mailto:B@x.test', 'corp|42', 'nobody'] }, roles)).toEqual([
      'a@x.test',
      'b@x.test',
    ])
    expect(addresses({ roles: ['owners'] }, roles)).toEqual(['owner@example.com'])
  })

  test('are named once however they are written', () => {
    expect(addresses({ users: ['a@x.test', ' A@X.test ', 'corp|mailto:a@x.test'] })).toEqual(['a@x.test'])
    expect(addresses({ users: ['ju\u0308rgen@x.test', 'jürgen@x.test'] })).toEqual(['jürgen@x.test'])
    expect(addresses({ groups: ['approvers'] })).toEqual([])
  })

  test('are reviewers for emergencies, and none for an unknown app', () => {
    const rules = of({}, { erp: { ...both, emergency: emergencySettings({ reviewers: { users: ['r@x.test'] } }) } })
    expect(rules.approvers('erp', 'requests')).toEqual(['owner@example.com', 'boss@example.com'])
    expect(rules.approvers('erp', 'emergency')).toEqual(['r@x.test'])
    expect(rules.approvers('wiki', 'requests')).toEqual([])
    for (const entitlement of ['requests', 'emergency'] as const) {
      expect(of({}, { erp: {} }).approvers('erp', entitlement)).toEqual([])
    }
    expect(rules.approvers('wiki', 'emergency')).toEqual([])
  })
})

describe('a grant given at run time', () => {
  const basis = (entitlement: 'requests' | 'emergency' | 'codes', groups: readonly string[] = ['finance', 'on-call']) =>
    ({ request: 'r-1', entitlement, email: 'anna@example.com', groups, external: false }) as const

  test.each<[string, Partial<Grant>, Partial<Settings>, object, string | undefined]>([
    ['without a basis is valid', {}, {}, {}, undefined],
    ['to an app that is gone', {}, {}, { apps: {} }, 'app_gone'],
    ['declared in the configuration needs nothing', { origin: 'configuration' }, {}, { apps: {} }, undefined],
    [
      'with a sponsor who is listed',
      { sponsor: ' Erika@example.com ' },
      { sponsors: new Set(['erika@example.com']) },
      {},
      undefined,
    ],
    [
      'with a sponsor whose domain is written beyond ASCII',
      { sponsor: 'kim@MÜNCHEN.example' },
      { sponsors: new Set(['kim@xn--mnchen-3ya.example']) },
      {},
      undefined,
    ],
    [
      'with a sponsor who is not',
      { sponsor: 'max@example.com' },
      { sponsors: new Set(['erika@example.com']) },
      {},
      'sponsor_gone',
    ],
    ['with a sponsor where none are listed', { sponsor: 'max@example.com' }, { sponsors: undefined }, {}, undefined],
    ['without a sponsor where some are listed', {}, { sponsors: new Set(['erika@example.com']) }, {}, undefined],
    ['requested, by somebody who still may', { basis: basis('requests') }, {}, {}, undefined],
    [
      'requested, at an app that takes no requests',
      { basis: basis('requests') },
      {},
      { apps: { erp: { emergency: both.emergency } } },
      'entitlement_gone',
    ],
    [
      'requested, by somebody who no longer may',
      { basis: basis('requests', ['on-call']) },
      {},
      {},
      'no_longer_eligible',
    ],
    ['taken in an emergency', { basis: basis('emergency') }, {}, {}, undefined],
    [
      'taken in an emergency, at an app without',
      { basis: basis('emergency') },
      {},
      { apps: { erp: { requests: both.requests } } },
      'entitlement_gone',
    ],
    [
      'taken in an emergency, by somebody who no longer may',
      { basis: basis('emergency', ['finance']) },
      {},
      {},
      'no_longer_eligible',
    ],
    [
      'by a code, where codes are accepted',
      { basis: basis('codes') },
      {},
      { apps: { erp: { emergency: emergencySettings({ codes: true }) } } },
      undefined,
    ],
    ['by a code, where they no longer are', { basis: basis('codes') }, {}, {}, 'entitlement_gone'],
    [
      'by a code, at an app without emergency access',
      { basis: basis('codes') },
      {},
      { apps: { erp: {} } },
      'entitlement_gone',
    ],
  ])('%s', (_says, more, configuration, { apps = { erp: both } }: { apps?: object }, expected) => {
    expect(of(configuration, apps).invalidReason(hourGrant(more))).toBe(expected)
  })

  test.each([
    ['full', ['read', 'full'], undefined],
    ['read', ['read', 'full'], undefined],
    // An approver may have granted less than is offered.
    ['read', ['full'], undefined],
    ['read', ['read'], undefined],
    ['full', ['read'], 'entitlement_gone'],
  ] as const)('of level %s where %j is offered: %s', (level, levels, expected) => {
    const rules = of({}, { erp: { requests: requestSettings({ levels }) } })
    expect(rules.invalidReason(hourGrant({ level, basis: basis('requests') }))).toBe(expected)
  })

  test('is checked with the account and address of the request', () => {
    const eligible = (users: readonly string[]) =>
      of({}, { erp: { requests: requestSettings({ eligible: { users } }) } }).invalidReason(
        hourGrant({ who: 'corp|a|b', basis: basis('requests') }),
      )
    expect(eligible(['corp|a|b'])).toBeUndefined()
    expect(eligible(['anna@example.com'])).toBeUndefined()
    expect(eligible(['corp|a'])).toBe('no_longer_eligible')
  })

  test('is checked with the subject as it is now as well', () => {
    const rules = of()
    const requested = hourGrant({ basis: basis('requests') })
    expect(rules.invalidReasonFor(requested, anna)).toBeUndefined()
    expect(rules.invalidReasonFor(requested, { ...anna, groups: [] })).toBe('no_longer_eligible')
    expect(rules.invalidReasonFor(hourGrant({ basis: basis('emergency') }), ben)).toBe('no_longer_eligible')
    expect(rules.invalidReasonFor(hourGrant({ basis: basis('emergency') }), anna)).toBeUndefined()
    expect(of({}, {}).invalidReasonFor(requested, anna)).toBe('app_gone')
    // Without a basis, attributes of the subject do not matter; the bearer of a code has none.
    expect(rules.invalidReasonFor(hourGrant(), { ...anna, groups: [] })).toBeUndefined()
    const codes = of({}, { erp: { emergency: emergencySettings({ codes: true }) } })
    expect(codes.invalidReasonFor(hourGrant({ basis: basis('codes') }), viaCode)).toBeUndefined()
    expect(rules.invalidReasonFor(hourGrant({ basis: basis('codes') }), viaCode)).toBe('entitlement_gone')
  })
})

describe('two accounts', () => {
  const person = (sub: string, more: object = {}) => ({ ...subject(sub), ...more })
  const administrator = { provider: '', sub: 'root', email: undefined, name: 'root' }

  test('of one person have a common name if they are linked, by subject or by address', () => {
    const { nameOf } = of({ linked: [['corp|anna', 'partners|mailto:anna@partner.example', 'partners|9']] })
    expect(nameOf(person('anna'))).toBe('corp|anna')
    expect(nameOf(person('9', { provider: 'partners' }))).toBe('corp|anna')
    expect(nameOf(person('x', { provider: 'partners', email: 'anna@partner.example' }))).toBe('corp|anna')
    expect(nameOf(person('x', { provider: 'corp', email: 'anna@partner.example' }))).toBe('corp|x')
    expect(nameOf(person('x', { provider: 'partners', email: undefined }))).toBe('partners|x')
  })

  test('are not linked by an address that another provider vouches for', () => {
    const providers = new Map([
      ['corp', { name: 'corp', domains: ['example.com'] }],
      ['partners', { name: 'partners' }],
    ]) as never
    const rules = of({ providers, linked: [['corp|anna', 'partners|mailto:anna@example.com']] })
    expect(rules.nameOf(person('x', { provider: 'partners', email: 'anna@example.com' }))).toBe('partners|x')
    expect(rules.emailOf({ provider: 'partners', email: 'anna@example.com' })).toBeUndefined()
    expect(rules.emailOf({ provider: 'corp', email: 'anna@example.com' })).toBe('anna@example.com')
  })

  test('an administrator and the bearer of a code are other people than any user', () => {
    const { comparePeople } = of()
    const nameless = person('anna', { email: undefined })
    expect(comparePeople(administrator, nameless)).toBe('different')
    expect(comparePeople(nameless, administrator)).toBe('different')
    expect(comparePeople(viaCode, nameless)).toBe('different')
    expect(comparePeople(nameless, viaCode)).toBe('different')
    expect(comparePeople(administrator, administrator)).toBe('same')
  })

  test('without an address at one provider are two people; at two providers that is unclear', () => {
    const { comparePeople } = of()
    const [one, other] = [person('a', { email: undefined }), person('b', { email: undefined })]
    expect(comparePeople(one, other)).toBe('different')
    expect(comparePeople(one, { ...other, provider: 'partners' })).toBe('unclear')
  })
})

test('whether a grantee is external follows the configuration; without external people nobody is', () => {
  const external = { providers: new Set(['partners']), people: ['lee@vendor.example'] }
  const { external: isExternal } = of({ external })
  expect(['partners|7', 'corp|mailto:lee@vendor.example', 'corp|7'].map(isExternal)).toEqual([true, true, false])
  expect(of().external('partners|7')).toBe(false)
})

test('are compiled once for a configuration, and anew for the next', () => {
  let current = settings()
  const entitlements = createEntitlements(() => current)
  const first = entitlements()
  expect(entitlements()).toBe(first)
  current = settings({}, {})
  expect(entitlements()).not.toBe(first)
  expect(entitlements().hasApp('erp')).toBe(false)
})
