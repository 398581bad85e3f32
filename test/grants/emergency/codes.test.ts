// Emergency codes: single-use, for one app, time-bound, alerting, and open to a right code whatever strangers send.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEvent, Origin } from '../../../src/audit/event.ts'
import { createEmergencyCodes, type EmergencyCodes } from '../../../src/grants/emergency/codes.ts'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import { createGrantRequests } from '../../../src/grants/requests/requests.ts'
import type { GrantRequest } from '../../../src/grants/requests/request.ts'
import type { Authentication, Subject } from '../../../src/policy/subject.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  acting,
  anna,
  configurationOf,
  day,
  emergencySettings,
  hour,
  minute,
  openNode,
  owner,
  refusal,
  requestSettings,
  start,
  type RequestNode,
  type Rules,
} from '../requests/environment.ts'

const admin = { kind: 'administrator', name: 'admin socket' } as const
const at = (address: string): Origin => ({ requestId: 'r1', address })
const rules: Rules = {
  apps: { erp: { requests: requestSettings(), emergency: emergencySettings({ codes: true }) }, wiki: {} },
}

interface Begun {
  readonly subject: Subject
  readonly authentication: Authentication
  readonly until: number
}

let clock: { at: number }
let store: Store
let node: RequestNode
let codes: EmergencyCodes<Begun>
let createEmergencyRequest: ReturnType<typeof createGrantRequests>['createEmergencyRequest']
let current: Rules
let events: AuditEvent[]

beforeEach(async () => {
  clock = { at: start }
  current = rules
  const now = () => clock.at
  store = createMemoryStore({ now })
  node = await openNode(store, now, rules)
  events = []
  const record = (event: AuditEvent) => void events.push(event)
  const seal = createSeal([Buffer.alloc(32, 3)])
  const entitlements = createEntitlements(() => configuration())
  let made: [Rules, ReturnType<typeof configurationOf>] = [current, configurationOf(current)]
  const configuration = () => (made = made[0] === current ? made : [current, configurationOf(current)])[1]
  const { changes, grants, grantEvents } = node
  const requests = createGrantRequests({ store, changes, seal, record, now, grants, entitlements, grantEvents })
  requests.stop()
  createEmergencyRequest = requests.createEmergencyRequest
  codes = createEmergencyCodes<Begun>({
    store,
    seal,
    record,
    now,
    entitlements,
    createEmergencyRequest,
    beginSession: (person, until) => Promise.resolve({ ...person, until }),
  })
})
afterEach(async () => {
  await codes.stop()
  await node.stop()
  await store.close()
})

const stated = { name: 'Max Muster', reason: 'Line 4 stands' }
const redeem = (code: string, origin: Origin) => codes.redeem(code, stated, origin)
const create = () => codes.create({ app: 'erp', duration: hour, expiresAt: start + 90 * day }, admin)
const findings = () => events.flatMap((event) => (event.kind === 'finding' ? [`${event.severity} ${event.title}`] : []))

describe('a code', () => {
  test('is returned once, and stored as a sealed record under its hash', async () => {
    const { code, record } = await create()
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$/)
    expect(await codes.list()).toEqual([record])
    expect(record).toMatchObject({ app: 'erp', duration: hour, createdBy: 'admin socket', used: undefined })
    expect(JSON.stringify(record)).not.toContain(code)
    const kept = JSON.stringify([
      await store.get(`emergency-code:${record.id}`),
      await store.members('emergency-codes'),
    ])
    for (const part of code.split('-')) expect(kept).not.toContain(part)
    expect(JSON.stringify(events)).not.toContain(code)
    expect(findings()).toEqual(['medium An emergency code for erp was made'])
    expect((await create()).code).not.toBe(code)
  })

  test('gives access to its app once, for its duration, with alerts and a review', async () => {
    const { code, record } = await create()
    clock.at += 30 * day
    const opened = await redeem(` ${code.toLowerCase().replaceAll('-', ' ')}\n`, at('192.0.2.1'))
    expect(opened).toMatchObject({
      state: 'opened',
      app: 'erp',
      until: clock.at + hour,
      session: { until: clock.at + hour, subject: { provider: 'emergency', sub: record.id, claims: { app: ['erp'] } } },
      request: { emergency: true, state: 'approved', reviewBy: clock.at + day },
    })
    const { subject } = (opened as { session: Begun }).session
    expect(node.grants.of(subject, 'erp')).toMatchObject([
      { who: `emergency|${record.id}`, from: clock.at, until: clock.at + hour, level: 'full' },
    ])
    expect(node.grants.of(subject, 'wiki')).toEqual([])
    expect(await redeem(code, at('192.0.2.1'))).toEqual({ state: 'refused', reason: 'wrong' })
    expect((await codes.list())[0]).toMatchObject({ used: { at: clock.at, address: '192.0.2.1', name: 'Max Muster' } })
    expect(events.filter(({ kind }) => kind !== 'finding')).toMatchObject([
      {
        kind: 'request',
        activity: 'opened',
        request: { emergency: true },
        tell: { approvers: ['owner@example.com', 'boss@example.com'] },
      },
      {
        kind: 'authentication',
        activity: 'sign_in',
        provider: 'emergency',
        detail: `emergency code ${record.id}; stated name: "Max Muster"; stated reason: "Line 4 stands"`,
      },
    ])
    expect(findings()).toContain('critical An emergency code opened erp')
    await node.requests.load()
    const [request] = node.requests.unreviewed(owner)
    expect(await refusal(node.requests.review(request!.id, 'seen', acting(owner)))).toMatchObject({
      reviewed: { comment: 'seen' },
    })
  })

  test('is recorded when used: a critical finding, then the sign-in, with what was stated', async () => {
    const { code, record } = await create()
    clock.at += minute
    const origin = at('192.0.2.1')
    await redeem(code, origin)
    const said = 'stated name: "Max Muster"; stated reason: "Line 4 stands"'
    const actor = { kind: 'person', provider: 'emergency', sub: record.id, name: `Emergency code ${record.id}` }
    expect(events.filter(({ kind }) => kind === 'finding').at(-1)).toEqual({
      kind: 'finding',
      at: clock.at,
      actor,
      origin,
      title: 'An emergency code opened erp',
      detail: `${said}; code ${record.id}, made by admin socket`,
      severity: 'critical',
    })
    expect(events.at(-1)).toEqual({
      kind: 'authentication',
      at: clock.at,
      origin,
      actor,
      activity: 'sign_in',
      outcome: 'success',
      reason: undefined,
      detail: `emergency code ${record.id}; ${said}`,
      provider: 'emergency',
      session: undefined,
      mfa: false,
    })
  })

  test('opens a session that counts as no authentication factor, of a subject in no group', async () => {
    const { code, record } = await create()
    clock.at += minute
    const opened = (await redeem(code, at('192.0.2.1'))) as { session: Begun; request: GrantRequest }
    expect(opened.session).toEqual({
      subject: {
        provider: 'emergency',
        sub: record.id,
        email: undefined,
        name: `Emergency code ${record.id}`,
        username: undefined,
        groups: [],
        groupsComplete: true,
        claims: { app: ['erp'] },
        external: false,
      },
      authentication: { acr: undefined, amr: [], authTime: clock.at, mfa: false, phishingResistant: false },
      until: clock.at + hour,
    })
    expect(opened.request).toMatchObject({
      statedName: 'Max Muster',
      reason: 'Line 4 stands',
      address: '192.0.2.1',
      askedAt: clock.at,
      lapsesAt: clock.at,
      duration: hour,
      level: 'full',
      needed: 0,
      approvals: [],
    })
    expect(node.grants.of(opened.session.subject, 'erp')[0]?.basis).toMatchObject({
      entitlement: 'codes',
      statedName: 'Max Muster',
      email: undefined,
      groups: [],
    })
  })

  test('that somebody used cannot be revoked any more', async () => {
    const { code, record } = await create()
    await redeem(code, at('192.0.2.1'))
    expect(await codes.revoke(record.id, admin)).toBe(false)
    expect((await codes.list())[0]?.revokedAt).toBeUndefined()
  })

  test('is accepted until the millisecond it expires', async () => {
    const { code } = await create()
    clock.at = start + 90 * day - 1
    expect(await redeem(code, at('192.0.2.1'))).toMatchObject({ state: 'opened' })
  })

  test('makes one emergency, also if it were redeemed twice', async () => {
    const { record } = await create()
    const subject = { ...anna, provider: 'emergency', sub: record.id }
    const make = () => createEmergencyRequest(subject, record, stated, at('192.0.2.1'))
    expect(await make()).toMatchObject({ emergency: true, settled: true, by: { sub: record.id } })
    expect(await refusal(make())).toBe('already_requested')
    expect(node.grants.all()).toHaveLength(1)
  })

  test('admits one of two concurrent redemptions', async () => {
    const { code } = await create()
    const both = await Promise.all(['192.0.2.1', '192.0.2.2'].map((address) => redeem(code, at(address))))
    expect(both.map(({ state }) => state).toSorted()).toEqual(['opened', 'refused'])
    expect(node.grants.all()).toHaveLength(1)
  })

  test('is rejected once expired, revoked, or no longer accepted by the configuration', async () => {
    const [expired, revoked, closed] = [await create(), await create(), await create()]
    expect(await codes.revoke(revoked.record.id, admin)).toBe(true)
    expect(await codes.revoke(revoked.record.id, admin)).toBe(false)
    expect(await redeem(revoked.code, at('192.0.2.1'))).toMatchObject({ state: 'refused' })
    current = { apps: { erp: { emergency: emergencySettings() } } }
    expect(codes.offered()).toBe(false)
    expect(await redeem(closed.code, at('192.0.2.1'))).toMatchObject({ state: 'refused' })
    current = rules
    expect(codes.offered()).toBe(true)
    clock.at += 90 * day
    expect(await redeem(expired.code, at('192.0.2.1'))).toMatchObject({ state: 'refused' })
    expect(node.grants.all()).toEqual([])
  })

  test('its access ends with the configuration that accepted it, and matches no user sets', async () => {
    const { code } = await create()
    const opened = await redeem(code, at('192.0.2.1'))
    const { subject } = (opened as { session: Begun }).session
    node.apply({
      apps: { erp: { requests: requestSettings({ eligible: {} }), emergency: emergencySettings({ codes: true }) } },
    })
    expect(node.requests.offerFor(subject, 'erp')).toBeUndefined()
    expect(node.grants.of(subject, 'erp')).toHaveLength(1)
    node.apply({ apps: { erp: { emergency: emergencySettings() } } })
    expect(node.grants.of(subject, 'erp')).toEqual([])
  })

  test.each([
    [{ app: 'wiki', duration: hour, expiresAt: start + day }, 'emergency.codes'],
    [{ app: 'none', duration: hour, expiresAt: start + day }, 'emergency.codes'],
    [{ app: 'erp', duration: hour + 1, expiresAt: start + day }, 'exceeds'],
    [{ app: 'erp', duration: 0, expiresAt: start + day }, 'exceeds'],
    [{ app: 'erp', duration: Number.NaN, expiresAt: start + day }, 'exceeds'],
    [{ app: 'erp', duration: hour, expiresAt: start }, 'already have expired'],
    [{ app: 'erp', duration: hour, expiresAt: start + 367 * day }, '366 days'],
  ])('is not created for %o', async (wanted, why) => {
    await expect(codes.create(wanted, admin)).rejects.toThrow(why)
    expect(await codes.list()).toEqual([])
  })
})

describe('a lock in front of a secret that needs none', () => {
  const blocks = (index: number) => at(`198.51.100.${index % 30}`)

  test('is not there: after 300 wrong codes from 30 addresses a right one opens, from a fresh address and from theirs', async () => {
    const [fresh, theirs] = [await create(), await create()]
    for (let tries = 0; tries < 300; tries++) {
      expect(await redeem(`${tries}`, blocks(tries))).toEqual({ state: 'refused', reason: 'wrong' })
    }
    expect(await redeem('x', blocks(0))).toEqual({ state: 'refused', reason: 'throttled' })
    expect(await redeem(fresh.code, at('203.0.113.1'))).toMatchObject({ state: 'opened' })
    expect(await redeem(theirs.code, blocks(0))).toMatchObject({ state: 'opened' })
  })

  test('right codes are not counted', async () => {
    const origin = at('192.0.2.1')
    for (let used = 0; used < 12; used++) expect((await redeem((await create()).code, origin)).state).toBe('opened')
    expect(await redeem('x', origin)).toEqual({ state: 'refused', reason: 'wrong' })
  })

  test('neither are attempts without a name or a reason, which use no code up', async () => {
    const { code } = await create()
    for (let tries = 0; tries < 20; tries++) {
      const left = await codes.redeem(code, { name: ' \u202e', reason: 'x' }, at('192.0.2.1'))
      expect(left).toEqual({ state: 'incomplete', mistakes: { name: 'missing' } })
    }
    expect(findings().filter((one) => one.includes('wrong'))).toEqual([])
    expect(await redeem(code, at('192.0.2.1'))).toMatchObject({ state: 'opened' })
  })

  test('wrong codes of one address, or of one IPv6 /56, are answered with 429, for one period', async () => {
    clock.at = Math.ceil(clock.at / (15 * minute)) * 15 * minute
    for (let tries = 0; tries < 10; tries++) {
      expect(await redeem('x', at(`2001:db8:0:1${tries}::1`))).toEqual({ state: 'refused', reason: 'wrong' })
    }
    expect(await redeem('x', at('2001:db8:0:1f::1'))).toEqual({ state: 'refused', reason: 'throttled' })
    expect(await redeem('x', at('2001:db8:0:200::1'))).toEqual({ state: 'refused', reason: 'wrong' })
    clock.at += 15 * minute
    expect(await redeem('x', at('2001:db8:0:1f::1'))).toEqual({ state: 'refused', reason: 'wrong' })
  })
})

test('does not affect regular sign-in', () => {
  expect(node.requests.offerFor(anna, 'erp')).toBeDefined()
})
