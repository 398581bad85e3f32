// Checks of access requests and approvals at their bounds, with the parameters of each rejection.

import { describe, expect, test } from 'vitest'
import type { EmergencySettings, RequestSettings } from '../../../src/config/request-settings.ts'
import { entitlementsOf } from '../../../src/grants/entitlements.ts'
import {
  checkApproval,
  checkExtension,
  isActive,
  latestEnd,
  rejected,
  termsOf,
  text,
  validateRequest,
} from '../../../src/grants/requests/checks.ts'
import { RequestRejected, type ActingUser, type WantedAccess } from '../../../src/grants/requests/repository.ts'
import type { Approval, GrantRequest } from '../../../src/grants/requests/request.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { hourGrant, openRequest } from '../records.ts'
import {
  acting,
  administrator,
  anna,
  ben,
  configurationOf,
  day,
  emergencySettings,
  hour,
  minute,
  owner,
  requestSettings,
  start,
  wanted,
} from './environment.ts'

/** The checked request, or code and parameters of its rejection. */
function result(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof RequestRejected)) throw error
    return [error.code, error.detail]
  }
}

function asked(
  more: Partial<WantedAccess> = {},
  settings: Partial<RequestSettings> = {},
  by: ActingUser = acting(anna),
): unknown {
  const rules = entitlementsOf(configurationOf({ apps: { erp: { requests: requestSettings(settings) } } }))
  return result(() => validateRequest(wanted(more), by, rules, start))
}

describe('a request', () => {
  test('is returned as what was asked for, with the approvals it needs and the time it lapses after', () => {
    const more = { from: start + hour, ticket: ' INC-1 ', reason: ' month end ', level: 'read' } as const
    expect(asked(more, { approvals: 2 })).toEqual({
      level: 'read',
      duration: hour,
      from: start + hour,
      reason: 'month end',
      ticket: 'INC-1',
      needed: 2,
      lapseAfter: day,
    })
  })

  test.each<[string, Partial<WantedAccess>, Partial<RequestSettings>, unknown]>([
    ['to an app that does not exist', { app: 'wiki' }, {}, ['app_unknown', { app: 'wiki' }]],
    ['to an app without emergency access', { emergency: true }, {}, ['requests_closed', { app: 'erp' }]],
    ['by somebody who may not', {}, { eligible: { groups: ['x'] } }, ['not_eligible', { app: 'erp' }]],
    ['for a level not offered', {}, { levels: ['read'] }, ['level_not_offered', { level: 'full' }]],
    ['too short', { duration: 5 * minute - 1 }, {}, ['too_short', { min: 5 * minute }]],
    ['too long', { duration: 4 * hour + 1 }, {}, ['too_long', { max: 4 * hour }]],
    ['for half a millisecond', { duration: hour + 0.5 }, {}, ['ends_before_it_begins', {}]],
    ['for no time', { duration: 0 }, { minDuration: 0 }, ['ends_before_it_begins', {}]],
    ['that begins too late', { from: start + 7 * day + 1 }, {}, ['begins_too_late', { within: 7 * day }]],
    ['that ends now', { from: start - hour }, {}, ['ends_before_it_begins', {}]],
    ['that never begins', { from: Infinity }, { beginWithin: Infinity }, ['ends_before_it_begins', {}]],
    ['without a reason', { reason: undefined }, {}, ['reason_missing', {}]],
    ['with too long a reason', { reason: 'x'.repeat(2001) }, {}, ['text_too_long', { longest: 2000 }]],
    ['without a ticket', { ticket: ' ' }, { ticket: 'required' }, ['ticket_missing', {}]],
    ['with too long a ticket', { ticket: 'x'.repeat(201) }, {}, ['text_too_long', { longest: 200 }]],
    [
      'with another ticket',
      { ticket: 'INC-12x' },
      { ticketPattern: 'INC-[0-9]+' },
      ['ticket_malformed', { pattern: 'INC-[0-9]+' }],
    ],
    [
      'with a ticket for a pattern that cannot be read',
      { ticket: 'x' },
      { ticketPattern: '(' },
      ['ticket_malformed', { pattern: '(' }],
    ],
  ])('%s is rejected', (_says, more, settings, expected) => expect(asked(more, settings)).toEqual(expected))

  test.each<[string, Partial<WantedAccess>, Partial<RequestSettings>, object]>([
    ['for the shortest time', { duration: 5 * minute }, {}, { duration: 5 * minute }],
    ['for the longest time', { duration: 4 * hour }, {}, { duration: 4 * hour }],
    ['from the last moment on that is offered', { from: start + 7 * day }, {}, { from: start + 7 * day }],
    ['from now on begins with the approval', { from: start }, {}, { from: undefined }],
    ['that has begun already begins with the approval', { from: start - hour + 1 }, {}, { from: undefined }],
    ['with the longest reason', { reason: 'x'.repeat(2000) }, {}, { reason: 'x'.repeat(2000) }],
    ['without a reason where it is optional', { reason: ' ' }, { reason: 'optional' }, { reason: undefined }],
    ['without a ticket where it is optional', { ticket: undefined }, {}, { ticket: undefined }],
    ['with a ticket where none is taken', { ticket: 'x'.repeat(999) }, { ticket: 'none' }, { ticket: undefined }],
    ['with the longest ticket', { ticket: 'x'.repeat(200) }, {}, { ticket: 'x'.repeat(200) }],
    ['with a ticket of the form', { ticket: 'INC-12' }, { ticketPattern: 'INC-[0-9]+' }, { ticket: 'INC-12' }],
  ])('%s is accepted', (_says, more, settings, expected) => expect(asked(more, settings)).toMatchObject(expected))

  test('is of a person: an administrator needs none', () => {
    expect(asked({}, {}, administrator)).toEqual(['not_eligible', { app: 'erp' }])
  })

  describe('that needs a second factor of at most 15 minutes', () => {
    const fresh = { freshMfa: { ask: 15 * minute, approve: undefined } }
    const needed = ['mfa_needed', { level: 'mfa', maxAge: 15 * minute }]
    test.each([
      ['just fresh', { authTime: start - 15 * minute + 1 }, true],
      ['just too old', { authTime: start - 15 * minute }, false],
      ['a minute ahead, as clocks differ', { authTime: start + minute }, true],
      ['further ahead', { authTime: start + minute + 1 }, false],
      ['of unknown time', { authTime: undefined }, false],
      ['not proven', { authTime: start, mfa: false }, false],
    ])('%s', (_says, proof, accepted) => {
      const found = asked({}, fresh, acting(anna, proof))
      if (accepted) expect(found).toMatchObject({ duration: hour })
      else expect(found).toEqual(needed)
    })
  })
})

describe('an emergency', () => {
  function taken(
    more: Partial<WantedAccess> = {},
    settings: Partial<EmergencySettings> = {},
    proof: object = { authTime: start },
    passkeys = false,
  ): unknown {
    const emergency = emergencySettings(settings)
    const rules = entitlementsOf(
      configurationOf({ passkeys, apps: { erp: { requests: requestSettings(), emergency } } }),
    )
    return result(() => validateRequest(wanted({ emergency: true, ...more }), acting(anna, proof), rules, start))
  }

  test('needs no approval and does not lapse; a ticket is optional', () => {
    expect(taken({ ticket: ' T-1 ', from: start })).toEqual({
      level: 'full',
      duration: hour,
      from: undefined,
      reason: 'month end',
      ticket: 'T-1',
      needed: 0,
      lapseAfter: 0,
    })
    expect(taken({ duration: 1000 })).toMatchObject({ duration: 1000 })
  })

  test.each<[string, Partial<WantedAccess>, Partial<EmergencySettings>, unknown]>([
    ['of less than a second', { duration: 999 }, {}, ['too_short', { min: 1000 }]],
    ['too long', { duration: hour + 1 }, {}, ['too_long', { max: hour }]],
    ['that begins later', { from: start + 1 }, {}, ['begins_too_late', { within: 0 }]],
    ['that extends a grant', { extends: 'g' }, {}, ['extension_too_often', { most: 0 }]],
    ['without a reason', { reason: ' ' }, {}, ['reason_missing', {}]],
    ['of a higher level', { level: 'full' }, { level: 'read' }, ['level_not_offered', { level: 'full' }]],
    ['by somebody else', {}, { eligible: { groups: ['x'] } }, ['not_eligible', { app: 'erp' }]],
  ])('%s is rejected', (_says, more, settings, expected) => expect(taken(more, settings)).toEqual(expected))

  test('may be of a lower level', () => {
    expect(taken({ level: 'read' }, { level: 'full' })).toMatchObject({ level: 'read' })
    expect(taken({ level: 'read' }, { level: 'read' })).toMatchObject({ level: 'read' })
  })

  test('needs the strongest factor of the provider', () => {
    const needed = ['mfa_needed', { level: 'phishing_resistant', maxAge: 5 * minute }]
    expect(taken({}, {}, { authTime: start }, true)).toEqual(needed)
    expect(taken({}, {}, { authTime: start, mfa: false, phishingResistant: true }, true)).toMatchObject({ needed: 0 })
  })
})

const basis = { request: 'r-1', entitlement: 'requests', email: undefined, groups: [], external: false } as const
const given = (more: Partial<Grant> = {}) =>
  hourGrant({ until: start + 4 * hour, givenBy: 'corp|owner', basis, ...more })

describe('an extension', () => {
  const extension = (grant: Grant | undefined, duration = hour, settings = {}, at = start + hour, latest = Infinity) =>
    result(() => checkExtension(grant, 'corp|anna', 'erp', duration, requestSettings(settings), at, latest))

  test.each<[string, Grant | undefined]>([
    ['no grant', undefined],
    ['a grant of another user', given({ who: 'corp|ben' })],
    ['a grant for another app', given({ app: 'wiki' })],
    ['a grant that was not requested', given({ basis: undefined })],
    ['emergency access', given({ basis: { ...basis, entitlement: 'emergency' } })],
  ])('of %s is rejected', (_says, grant) => expect(extension(grant)).toEqual(['grant_unknown', {}]))

  test('of a grant that is over or revoked is rejected with the time of that', () => {
    expect(extension(given(), hour, {}, start + 4 * hour)).toEqual(['grant_over', { until: start + 4 * hour }])
    expect(extension(given({ revokedAt: start + 1 }))).toEqual(['grant_over', { until: start + 1 }])
    expect(extension(given(), hour, {}, start + 4 * hour - 1)).toMatchObject({ id: 'g1' })
  })

  test('is possible as often as configured', () => {
    const often = { maxExtensions: 2 }
    expect(extension(given({ extensions: ['a'] }), hour, often)).toMatchObject({ id: 'g1' })
    expect(extension(given({ extensions: ['a', 'b'] }), hour, often)).toEqual(['extension_too_often', { most: 2 }])
    expect(extension(given({ extensions: undefined }), hour, { maxExtensions: 0 })).toEqual([
      'extension_too_often',
      { most: 0 },
    ])
  })

  test('ends within the total, counted from the beginning of the grant, and at the latest permitted end', () => {
    const total = { maxTotal: 6 * hour }
    expect(extension(given(), 2 * hour, total)).toMatchObject({ id: 'g1' })
    expect(extension(given(), 2 * hour + 1, total)).toEqual(['too_long', { longest: 2 * hour }])
    expect(extension(given(), hour, {}, start, start + 5 * hour)).toMatchObject({ id: 'g1' })
    expect(extension(given(), hour + 1, {}, start, start + 5 * hour)).toEqual(['too_long', { longest: hour }])
    // Never a negative rest.
    expect(extension(given(), hour, { maxTotal: hour })).toEqual(['too_long', { longest: 0 }])
  })
})

const request = (more: Partial<GrantRequest> = {}) => openRequest('r-1', more)

describe('an approval', () => {
  const approval = (
    asked: Partial<GrantRequest>,
    reduced: Parameters<typeof checkApproval>[1] = {},
    settings: Partial<RequestSettings> = {},
    by: ActingUser = acting(owner),
  ) => result(() => checkApproval(request(asked), reduced, by, requestSettings(settings), start))

  test('is of all that was asked for, unless reduced', () => {
    expect(approval({})).toEqual({
      by: { provider: 'corp', sub: 'owner', email: 'owner@example.com', name: 'owner' },
      at: start,
      level: 'full',
      duration: hour,
      comment: undefined,
    })
    expect(approval({}, { level: 'read', duration: minute * 10, comment: ' go on ' })).toMatchObject({
      level: 'read',
      duration: 10 * minute,
      comment: 'go on',
    })
    expect(approval({ level: 'read' }, { level: 'read' })).toMatchObject({ level: 'read' })
  })

  test.each<[string, Parameters<typeof approval>, unknown]>([
    ['more than asked', [{ level: 'read' }, { level: 'full' }], ['more_than_asked', { level: 'read' }]],
    ['longer than asked', [{}, { duration: hour + 1 }], ['longer_than_asked', { longest: hour }]],
    ['a level no longer offered', [{}, {}, { levels: ['read'] }], ['level_not_offered', { level: 'full' }]],
    ['longer than offered now', [{}, {}, { maxDuration: minute }], ['too_long', { max: minute }]],
    ['less than a second', [{}, { duration: 999 }], ['too_short', { min: 1000 }]],
    ['no time', [{}, { duration: 0 }], ['ends_before_it_begins', {}]],
    ['with too long a comment', [{}, { comment: 'x'.repeat(2001) }], ['text_too_long', { longest: 2000 }]],
  ])('%s is rejected', (_says, given, expected) => expect(approval(...given)).toEqual(expected))

  test('of a lower level is possible where only the higher is offered', () => {
    expect(approval({}, { level: 'read' }, { levels: ['full'] })).toMatchObject({ level: 'read' })
    expect(approval({ level: 'read' }, {}, { levels: ['read'] })).toMatchObject({ level: 'read' })
  })

  test('may last for as long as was asked, and for a request of less than a second', () => {
    expect(approval({}, { duration: hour })).toMatchObject({ duration: hour })
    expect(approval({}, { duration: 1000 })).toMatchObject({ duration: 1000 })
    expect(approval({ duration: 500 })).toMatchObject({ duration: 500 })
    expect(approval({ duration: 500 }, { duration: 499 })).toEqual(['too_short', { min: 500 }])
  })

  test('needs a fresh second factor of a person, not of the administrator at the machine', () => {
    const fresh = { freshMfa: { ask: undefined, approve: 15 * minute } }
    expect(approval({}, {}, fresh)).toEqual(['mfa_needed', { level: 'mfa', maxAge: 15 * minute }])
    expect(approval({}, {}, fresh, acting(owner, { authTime: start }))).toMatchObject({ duration: hour })
    expect(approval({}, {}, fresh, administrator)).toMatchObject({
      by: { provider: '', sub: 'admin socket', email: undefined, name: 'admin socket' },
    })
  })
})

describe('the terms', () => {
  const by = { provider: 'corp', sub: 'owner', email: undefined, name: undefined }
  const one = (more: Partial<Approval> = {}): Approval => ({
    by,
    at: start,
    level: 'full',
    duration: hour,
    comment: undefined,
    ...more,
  })
  const terms = (asked: Partial<GrantRequest>, approvals: readonly Approval[], grant?: Grant) =>
    termsOf(request(asked), approvals, grant, start)

  test('are the least of the request and all approvals', () => {
    expect(terms({}, [one(), one()])).toEqual({ level: 'full', from: start, until: start + hour })
    expect(terms({}, [one({ duration: minute }), one()])).toEqual({ level: 'full', from: start, until: start + minute })
    expect(terms({}, [one(), one({ level: 'read' })])).toMatchObject({ level: 'read' })
    expect(terms({ level: 'read' }, [one()])).toMatchObject({ level: 'read' })
    expect(terms({ duration: minute }, [one()])).toMatchObject({ until: start + minute })
  })

  test('begin as asked for, but not before the approval', () => {
    expect(terms({ from: start + hour }, [one()])).toMatchObject({ from: start + hour, until: start + 2 * hour })
    expect(terms({ from: start - hour }, [one()])).toMatchObject({ from: start, until: start + hour })
  })

  test('of an extension go on from the end of the grant', () => {
    const grant = given({ from: start - hour, until: start + 10 * minute })
    expect(terms({ from: start + day }, [one({ level: 'read' })], grant)).toEqual({
      level: 'read',
      from: start - hour,
      until: start + 10 * minute + hour,
    })
  })
})

test('external users have at most 90 days from now, by account or by address; others have no such end', () => {
  const external = { providers: new Set(['vendor']), people: ['lee@vendor.example'] }
  const rules = entitlementsOf({ ...configurationOf(), external })
  const person = { provider: 'corp', sub: '7', email: undefined, name: undefined }
  expect(latestEnd({ ...person, provider: 'vendor' }, rules, start)).toBe(start + 90 * day)
  expect(latestEnd({ ...person, email: 'lee@vendor.example' }, rules, start)).toBe(start + 90 * day)
  expect(latestEnd({ ...person, email: 'lee@corp.example' }, rules, start)).toBe(Infinity)
  expect(latestEnd(person, rules, start)).toBe(Infinity)
})

test('a grant is active until it ends or is revoked, also before it begins', () => {
  expect(isActive(given(), start + 4 * hour - 1)).toBe(true)
  expect(isActive(given(), start + 4 * hour)).toBe(false)
  expect(isActive(given(), start - hour)).toBe(true)
  expect(isActive(given({ revokedAt: start + 1 }), start)).toBe(false)
})

test('a text is trimmed; blank is none', () => {
  expect([text(undefined), text(''), text(' \t\n'), text(' a b ')]).toEqual([undefined, undefined, undefined, 'a b'])
  expect(text(` ${'x'.repeat(2000)} `)).toHaveLength(2000)
})

test('a rejection has its code, its parameters and a sentence for the command line', () => {
  const error = rejected('too_short', { min: 5 })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ code: 'too_short', detail: { min: 5 } })
  expect(error.message).toBe('the duration is shorter than the configuration allows')
  expect(rejected('no_review_due').detail).toEqual({})
  expect(
    result(() => validateRequest(wanted(), acting(ben), entitlementsOf(configurationOf({ apps: {} })), start)),
  ).toEqual(['app_unknown', { app: 'erp' }])
})
