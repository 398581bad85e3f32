// Audit events of grants and requests: whom they tell, how they name the person, and which page they link to.

import { describe, expect, test } from 'vitest'
import { createEntitlements } from '../../src/grants/entitlements.ts'
import { actorOf, createGrantEvents, nameOf, personOf } from '../../src/grants/grant-events.ts'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import type { Grant } from '../../src/policy/grant.ts'
import { hourGrant } from './records.ts'
import {
  acting,
  administrator,
  anna,
  configurationOf,
  emergencySettings,
  hour,
  requestSettings,
  start,
  subject,
} from './requests/environment.ts'

const emergency = emergencySettings({ reviewers: { users: ['reviewer@example.com'] } })
const configuration = configurationOf({ apps: { erp: { requests: requestSettings(), emergency } } })
const events = createGrantEvents(
  () => configuration,
  createEntitlements(() => configuration),
)
const system = { kind: 'system' } as const

const basis = {
  request: 'r-1',
  entitlement: 'requests',
  email: 'anna@example.com',
  groups: [],
  external: false,
} as const
const grant = (more: Partial<Grant> = {}) => hourGrant({ reason: 'month end', ...more })
const given = (more: Partial<Grant> = {}, activity: 'given' | 'revoked' = 'given') =>
  events.grantEvent(start, activity, grant(more), system)

describe('the event of a grant', () => {
  test('has its terms, and tells nobody who is not named in it', () => {
    expect(given()).toEqual({
      kind: 'grant',
      at: start,
      actor: system,
      activity: 'given',
      grant: {
        id: 'g1',
        who: 'corp|anna',
        app: 'erp',
        level: 'full',
        from: start,
        until: start + hour,
        reason: 'month end',
        sponsor: undefined,
      },
      tell: {
        approvers: [],
        requester: undefined,
        sponsor: undefined,
        person: 'anna',
        app: 'ERP',
        link: 'https://access.example.com/grants/g1',
      },
    })
  })

  test('to an address tells that address, and the sponsor', () => {
    expect(given({ who: 'partners|mailto:miro@partner.example', sponsor: 'erika@example.com' }).tell).toMatchObject({
      requester: 'miro@partner.example',
      sponsor: 'erika@example.com',
      person: 'miro@partner.example',
    })
  })

  test('that was requested tells the requester and the approvers, and links to the request', () => {
    expect(given({ basis })).toMatchObject({
      tell: {
        approvers: ['owner@example.com', 'boss@example.com'],
        requester: 'anna@example.com',
        person: 'anna@example.com',
        link: 'https://access.example.com/requests/r-1',
      },
    })
    expect(given({ basis }).grant).not.toHaveProperty('emergency')
  })

  test('that was taken in an emergency is marked, and tells the reviewers', () => {
    expect(given({ basis: { ...basis, entitlement: 'emergency' } })).toMatchObject({
      grant: { emergency: true },
      tell: { approvers: ['reviewer@example.com'], person: 'anna@example.com' },
    })
  })

  test('that a code opened is named after the code, with the stated name beside it', () => {
    const codes = { ...basis, entitlement: 'codes', email: undefined, statedName: 'Max Muster' } as const
    expect(given({ who: 'emergency|c0de', basis: codes })).toMatchObject({
      grant: { emergency: true, statedName: 'Max Muster' },
      tell: { approvers: ['reviewer@example.com'], requester: undefined, person: 'Emergency code c0de' },
    })
  })

  test('has the contract where there is one, and why the system revoked it', () => {
    expect(given({ contract: 'c-1' }).grant.contract).toBe('c-1')
    expect(given().grant).not.toHaveProperty('contract')
    expect(given({ revokedFor: 'app_gone' }, 'revoked').grant.revokedFor).toBe('app_gone')
    expect(given({}, 'revoked').grant).not.toHaveProperty('revokedFor')
    expect(given({ revokedFor: 'app_gone' }).grant).not.toHaveProperty('revokedFor')
  })

  test('for an app that is gone has its name', () => {
    expect(given({ app: 'gone' }).tell?.app).toBe('gone')
  })
})

describe('the event of a request', () => {
  const request = {
    id: 'r-1',
    app: 'erp',
    by: { provider: 'corp', sub: 'anna', email: 'anna@example.com', name: 'Anna' },
    level: 'full',
    duration: hour,
    reason: 'month end',
    ticket: 'T-1',
    emergency: false,
    grant: undefined,
    extends: undefined,
  } as unknown as GrantRequest
  const about = (
    more: Partial<GrantRequest> = {},
    activity: Parameters<typeof events.requestEvent>[1] = 'opened',
    comment?: string,
  ) => events.requestEvent(start, activity, { ...request, ...more }, system, comment)

  test.each([
    ['opened', 'approvals'],
    ['supported', 'approvals'],
    ['unreviewed', 'approvals'],
    ['approved', 'requests'],
    ['denied', 'requests'],
    ['withdrawn', 'requests'],
    ['lapsed', 'requests'],
    ['reviewed', 'requests'],
  ] as const)('that was %s links to its page below /%s', (activity, folder) => {
    expect(about({}, activity).tell?.link).toBe(`https://access.example.com/${folder}/r-1`)
  })

  test('tells its approvers; of an emergency, its reviewers', () => {
    expect(about().tell?.approvers).toEqual(['owner@example.com', 'boss@example.com'])
    expect(about({ emergency: true }).tell?.approvers).toEqual(['reviewer@example.com'])
  })

  test('names the requester by name, else address, else account', () => {
    const by = request.by
    expect(about().tell?.person).toBe('Anna')
    expect(about({ by: { ...by, name: undefined } }).tell?.person).toBe('anna@example.com')
    expect(about({ by: { ...by, name: undefined, email: undefined } }).tell?.person).toBe('anna')
  })

  test('has the grant, a stated name and a comment where there are any', () => {
    expect(about({ grant: 'g1', statedName: 'Max' }, 'approved', 'go on').request).toMatchObject({
      grant: 'g1',
      statedName: 'Max',
      comment: 'go on',
    })
    for (const key of ['grant', 'statedName', 'comment']) expect(about().request).not.toHaveProperty(key)
  })
})

describe('who acts', () => {
  test('a user is recorded with account, groups and session, and with address and name where known', () => {
    expect(actorOf(acting(anna))).toEqual({
      kind: 'person',
      provider: 'corp',
      sub: 'anna',
      groups: ['finance', 'on-call'],
      session: 'session-of-anna',
      email: 'anna@example.com',
      name: 'anna',
    })
    const bare = actorOf(acting(subject('x', { email: undefined, name: undefined })))
    for (const key of ['email', 'name']) expect(bare).not.toHaveProperty(key)
  })

  test('an administrator has no provider and no address', () => {
    expect(actorOf(administrator)).toEqual({ kind: 'administrator', name: 'admin socket' })
    expect(personOf(administrator)).toEqual({
      provider: '',
      sub: 'admin socket',
      email: undefined,
      name: 'admin socket',
    })
  })

  test('is named in a grant by account, by name, or as the system', () => {
    expect(nameOf({ kind: 'person', provider: 'corp', sub: 'anna' })).toBe('corp|anna')
    expect(nameOf({ kind: 'administrator', name: 'root' })).toBe('root')
    expect([nameOf({ kind: 'system' }), nameOf({ kind: 'stranger' })]).toEqual(['system', 'stranger'])
  })
})
