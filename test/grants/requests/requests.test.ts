// Access requests: eligibility, approval, rejections, and grants created exactly once.

import { describe, expect, test, vi } from 'vitest'
import type { WantedAccess } from '../../../src/grants/requests/repository.ts'
import { transition, transitions } from '../../../src/grants/requests/state-machine.ts'
import {
  acting,
  administrator,
  anna,
  ben,
  boss,
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

const recordedEvents = ({ events }: RequestNode) =>
  events.map((event) => `${event.kind} ${'activity' in event ? event.activity : ''}`.trim())
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 5000, interval: 5 })

describe('state machine', () => {
  test('has no transition out of a closed state', () => {
    for (const state of ['approved', 'denied', 'withdrawn', 'lapsed'] as const) {
      for (const act of ['support', 'approve', 'deny', 'withdraw', 'lapse'] as const) {
        expect(transition(state, act)).toEqual({
          done: false,
          refusal: state === 'lapsed' ? 'request_lapsed' : 'request_closed',
        })
      }
    }
    expect(Object.values(transitions.open)).toEqual(['open', 'approved', 'denied', 'withdrawn', 'lapsed'])
  })
})

describe('create', () => {
  test('creates an open request visible to requester and approvers, decidable by approvers only', async () => {
    const here = await node()
    const request = await here.requests.create(wanted(), acting(anna))
    expect(request).toMatchObject({
      app: 'erp',
      level: 'full',
      duration: hour,
      reason: 'month end',
      by: { provider: 'corp', sub: 'anna', email: 'anna@example.com' },
      state: 'open',
      needed: 1,
      askedAt: start,
      lapsesAt: start + day,
      address: '192.0.2.7',
    })
    expect(here.requests.get(request.id)).toEqual(request)
    expect(here.requests.of(anna)).toEqual([request])
    expect(here.requests.awaitingDecision(owner)).toEqual([request])
    expect(here.requests.awaitingDecision(anna)).toEqual([])
    expect(here.requests.awaitingDecision(ben)).toEqual([])
    expect([owner, kim, anna].map(here.requests.isApprover)).toEqual([true, true, false])
    expect(here.grants.of(anna, 'erp')).toEqual([])
    expect(here.events).toEqual([
      {
        kind: 'request',
        at: start,
        actor: expect.objectContaining({ kind: 'person', sub: 'anna', session: 'session-of-anna' }),
        activity: 'opened',
        request: {
          id: request.id,
          app: 'erp',
          who: 'corp|anna',
          level: 'full',
          duration: hour,
          reason: 'month end',
          ticket: undefined,
          extends: undefined,
          emergency: false,
        },
        tell: {
          approvers: ['owner@example.com', 'boss@example.com'],
          requester: 'anna@example.com',
          sponsor: undefined,
          person: 'anna',
          app: 'ERP',
          link: `https://access.example.com/approvals/${request.id}`,
        },
      },
    ])
  })

  test.each<[string, Partial<WantedAccess>, Rules['apps']]>([
    ['app_unknown', { app: 'nothing' }, undefined],
    ['requests_closed', {}, { erp: {} }],
    ['requests_closed', { emergency: true }, undefined],
    ['not_eligible', {}, { erp: { requests: requestSettings({ eligible: { groups: ['staff'] } }) } }],
    ['level_not_offered', {}, { erp: { requests: requestSettings({ levels: ['read'] }) } }],
    ['too_long', { duration: 4 * hour + 1 }, undefined],
    ['too_short', { duration: 5 * minute - 1 }, undefined],
    ['ends_before_it_begins', { duration: 0 }, undefined],
    ['ends_before_it_begins', { duration: -hour }, undefined],
    ['ends_before_it_begins', { duration: Number.NaN }, undefined],
    ['ends_before_it_begins', { from: start - hour }, undefined],
    ['ends_before_it_begins', { from: Number.NaN }, undefined],
    ['begins_too_late', { from: start + 7 * day + 1 }, undefined],
    ['reason_missing', { reason: '  ' }, undefined],
    ['ticket_missing', {}, { erp: { requests: requestSettings({ ticket: 'required' }) } }],
    [
      'ticket_malformed',
      { ticket: 'x INC-12' },
      { erp: { requests: requestSettings({ ticketPattern: 'INC-[0-9]+' }) } },
    ],
    ['text_too_long', { reason: 'x'.repeat(2001) }, undefined],
    ['grant_unknown', { extends: 'nothing' }, undefined],
  ])('is rejected with %s for %o', async (code, more, apps) => {
    const here = await node({ apps })
    expect(await refusal(here.requests.create(wanted(more), acting(anna)))).toBe(code)
    expect(here.requests.all()).toEqual([])
    expect(here.events).toEqual([])
    expect(await opened.store.members('requests')).toEqual([])
  })

  test('requires a fresh second factor if configured', async () => {
    const here = await node({
      apps: { erp: { requests: requestSettings({ freshMfa: { ask: 15 * minute, approve: 15 * minute } }) } },
    })
    const ask = (more: object) => refusal(here.requests.create(wanted(), acting(anna, more)))
    expect(await ask({ mfa: false, authTime: start })).toBe('mfa_needed')
    expect(await ask({ authTime: undefined })).toBe('mfa_needed')
    expect(await ask({ authTime: start - 15 * minute })).toBe('mfa_needed')
    expect(await ask({ authTime: start + day })).toBe('mfa_needed')
    const { id } = await here.requests.create(wanted(), acting(anna, { authTime: start - 14 * minute }))
    expect(await refusal(here.requests.approve(id, {}, acting(owner)))).toBe('mfa_needed')
    expect((await here.requests.approve(id, {}, acting(owner, { authTime: start }))).state).toBe('approved')
  })

  test('a second request is rejected while the first is open, on any node', async () => {
    const [here, there] = [await node(), await node()]
    const first = await here.requests.create(wanted(), acting(anna))
    expect(await refusal(there.requests.create(wanted(), acting(anna)))).toBe('already_requested')
    await there.requests.withdraw(first.id, acting(anna))
    const second = await there.requests.create(wanted(), acting(anna))
    expect(second.id).not.toBe(first.id)
    clock.at += day
    const third = await here.requests.create(wanted(), acting(anna))
    expect(await refusal(here.requests.approve(second.id, {}, acting(owner)))).toBe('request_lapsed')
    expect((await here.requests.approve(third.id, {}, acting(owner))).state).toBe('approved')
  })

  test('concurrent creations on two nodes create one request', async () => {
    const [here, there] = [await node(), await node()]
    const both = await Promise.all(
      [here, there, here, there].map((at) => refusal(at.requests.create(wanted(), acting(anna)))),
    )
    expect(both.filter((one) => one === 'already_requested')).toHaveLength(3)
    expect(await opened.store.members('requests')).toHaveLength(1)
  })

  test('is rejected while the user has the access', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted(), acting(anna))
    const { grant } = await here.requests.approve(id, {}, acting(owner))
    expect(await refusal(here.requests.create(wanted(), acting(anna)))).toBe('already_granted')
    await here.grants.revoke(grant!, { kind: 'system' })
    expect((await here.requests.create(wanted(), acting(anna))).state).toBe('open')
  })

  test('is limited in open requests and in rate', async () => {
    const apps = Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [name, { requests: requestSettings({ openPerPerson: 2 }) }]),
    )
    const here = await node({ apps })
    for (const app of ['a', 'b']) await here.requests.create(wanted({ app }), acting(anna))
    expect(await refusal(here.requests.create(wanted({ app: 'c' }), acting(anna)))).toBe('too_many_requests')
    for (let times = 0; times < 18; times++) {
      const { id } = await here.requests.create(wanted({ app: 'c' }), acting(ben))
      await here.requests.withdraw(id, acting(ben))
    }
    for (let times = 0; times < 2; times++) await refusal(here.requests.create(wanted({ app: 'c' }), acting(ben)))
    for (const { id, state } of here.requests.of(ben)) {
      if (state === 'open') await here.requests.withdraw(id, acting(ben))
    }
    expect(await refusal(here.requests.create(wanted({ app: 'c' }), acting(ben)))).toBe('too_many_requests')
  })
})

describe('approve', () => {
  test('creates the grant on both nodes and records it', async () => {
    const [here, there] = [await node(), await node()]
    const { id } = await here.requests.create(wanted({ duration: 2 * hour }), acting(anna))
    await there.changes.sweep()
    clock.at += minute
    const approved = await there.requests.approve(id, { comment: 'go on' }, acting(owner))
    const grant = {
      id: `request-${id}`,
      who: 'corp|anna',
      app: 'erp',
      level: 'full',
      from: clock.at,
      until: clock.at + 2 * hour,
      reason: 'month end',
      origin: 'runtime',
      givenBy: 'corp|owner',
      basis: { request: id, entitlement: 'requests', groups: ['finance', 'on-call'] },
    }
    expect(approved).toMatchObject({
      state: 'approved',
      grant: grant.id,
      closed: { by: { sub: 'owner' }, comment: 'go on' },
    })
    expect(there.grants.of(anna, 'erp')).toMatchObject([grant])
    await here.changes.sweep()
    await soon(() => here.grants.of(anna, 'erp').length).toBe(1)
    await soon(() => here.requests.get(id)).toMatchObject({ state: 'approved', settled: true })
    expect(recordedEvents(here)).toEqual(['request opened'])
    expect(recordedEvents(there)).toEqual(['request approved', 'grant given'])
    expect(there.events[1]).toMatchObject({ tell: { link: `https://access.example.com/requests/${id}` } })
  })

  test('may reduce the request; the minimum of several approvals applies', async () => {
    const here = await node({ apps: { erp: { requests: requestSettings({ approvals: 2 }) } } })
    const { id } = await here.requests.create(wanted({ duration: 3 * hour }), acting(anna))
    const supported = await here.requests.approve(id, { duration: 2 * hour }, acting(owner))
    expect(supported).toMatchObject({ state: 'open', grant: undefined })
    expect(here.requests.awaitingDecision(owner)).toEqual([])
    expect(here.requests.awaitingDecision(boss)).toHaveLength(1)
    await here.requests.approve(id, { level: 'read' }, acting(boss))
    expect(here.grants.of(anna, 'erp')).toMatchObject([{ level: 'read', from: start, until: start + 2 * hour }])
    expect(recordedEvents(here)).toEqual(['request opened', 'request supported', 'request approved', 'grant given'])
  })

  test('grants from the requested beginning, or from now if that has passed', async () => {
    const here = await node()
    const later = await here.requests.create(wanted({ from: start + 3 * hour }), acting(anna))
    const { terms } = await here.requests.approve(later.id, {}, acting(owner))
    expect(terms).toEqual({ level: 'full', from: start + 3 * hour, until: start + 4 * hour })
    const soonest = await here.requests.create(wanted({ from: start + minute }), acting(ben))
    clock.at += hour
    expect((await here.requests.approve(soonest.id, {}, acting(owner))).terms).toEqual({
      level: 'full',
      from: clock.at,
      until: clock.at + hour,
    })
  })

  test.each([
    ['own_request', owner, {}],
    ['own_request', subject('somebody', { provider: 'partners', email: 'owner@example.com' }), {}],
    ['not_an_approver', anna, {}],
    ['not_an_approver', subject('x', { provider: 'partners', email: 'boss@example.com', external: true }), {}],
    ['longer_than_asked', boss, { duration: hour + 1 }],
    ['ends_before_it_begins', boss, { duration: 0 }],
    ['too_short', boss, { duration: 1 }],
    ['more_than_asked', boss, { level: 'full' as const }],
    ['text_too_long', boss, { comment: 'x'.repeat(2001) }],
  ])('is rejected with %s for %o with %o', async (code, who, lesser) => {
    const here = await node()
    const request = await here.requests.create(wanted({ level: 'read' }), acting(owner))
    expect(await refusal(here.requests.approve(request.id, lesser, acting(who)))).toBe(code)
    expect(here.requests.get(request.id)).toEqual(request)
    expect(here.grants.all()).toEqual([])
    expect(recordedEvents(here)).toEqual(['request opened'])
  })

  test('is rejected for linked accounts of the requester, and counts once for linked approvers', async () => {
    const other = subject('4711', { provider: 'partners', email: 'kim@partner.example' })
    const linked = [['corp|kim', 'partners|mailto:kim@partner.example']]
    const here = await node({
      linked,
      apps: {
        erp: {
          requests: requestSettings({ approvals: 2, eligible: {}, approvers: { providers: ['corp', 'partners'] } }),
        },
      },
    })
    const own = await here.requests.create(wanted(), acting(other))
    expect(await refusal(here.requests.approve(own.id, {}, acting(kim)))).toBe('own_request')
    expect(here.requests.awaitingDecision(kim)).toEqual([])
    // Linked accounts share one entitlement.
    expect(await refusal(here.requests.create(wanted(), acting(kim)))).toBe('already_requested')
    const foreign = await here.requests.create(wanted(), acting(ben))
    await here.requests.approve(foreign.id, {}, acting(kim))
    expect(await refusal(here.requests.approve(foreign.id, {}, acting(other)))).toBe('approved_already')
  })

  test('concurrent approvals on two nodes create one grant', async () => {
    const [here, there] = [await node(), await node()]
    for (let round = 0; round < 20; round++) {
      const { id } = await here.requests.create(wanted(), acting(anna))
      const both = await Promise.all([
        refusal(here.requests.approve(id, { duration: 30 * minute }, acting(owner))),
        refusal(there.requests.approve(id, {}, acting(boss))),
      ])
      expect(both.filter((one) => one === 'request_closed')).toHaveLength(1)
      const given = [...here.events, ...there.events].filter((event) => event.kind === 'grant')
      expect(given).toHaveLength(1)
      expect((await here.grants.read(`request-${id}`))?.until).toBe(
        (await here.requests.approve(id, {}, acting(kim)).catch(() => here.requests.get(id)))?.terms?.until,
      )
      await here.grants.revoke(`request-${id}`, { kind: 'system' })
      here.events.length = 0
      there.events.length = 0
      clock.at += hour
    }
  })

  test('concurrent with deny or withdraw: exactly one takes effect', async () => {
    const [here, there] = [await node(), await node()]
    for (const other of ['deny', 'withdraw'] as const) {
      const { id } = await here.requests.create(wanted(), acting(anna))
      await Promise.all([
        refusal(here.requests.approve(id, {}, acting(owner))),
        refusal(
          other === 'deny'
            ? there.requests.deny(id, undefined, acting(boss))
            : there.requests.withdraw(id, acting(anna)),
        ),
      ])
      await here.requests.load()
      const grant = await here.grants.read(`request-${id}`)
      expect(grant !== undefined).toBe(here.requests.get(id)!.state === 'approved')
      if (grant !== undefined) await here.grants.revoke(grant.id, { kind: 'system' })
      clock.at += hour
    }
  })

  test('is checked against the current configuration', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted({ duration: 2 * hour }), acting(anna))
    here.apply({ apps: { erp: {} } })
    expect(await refusal(here.requests.approve(id, {}, acting(owner)))).toBe('requests_closed')
    here.apply({ apps: {} })
    expect(await refusal(here.requests.approve(id, {}, administrator))).toBe('app_unknown')
    here.apply({ apps: { erp: { requests: requestSettings({ maxDuration: hour }) } } })
    expect(await refusal(here.requests.approve(id, {}, acting(owner)))).toBe('too_long')
    here.apply({ apps: { erp: { requests: requestSettings({ eligible: { groups: ['others'] } }) } } })
    expect(await refusal(here.requests.approve(id, {}, acting(owner)))).toBe('not_eligible')
    here.apply({ apps: { erp: { requests: requestSettings({ approvals: 2 }) } } })
    expect((await here.requests.approve(id, {}, acting(owner))).state).toBe('open')
  })

  test('by an administrator of the admin socket counts as one', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted(), acting(anna))
    await here.requests.approve(id, {}, administrator)
    expect(here.grants.of(anna, 'erp')).toMatchObject([{ givenBy: 'admin socket' }])
  })
})

describe('deny, withdraw, revoke', () => {
  test('each is permitted for the right users only', async () => {
    const here = await node()
    const { id } = await here.requests.create(wanted(), acting(owner))
    expect(await refusal(here.requests.deny(id, undefined, acting(owner)))).toBe('own_request')
    expect(await refusal(here.requests.deny(id, undefined, acting(ben)))).toBe('not_an_approver')
    expect(await refusal(here.requests.withdraw(id, acting(boss)))).toBe('request_unknown')
    expect(await refusal(here.requests.revoke(id, acting(boss)))).toBe('grant_over')
    const denied = await here.requests.deny(id, 'not now', acting(boss))
    expect(denied).toMatchObject({ state: 'denied', closed: { at: start, comment: 'not now', by: { sub: 'boss' } } })
    for (const again of [
      here.requests.approve(id, {}, acting(boss)),
      here.requests.deny(id, undefined, acting(boss)),
      here.requests.withdraw(id, acting(owner)),
    ]) {
      expect(await refusal(again)).toBe('request_closed')
    }
    expect(await refusal(here.requests.approve('nothing-1', {}, acting(boss)))).toBe('request_unknown')
    expect(recordedEvents(here)).toEqual(['request opened', 'request denied'])
  })

  test('a grant can be revoked by its user, an approver or an administrator', async () => {
    const here = await node()
    for (const who of [acting(anna), acting(owner), administrator]) {
      const { id } = await here.requests.create(wanted(), acting(anna))
      await here.requests.approve(id, {}, acting(owner))
      expect(await refusal(here.requests.revoke(id, acting(ben)))).toBe('not_an_approver')
      await here.requests.revoke(id, who)
      expect(here.grants.of(anna, 'erp').every(({ revokedAt }) => revokedAt !== undefined)).toBe(true)
      expect(await refusal(here.requests.revoke(id, who))).toBe('grant_over')
    }
  })
})

describe('extension', () => {
  test('is a new approval of the same grant from its end, within the limits', async () => {
    const here = await node()
    const first = await here.requests.create(wanted({ duration: 4 * hour }), acting(anna))
    const { grant } = await here.requests.approve(first.id, {}, acting(owner))
    clock.at += 3 * hour
    const more = await here.requests.create(wanted({ duration: 4 * hour, extends: grant }), acting(anna))
    // An expired grant cannot be extended.
    expect(more).toMatchObject({ extends: grant, lapsesAt: start + 4 * hour })
    const before = here.grants.of(anna, 'erp')
    await here.requests.approve(more.id, { duration: 2 * hour }, acting(boss))
    expect(here.grants.of(anna, 'erp')).toMatchObject([
      { id: grant, from: start, until: start + 6 * hour, level: 'full', extensions: [more.id] },
    ])
    expect(here.grants.of(anna, 'erp')).not.toBe(before)
    expect(recordedEvents(here).slice(3)).toEqual(['request opened', 'request approved', 'grant extended'])
    expect(await refusal(here.requests.create(wanted({ extends: grant }), acting(anna)))).toBe('extension_too_often')
  })

  test('is rejected beyond the total, for ended grants, and for those of other users', async () => {
    const here = await node({ apps: { erp: { requests: requestSettings({ maxTotal: 5 * hour }) } } })
    const first = await here.requests.create(wanted({ duration: 4 * hour }), acting(anna))
    const { grant } = await here.requests.approve(first.id, {}, acting(owner))
    const extend = (duration: number, who = anna) =>
      refusal(here.requests.create(wanted({ duration, extends: grant }), acting(who)))
    expect(await extend(2 * hour)).toBe('too_long')
    expect(await extend(hour, ben)).toBe('grant_unknown')
    clock.at += 4 * hour
    expect(await extend(hour)).toBe('grant_over')
  })

  test('that failed does not allow a second grant', async () => {
    const here = await node()
    const first = await here.requests.create(wanted(), acting(anna))
    const { grant } = await here.requests.approve(first.id, {}, acting(owner))
    const more = await here.requests.create(wanted({ extends: grant }), acting(anna))
    await here.requests.withdraw(more.id, acting(anna))
    expect(await refusal(here.requests.create(wanted(), acting(anna)))).toBe('already_granted')
  })

  test('is not applied to a grant revoked meanwhile', async () => {
    const here = await node()
    const first = await here.requests.create(wanted(), acting(anna))
    const { grant } = await here.requests.approve(first.id, {}, acting(owner))
    const more = await here.requests.create(wanted({ extends: grant }), acting(anna))
    await here.requests.revoke(first.id, acting(boss))
    expect(await refusal(here.requests.approve(more.id, {}, acting(boss)))).toBe('grant_over')
    expect((await here.grants.read(grant!))?.revokedAt).toBe(start)
  })
})

describe('emergency access', () => {
  const rules: Rules = { apps: { erp: { requests: requestSettings(), emergency: emergencySettings() } } }
  const emergency = (more: Partial<WantedAccess> = {}) => wanted({ emergency: true, duration: 30 * minute, ...more })

  test('takes effect at once, raises alerts, and is reviewed by another user', async () => {
    const here = await node(rules)
    expect(here.requests.offerFor(anna, 'erp')?.emergency).toEqual({
      maxDuration: hour,
      level: 'full',
      mfa: { level: 'mfa', maxAge: 5 * minute },
      reviewWithin: day,
    })
    const taken = await here.requests.create(emergency(), acting(anna, { authTime: start }))
    expect(taken).toMatchObject({
      state: 'approved',
      emergency: true,
      approvals: [],
      reviewBy: start + day,
      settled: true,
    })
    expect(here.grants.of(anna, 'erp')).toMatchObject([
      { from: start, until: start + 30 * minute, givenBy: 'corp|anna' },
    ])
    expect(recordedEvents(here)).toEqual(['request opened', 'finding', 'grant given'])
    expect(here.events[0]).toMatchObject({
      request: { emergency: true },
      tell: { approvers: ['owner@example.com', 'boss@example.com'] },
    })
    expect(here.events[1]).toMatchObject({ severity: 'high' })
    expect(here.requests.unreviewed(owner)).toEqual([taken])
    expect(here.requests.unreviewed(anna)).toEqual([])
    expect(await refusal(here.requests.review(taken.id, undefined, acting(anna)))).toBe('own_request')
    expect(await refusal(here.requests.review(taken.id, undefined, acting(ben)))).toBe('not_an_approver')
    await here.requests.review(taken.id, 'the pump, yes', acting(owner))
    expect(await refusal(here.requests.review(taken.id, undefined, acting(boss)))).toBe('no_review_due')
    expect(here.requests.unreviewed(owner)).toEqual([])
    expect(recordedEvents(here).at(-1)).toBe('request reviewed')
  })

  test('requires a reason and a fresh second factor of the strongest level', async () => {
    const here = await node(rules)
    const strong = await node({ ...rules, passkeys: true })
    const take = (at: RequestNode, more: object, request = emergency()) =>
      refusal(at.requests.create(request, acting(anna, more)))
    expect(await take(here, { authTime: start }, emergency({ reason: undefined }))).toBe('reason_missing')
    expect(await take(here, { authTime: start - 5 * minute })).toBe('mfa_needed')
    expect(await take(here, { mfa: false, authTime: start })).toBe('mfa_needed')
    expect(await take(strong, { authTime: start })).toBe('mfa_needed')
    expect(await take(here, { authTime: start }, emergency({ duration: 2 * hour }))).toBe('too_long')
    expect(await refusal(here.requests.create(emergency(), acting(ben, { authTime: start })))).toBe('not_eligible')
    expect(await take(strong, { authTime: start, phishingResistant: true })).toMatchObject({ state: 'approved' })
    expect(await take(here, { authTime: start })).toBe('already_granted')
  })

  test('without a review is reported once across nodes, and stays unreviewed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const [here, there] = [await node(rules), await node(rules)]
      const taken = await here.requests.create(emergency(), acting(anna, { authTime: start }))
      await there.requests.load()
      clock.at += day
      vi.advanceTimersByTime(2_000)
      vi.advanceTimersByTime(2_000)
      const all = () =>
        [...recordedEvents(here), ...recordedEvents(there)].filter((one) => one === 'request unreviewed')
      await soon(all).toEqual(['request unreviewed'])
      vi.advanceTimersByTime(2_000)
      await here.changes.sweep()
      expect(all()).toEqual(['request unreviewed'])
      expect(here.requests.unreviewed(boss)).toMatchObject([{ id: taken.id }])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('lapse', () => {
  test('an undecided request lapses at once in memory, and is recorded once across nodes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const [here, there] = [await node(), await node()]
      const { id } = await here.requests.create(wanted(), acting(anna))
      await there.requests.load()
      clock.at += day
      expect(there.requests.get(id)).toMatchObject({ state: 'lapsed', closed: { at: start + day } })
      expect(there.requests.awaitingDecision(owner)).toEqual([])
      vi.advanceTimersByTime(2_000)
      const all = () => [...recordedEvents(here), ...recordedEvents(there)].filter((one) => one === 'request lapsed')
      await soon(all).toEqual(['request lapsed'])
      expect(await refusal(here.requests.withdraw(id, acting(anna)))).toBe('request_lapsed')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('entitlement of a grant', () => {
  async function given(rules: Rules = {}) {
    const here = await node(rules)
    const { id } = await here.requests.create(wanted(), acting(anna))
    await here.requests.approve(id, {}, acting(owner))
    expect(here.grants.of(anna, 'erp')).toHaveLength(1)
    here.events.length = 0
    return here
  }

  test.each<[string, Rules]>([
    ['app_gone', { apps: {} }],
    ['entitlement_gone', { apps: { erp: {} } }],
    ['entitlement_gone', { apps: { erp: { requests: requestSettings({ levels: ['read'] }) } } }],
    ['no_longer_eligible', { apps: { erp: { requests: requestSettings({ eligible: { groups: ['others'] } }) } } }],
  ])('%s: the grant is invalid at once, and is revoked', async (why, rules) => {
    const here = await given()
    here.apply(rules)
    expect(here.grants.of(anna, 'erp')).toEqual([])
    await soon(() => recordedEvents(here)).toEqual(['grant revoked'])
    expect(here.events[0]).toMatchObject({ actor: { kind: 'system' }, grant: { revokedFor: why } })
    here.apply({})
    expect(here.grants.of(anna, 'erp')).toMatchObject([{ revokedAt: start, revokedFor: why }])
  })

  test('is invalid while the user is not eligible, and valid again afterwards', async () => {
    const here = await given()
    expect(here.grants.of({ ...anna, groups: [] }, 'erp')).toEqual([])
    expect(here.grants.of({ ...anna, groups: [], groupsComplete: false }, 'erp')).toEqual([])
    expect(here.grants.of(anna, 'erp')).toHaveLength(1)
  })

  test('grants of a removed sponsor are revoked, others stay', async () => {
    const here = await node({ sponsors: ['erika@example.com'] })
    const give = (who: string, sponsor: string | undefined) =>
      here.grants.give(
        {
          who,
          app: 'erp',
          level: 'full',
          from: start,
          until: start + hour,
          schedule: undefined,
          sponsor,
          reason: undefined,
        },
        { kind: 'administrator', name: 'root' },
      )
    await give('corp|anna', 'Erika@example.com')
    await give('corp|ben', undefined)
    expect(here.grants.of(anna, 'erp')).toHaveLength(1)
    here.apply({ sponsors: ['max@example.com'] })
    expect(here.grants.of(anna, 'erp')).toEqual([])
    expect(here.grants.of(ben, 'erp')).toHaveLength(1)
    await soon(() => recordedEvents(here).filter((one) => one === 'grant revoked')).toHaveLength(1)
  })

  test('the list stays the identical object, so that decisions can be reused', async () => {
    const here = await given()
    expect(here.grants.of(anna, 'erp')).toBe(here.grants.of(anna, 'erp'))
    const less = { ...anna, groups: [] }
    expect(here.grants.of(less, 'erp')).toBe(here.grants.of(less, 'erp'))
  })
})
