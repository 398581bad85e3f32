// Decisions on access requests: what is recorded, who may see and end what, and what is asked of the current configuration.

import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import { createGrantEvents } from '../../../src/grants/grant-events.ts'
import { createRequestWriting } from '../../../src/grants/requests/write.ts'
import type { GrantRequest } from '../../../src/grants/requests/request.ts'
import { actorOfPerson, grantIdOf } from '../../../src/grants/requests/write.ts'
import { createSeal } from '../../../src/store/seal.ts'
import {
  acting,
  administrator,
  anna,
  ben,
  boss,
  configurationOf,
  day,
  emergencySettings,
  hour,
  kim,
  minute,
  owner,
  refusal,
  requestSettings,
  start,
  subject,
  wanted,
  type RequestNode,
  type Rules,
} from './environment.ts'
import { nodesOfATest } from './nodes-of-a-test.ts'

const opened = nodesOfATest()
const { clock, node } = opened
const last = ({ events }: RequestNode) => events.at(-1) as Extract<AuditEvent, { kind: 'request' }>
const detailOf = (act: Promise<unknown>) =>
  act.then(
    () => undefined,
    (error: { detail: unknown }) => error.detail,
  )

const both: Rules = { apps: { erp: { requests: requestSettings(), emergency: emergencySettings() } } }
const emergency = (more: object = {}) => wanted({ emergency: true, duration: 30 * minute, ...more })
const fresh = { authTime: start }

describe('an event', () => {
  test('of a decision names who decided, with a trimmed comment; without one there is none', async () => {
    const here = await node({ apps: { erp: { requests: requestSettings({ approvals: 2 }) } } })
    const { id } = await here.requests.create(wanted(), acting(anna))
    await here.requests.approve(id, { comment: ' fine ' }, acting(owner))
    expect(last(here)).toMatchObject({
      at: start,
      activity: 'supported',
      actor: { kind: 'person', sub: 'owner', session: 'session-of-owner' },
      request: { id, comment: 'fine' },
    })
    await here.requests.deny(id, ' no ', acting(boss))
    expect(last(here)).toMatchObject({ activity: 'denied', actor: { sub: 'boss' }, request: { comment: 'no' } })
    const own = await here.requests.create(wanted(), acting(ben))
    const withdrawn = await here.requests.withdraw(own.id, acting(ben))
    expect(withdrawn).toMatchObject({ state: 'withdrawn', version: 2, closed: { at: start, by: { sub: 'ben' } } })
    expect(last(here)).toMatchObject({ activity: 'withdrawn', actor: { sub: 'ben' } })
    expect(last(here).request).not.toHaveProperty('comment')
  })

  test('of a review has its comment, and the review is kept with time and reviewer', async () => {
    const here = await node(both)
    const { id } = await here.requests.create(emergency(), acting(anna, fresh))
    clock.at += minute
    expect(await here.requests.review(id, ' seen ', acting(owner))).toMatchObject({
      reviewed: { at: start + minute, by: { sub: 'owner' }, comment: 'seen' },
    })
    expect(last(here)).toMatchObject({ activity: 'reviewed', actor: { sub: 'owner' }, request: { comment: 'seen' } })
  })

  test('of an emergency is a finding with end, to the second, and reason', async () => {
    clock.at += 250
    const here = await node(both)
    const { id } = await here.requests.create(emergency(), acting(anna, fresh))
    expect(here.events[1]).toEqual({
      kind: 'finding',
      at: start + 250,
      actor: expect.objectContaining({ kind: 'person', sub: 'anna', session: 'session-of-anna' }),
      origin: undefined,
      title: 'Emergency access to erp',
      detail: `corp|anna activated access until 2027-01-15T08:30:00Z: month end (request ${id})`,
      severity: 'high',
    })
  })
})

describe('a refusal says', () => {
  test('when the request was closed, or lapsed', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted(), acting(anna))
    clock.at += minute
    await here.requests.deny(id, undefined, acting(owner))
    clock.at += minute
    expect(await detailOf(here.requests.approve(id, {}, acting(boss)))).toEqual({ at: start + minute })
    const other = await here.requests.create(wanted(), acting(ben))
    clock.at += 2 * day
    expect(await detailOf(here.requests.approve(other.id, {}, acting(boss)))).toEqual({ at: other.lapsesAt })
  })

  test('since when there is an open request, and until when there is access', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted(), acting(anna))
    clock.at += minute
    expect(await detailOf(here.requests.create(wanted(), acting(anna)))).toEqual({ since: start })
    await here.requests.approve(id, {}, acting(owner))
    expect(await detailOf(here.requests.create(wanted(), acting(anna)))).toEqual({ until: start + minute + hour })
  })

  test('how many requests are too many', async () => {
    const apps = Object.fromEntries(['a', 'b'].map((app) => [app, { requests: requestSettings({ openPerPerson: 1 }) }]))
    const here = await node({ apps })
    await here.requests.create(wanted({ app: 'a' }), acting(anna))
    expect(await detailOf(here.requests.create(wanted({ app: 'b' }), acting(anna)))).toEqual({ most: 1 })
    // Those of others do not count.
    for (let count = 0; count < 20; count++) {
      const { id, state } = await here.requests.create(wanted({ app: 'b' }), acting(ben))
      expect(state).toBe('open')
      await here.requests.withdraw(id, acting(ben))
    }
    expect(await detailOf(here.requests.create(wanted({ app: 'b' }), acting(ben)))).toEqual({ most: 20 })
    clock.at += hour
    expect(await here.requests.create(wanted({ app: 'b' }), acting(ben))).toMatchObject({ state: 'open' })
  })

  test('by when the same approver has approved', async () => {
    const here = await node({ apps: { erp: { requests: requestSettings({ approvals: 2 }) } } })
    const { id } = await here.requests.create(wanted(), acting(anna))
    await here.requests.approve(id, {}, acting(owner))
    clock.at += minute
    expect(await detailOf(here.requests.approve(id, {}, acting(owner)))).toEqual({ at: start })
  })
})

describe('approvals', () => {
  test('are as many as needed at the request, or now if that is more', async () => {
    const approvals = (count: number): Rules => ({ apps: { erp: { requests: requestSettings({ approvals: count }) } } })
    const here = await node(approvals(2))
    const { id, needed } = await here.requests.create(wanted(), acting(anna))
    expect(needed).toBe(2)
    here.apply(approvals(1))
    expect(await here.requests.approve(id, {}, acting(owner))).toMatchObject({ state: 'open', approvals: [{}] })
    here.apply(approvals(3))
    expect(await here.requests.approve(id, {}, acting(boss))).toMatchObject({ state: 'open', approvals: [{}, {}] })
    expect(await here.requests.approve(id, {}, acting(kim))).toMatchObject({
      state: 'approved',
      approvals: [{}, {}, {}],
    })
  })

  test('of an extension are checked against the grant as it is then', async () => {
    const here = await node({ apps: { erp: { requests: requestSettings({ maxTotal: 3 * hour, maxExtensions: 2 }) } } })
    const first = await here.requests.create(wanted({ duration: hour }), acting(anna))
    const { grant } = await here.requests.approve(first.id, {}, acting(owner))
    const more = await here.requests.create(wanted({ duration: 2 * hour, extends: grant }), acting(anna))
    await here.grants.extend(grant!, { until: start + 2 * hour }, { kind: 'system' })
    expect(await refusal(here.requests.approve(more.id, {}, acting(owner)))).toBe('too_long')
    expect(await here.requests.approve(more.id, { duration: hour, level: 'read' }, acting(owner))).toMatchObject({
      terms: { level: 'read', from: start, until: start + 3 * hour },
      grant,
    })
    expect(await here.grants.read(grant!)).toMatchObject({ level: 'read', until: start + 3 * hour })
  })
})

describe('the grant of a request', () => {
  test('carries what it rests on, and is written before the request is settled', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted({ level: 'read' }), acting(anna))
    const settled = await here.requests.approve(id, {}, acting(owner))
    expect(settled).toMatchObject({ settled: true, version: 3 })
    expect(await here.grants.read(grantIdOf(id))).toEqual({
      id: `request-${id}`,
      who: 'corp|anna',
      app: 'erp',
      level: 'read',
      from: start,
      until: start + hour,
      schedule: undefined,
      sponsor: undefined,
      reason: 'month end',
      contract: undefined,
      origin: 'runtime',
      givenBy: 'corp|owner',
      revokedAt: undefined,
      basis: {
        request: id,
        entitlement: 'requests',
        email: 'anna@example.com',
        groups: ['finance', 'on-call'],
        external: false,
      },
    })
  })

  test('rests on emergency access if it was taken in one', async () => {
    const here = await node(both)
    const { grant } = await here.requests.create(emergency(), acting(anna, fresh))
    expect((await here.grants.read(grant!))?.basis).toMatchObject({ entitlement: 'emergency' })
  })

  test.each<[string, Partial<GrantRequest>]>([
    ['is not approved', { state: 'open' }],
    ['was applied already', { settled: true }],
    ['has no terms', { terms: undefined }],
    ['names no grant', { grant: undefined }],
  ])('is not written for a request that %s', async (_says, more) => {
    const here = await node()
    const { id } = await here.requests.create(wanted(), acting(anna))
    const configuration = configurationOf()
    const entitlements = createEntitlements(() => configuration)
    const calls: string[] = []
    const called = (name: string) => () => (calls.push(name), Promise.reject(new Error(name)))
    const { applyTerms, replica } = createRequestWriting({
      store: opened.store,
      changes: here.changes,
      seal: createSeal([Buffer.alloc(32, 3)]),
      record: () => {},
      now: () => clock.at,
      grants: {
        find: called('find'),
        bind: called('bind'),
        isUnbound: () => false,
        createIdempotent: called('create'),
        extend: called('extend'),
        read: called('read'),
        revoke: called('revoke'),
      },
      entitlements,
      grantEvents: createGrantEvents(() => configuration, entitlements),
    })
    replica.stop()
    const terms = { level: 'full', from: start, until: start + hour } as const
    const approved = { ...here.requests.get(id)!, state: 'approved', terms, grant: 'g', ...more } as GrantRequest
    expect(await applyTerms(approved)).toBe(approved)
    expect(calls).toEqual([])
  })

  test('is given by the system if nobody is known to have approved it', () => {
    const by = { provider: 'corp', sub: 'owner', email: undefined, name: undefined }
    expect(actorOfPerson(undefined)).toEqual({ kind: 'system' })
    expect(actorOfPerson({ ...by, provider: '', sub: 'root' })).toEqual({ kind: 'administrator', name: 'root' })
    expect(actorOfPerson(by)).toStrictEqual({ kind: 'person', provider: 'corp', sub: 'owner' })
    expect(actorOfPerson({ ...by, email: 'o@x.test', name: 'Olga' })).toEqual({
      kind: 'person',
      provider: 'corp',
      sub: 'owner',
      email: 'o@x.test',
      name: 'Olga',
    })
  })
})

describe('who may see and end', () => {
  const linkedAnna = subject('a2', { email: 'anna@example.com', groups: ['finance', 'on-call'] })
  const whom = [owner, kim, anna, linkedAnna, ben]

  test('a request: its approvers, never the requester by any account', async () => {
    const here = await node(both)
    const request = await here.requests.create(wanted(), acting(anna))
    const may = (act: 'mayView' | 'mayEnd') => whom.map((who) => here.requests[act](who, request))
    expect(may('mayView')).toEqual([true, true, false, false, false])
    expect(may('mayEnd')).toEqual([true, true, false, false, false])
    const asked = (who: typeof anna) => here.requests.awaitingDecision(who).length
    expect(whom.map(asked)).toEqual([1, 1, 0, 0, 0])
    expect(here.requests.of(anna)).toHaveLength(1)
    expect(here.requests.of(linkedAnna)).toEqual([])
  })

  test('an emergency: reviewers and approvers; only reviewers review it', async () => {
    const rules = {
      apps: {
        erp: {
          requests: requestSettings({ approvers: { users: ['kim@example.com', 'anna@example.com'] } }),
          emergency: emergencySettings({ reviewers: { users: ['owner@example.com', 'anna@example.com'] } }),
        },
      },
    }
    const here = await node(rules)
    const request = await here.requests.create(emergency(), acting(anna, fresh))
    const may = (act: 'mayView' | 'mayEnd') => whom.map((who) => here.requests[act](who, request))
    expect(may('mayView')).toEqual([true, true, false, false, false])
    expect(may('mayEnd')).toEqual([true, true, false, false, false])
    expect(whom.map((who) => here.requests.unreviewed(who).length)).toEqual([1, 0, 0, 0, 0])
    expect(await refusal(here.requests.revoke(request.id, acting(linkedAnna)))).toBe('own_request')
    expect(await refusal(here.requests.revoke(request.id, acting(ben)))).toBe('not_an_approver')
    expect(await here.requests.revoke(request.id, acting(kim))).toMatchObject({ id: request.id })
    expect(await refusal(here.requests.review(request.id, undefined, acting(kim)))).toBe('not_an_approver')
  })

  test('an ordinary request does not fall to the reviewers of emergencies', async () => {
    const rules = {
      apps: {
        erp: {
          requests: requestSettings({ approvers: { users: ['kim@example.com'] } }),
          emergency: emergencySettings({ reviewers: { users: ['owner@example.com'] } }),
        },
      },
    }
    const here = await node(rules)
    const { id } = await here.requests.create(wanted(), acting(anna))
    await here.requests.approve(id, {}, acting(kim))
    expect(await refusal(here.requests.revoke(id, acting(owner)))).toBe('not_an_approver')
    expect(await refusal(here.requests.review(id, undefined, acting(owner)))).toBe('no_review_due')
    expect(here.requests.unreviewed(owner)).toEqual([])
    expect(await refusal(here.requests.revoke('nothing-1', acting(owner)))).toBe('request_unknown')
  })

  test('an administrator withdraws, denies, reviews and revokes any', async () => {
    const here = await node(both)
    const first = await here.requests.create(wanted(), acting(anna))
    expect(await here.requests.withdraw(first.id, administrator)).toMatchObject({ state: 'withdrawn' })
    const second = await here.requests.create(wanted(), acting(anna))
    expect(await here.requests.deny(second.id, undefined, administrator)).toMatchObject({ state: 'denied' })
    const third = await here.requests.create(emergency(), acting(anna, fresh))
    expect(await here.requests.review(third.id, undefined, administrator)).toMatchObject({
      reviewed: { by: { provider: '', sub: 'admin socket' } },
    })
  })
})

test('an approval that a failed node left behind is applied before the access is revoked', async () => {
  const here = await node()
  const { id } = await here.requests.create(wanted(), acting(anna))
  const { createIdempotent } = here.grants
  Object.assign(here.grants, {
    find: () => Promise.reject(new Error('unused')),
    bind: () => Promise.reject(new Error('unused')),
    isUnbound: () => false,
    createIdempotent: () => Promise.reject(new Error('killed')),
  })
  await expect(here.requests.approve(id, {}, acting(owner))).rejects.toThrow('killed')
  expect(here.requests.get(id)).toMatchObject({ state: 'approved', settled: false })
  Object.assign(here.grants, { createIdempotent })
  await here.requests.revoke(id, acting(owner))
  expect(await here.grants.read(grantIdOf(id))).toMatchObject({ revokedAt: start, givenBy: 'corp|owner' })
})

test('and before another request of the same user', async () => {
  const here = await node()
  const { id } = await here.requests.create(wanted(), acting(anna))
  const { createIdempotent } = here.grants
  Object.assign(here.grants, {
    find: () => Promise.reject(new Error('unused')),
    bind: () => Promise.reject(new Error('unused')),
    isUnbound: () => false,
    createIdempotent: () => Promise.reject(new Error('killed')),
  })
  await refusal(here.requests.approve(id, {}, acting(owner)))
  Object.assign(here.grants, { createIdempotent })
  expect(await refusal(here.requests.create(wanted(), acting(anna)))).toBe('already_granted')
  expect(here.requests.get(id)).toMatchObject({ settled: true })
})

test('the same user may have emergency access while a request is open', async () => {
  const here = await node(both)
  await here.requests.create(wanted(), acting(anna))
  expect(await here.requests.create(emergency(), acting(anna, fresh))).toMatchObject({
    emergency: true,
    level: 'full',
    closed: { at: start, by: { sub: 'anna' }, comment: undefined },
    terms: { level: 'full', from: start, until: start + 30 * minute },
    reviewBy: start + day,
    lapsesAt: start,
    device: undefined,
    address: '192.0.2.7',
  })
})

test('emergency access ignores the bound on open requests', async () => {
  const settings = { requests: requestSettings({ openPerPerson: 0 }), emergency: emergencySettings() }
  const here = await node({ apps: { erp: settings } })
  expect(await refusal(here.requests.create(wanted(), acting(anna)))).toBe('too_many_requests')
  expect(await here.requests.create(emergency(), acting(anna, fresh))).toMatchObject({ state: 'approved' })
})

test('an extension lapses with its grant at the latest', async () => {
  const here = await node()
  const { id } = await here.requests.create(wanted(), acting(anna))
  const { grant } = await here.requests.approve(id, {}, acting(owner))
  const more = await here.requests.create(wanted({ extends: grant }), acting(anna))
  expect(more.lapsesAt).toBe(start + hour)
})
