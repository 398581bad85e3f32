// Expiry notices: due times, recipients, and exactly one notice across all nodes.

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEntitlements } from '../../src/grants/entitlements.ts'
import { startExpiryNotices, warningDue } from '../../src/grants/expiry-notices.ts'
import { createGrantEvents } from '../../src/grants/grant-events.ts'
import type { Grant } from '../../src/policy/grant.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { hourGrant } from './records.ts'
import {
  acting,
  anna,
  configurationOf,
  day,
  hour,
  minute,
  openNode,
  owner,
  start,
  wanted,
  type RequestNode,
} from './requests/environment.ts'

const grant = (more: Partial<Grant> = {}) =>
  hourGrant({
    who: 'partners|mailto:miro@partner.example',
    until: start + 90 * day,
    sponsor: 'erika@example.com',
    reason: 'maintenance',
    contract: '2026-118',
    origin: 'configuration',
    givenBy: 'configuration',
    ...more,
  })
const basis = { request: 'r-1', entitlement: 'requests', email: undefined, groups: [], external: false } as const

describe('due warnings', () => {
  test.each<[string, Partial<Grant>, number, number | undefined]>([
    ['long before', {}, 40 * day, undefined],
    ['a month before', {}, 60 * day, 30 * day],
    ['a week before', {}, 83 * day, 7 * day],
    ['a day before', {}, 89 * day, day],
    ['never after its end', {}, 90 * day, undefined],
    ['never before its beginning', {}, -1, undefined],
    ['never once revoked', { revokedAt: start }, 89 * day, undefined],
    ['of a week, no month before', { until: start + 7 * day }, day, undefined],
    ['of a week, a day before', { until: start + 7 * day }, 6 * day, day],
    ['of half a day, nothing', { until: start + day / 2 }, 11 * hour, undefined],
    ['of four hours asked for, an hour before', { basis, until: start + 4 * hour }, 3 * hour, hour],
    ['and a quarter of an hour', { basis, until: start + 4 * hour }, 3.8 * hour, 15 * minute],
    ['of two hours asked for, no hour before', { basis, until: start + 2 * hour }, 1.1 * hour, undefined],
    ['of two hours asked for, a quarter of an hour', { basis, until: start + 2 * hour }, 1.8 * hour, 15 * minute],
    ['of half an hour asked for, nothing', { basis, until: start + 30 * minute }, 16 * minute, undefined],
    ['of a grant without a beginning', { from: 0 }, 89 * day, day],
    [
      'of one that was given yesterday for a long past beginning, nothing',
      { givenAt: start + 88 * day },
      89 * day,
      undefined,
    ],
    ['of ten minutes asked for, nothing', { basis, until: start + 10 * minute }, 9 * minute, undefined],
  ])('%s', (_says, more, after, due) => {
    expect(warningDue(grant(more), start + after)).toBe(due)
  })

  test('each warning is due once, later ones nearer to the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: minute, max: 100 * day }),
        fc.boolean(),
        fc.array(fc.double({ min: 0, max: 1.1, noNaN: true }), { maxLength: 60 }),
        (length, asked, moments) => {
          const one = grant({ until: start + length, ...(asked ? { basis } : {}) })
          const seen = moments.toSorted((x, y) => x - y).flatMap((part) => warningDue(one, start + part * length) ?? [])
          expect(new Set(seen).size).toBeLessThanOrEqual(3)
          expect(seen).toEqual(seen.toSorted((x, y) => y - x))
        },
      ),
    )
  })
})

describe('notices', () => {
  let clock: { at: number }
  let store: Store
  let nodes: RequestNode[]
  let stops: (() => void)[]

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    clock = { at: start }
    const now = () => clock.at
    store = createMemoryStore({ now })
    nodes = [await openNode(store, now), await openNode(store, now)]
    stops = nodes.map(({ grants, grantEvents, events }) =>
      startExpiryNotices({ grants, grantEvents, store, record: (event) => void events.push(event), now }),
    )
  })
  afterEach(async () => {
    for (const stop of stops) stop()
    for (const node of nodes) await node.stop()
    await store.close()
    vi.useRealTimers()
  })

  async function pass(time: number): Promise<void> {
    clock.at += time
    for (const { changes, grants } of nodes) {
      await changes.sweep()
      await grants.load()
    }
    vi.advanceTimersByTime(5_000)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  }
  const recordedEvents = () =>
    nodes.flatMap(({ events }) =>
      events.flatMap((event) =>
        event.kind === 'grant' && (event.activity === 'ending' || event.activity === 'ended') ? [event] : [],
      ),
    )

  test('go to the sponsor of an external user a month and a day before, and at the end', async () => {
    for (const { grants } of nodes) grants.setDeclared([grant()], { kind: 'system' })
    await pass(59 * day)
    expect(recordedEvents()).toEqual([])
    await pass(day)
    await pass(day)
    expect(recordedEvents()).toMatchObject([
      {
        activity: 'ending',
        actor: { kind: 'system' },
        grant: { id: 'g1', contract: '2026-118', until: start + 90 * day },
        tell: {
          sponsor: 'erika@example.com',
          requester: 'miro@partner.example',
          person: 'miro@partner.example',
          app: 'ERP',
        },
      },
    ])
    await pass(28 * day)
    await pass(hour)
    expect(recordedEvents()).toHaveLength(2)
    await pass(day)
    await pass(hour)
    expect(recordedEvents().map(({ activity }) => activity)).toEqual(['ending', 'ending', 'ended'])
  })

  test('go to the requester, and again after an extension', async () => {
    const [here] = nodes as [RequestNode]
    const { id } = await here.requests.create(wanted({ duration: 2 * hour }), acting(anna))
    const { grant: given } = await here.requests.approve(id, {}, acting(owner))
    await pass(hour)
    expect(recordedEvents()).toEqual([])
    await pass(0.75 * hour)
    expect(recordedEvents()).toMatchObject([
      {
        activity: 'ending',
        tell: { requester: 'anna@example.com', link: `https://access.example.com/requests/${id}` },
      },
    ])
    const more = await here.requests.create(wanted({ duration: 2 * hour, extends: given }), acting(anna))
    await here.requests.approve(more.id, {}, acting(owner))
    await pass(minute)
    expect(recordedEvents()).toHaveLength(1)
    await pass(1.25 * hour)
    expect(recordedEvents()).toHaveLength(2)
    await pass(hour)
    expect(recordedEvents().map(({ activity }) => activity)).toEqual(['ending', 'ending', 'ended'])
  })

  test('are not sent for access that is younger than twice the notice, whenever its beginning was', async () => {
    const [here, there] = nodes as [RequestNode, RequestNode]
    // Added to the configuration half a day before its end: without a beginning, or with one long ago.
    const late = ['none', 'past'].map((id) =>
      grant({ id, from: id === 'none' ? 0 : start - 80 * day, until: start + day / 2 }),
    )
    for (const { grants } of [here, there]) grants.setDeclared(late, { kind: 'system' })
    const { from, until, ...rest } = { ...grant(), from: start - 80 * day, until: start + day / 2 }
    await here.grants.give(
      { ...rest, who: 'corp|anna', app: 'erp', from, until },
      { kind: 'administrator', name: 'root' },
    )
    await pass(12_000)
    await pass(hour)
    expect(recordedEvents()).toEqual([])
    await pass(day)
    expect(recordedEvents().map(({ activity }) => activity)).toEqual(['ended', 'ended', 'ended'])
  })

  test('are sent for grants declared before their moment was kept', async () => {
    const old = grant({ id: 'g3', from: 0, until: start + day / 2 })
    await store.add('grant-declared:g3', '1', day)
    for (const { grants } of nodes) grants.setDeclared([old], { kind: 'system' })
    await pass(12_000)
    expect(recordedEvents()).toMatchObject([{ activity: 'ending', grant: { id: 'g3' } }])
  })

  test('are not sent for revoked grants or ones that ended long ago', async () => {
    const [here] = nodes as [RequestNode]
    const old = grant({ id: 'g2', from: start - 10 * day, until: start - 2 * day })
    here.grants.setDeclared([old], { kind: 'system' })
    const { id } = await here.requests.create(wanted(), acting(anna))
    await here.requests.approve(id, {}, acting(owner))
    await here.requests.revoke(id, acting(anna))
    await pass(2 * hour)
    expect(recordedEvents()).toEqual([])
  })
})

describe('a node', () => {
  const day90 = start + 90 * day

  const configuration = configurationOf()
  const grantEvents = createGrantEvents(
    () => configuration,
    createEntitlements(() => configuration),
  )
  const get: Store['get'] = () => Promise.resolve('1')
  function stage(store: Pick<Store, 'add' | 'get'>, grants: () => readonly Grant[]) {
    const clock = { at: day90 }
    const told: unknown[] = []
    const warnings: string[] = []
    const stop = startExpiryNotices({
      grants: { all: grants },
      grantEvents,
      store,
      record: (event) => void told.push(event),
      now: () => clock.at,
      log: { warn: (_fields: object, text: string) => void warnings.push(text) } as never,
    })
    const round = async () => {
      vi.advanceTimersByTime(5_000)
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    }
    return { clock, told, warnings, stop, round }
  }

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  test('asks the store once per notice, not in each round', async () => {
    const keys: string[] = []
    const add: Store['add'] = (key) => Promise.resolve(keys.push(key) > 0)
    const later = grant({ id: 'g0', until: day90 + 400 * day })
    const { clock, told, stop, round } = stage({ add, get }, () => [later, grant()])
    clock.at = day90 - day
    await round()
    await round()
    expect(keys).toEqual([`grant-told:g1:${day90}:${day}`])
    clock.at = day90
    await round()
    await round()
    expect(keys).toEqual([`grant-told:g1:${day90}:${day}`, `grant-told:g1:${day90}:ended`])
    expect(told).toEqual([
      grantEvents.grantEvent(day90 - day, 'ending', grant(), { kind: 'system' }),
      grantEvents.grantEvent(day90, 'ended', grant(), { kind: 'system' }),
    ])
    stop()
  })

  test('remembers notices for longer than the grant is listed', async () => {
    const times: number[] = []
    const add: Store['add'] = (_key, _value, ttl) => Promise.resolve(times.push(ttl) > 0)
    const { clock, stop, round } = stage({ add, get }, () => [grant()])
    clock.at = day90 - day
    await round()
    clock.at = day90 + hour
    await round()
    expect(times).toEqual([92 * day, 91 * day])
    stop()
  })

  test('tells of an end for one day, and not once another node has', async () => {
    const { clock, told, stop, round } = stage({ get, add: () => Promise.resolve(true) }, () => [grant()])
    clock.at = day90 + day
    await round()
    expect(told).toEqual([])
    stop()
    const second = stage({ get, add: () => Promise.resolve(false) }, () => [grant()])
    await second.round()
    expect(second.told).toEqual([])
    second.stop()
  })

  test('tries again in the next round if the store fails, with a warning', async () => {
    let down = true
    const add: Store['add'] = () => (down ? Promise.reject(new Error('gone')) : Promise.resolve(true))
    const { told, warnings, stop, round } = stage({ add, get }, () => [grant({ id: 'g1' }), grant({ id: 'g2' })])
    await round()
    expect([told, warnings]).toEqual([[], ['expiry notices could not be sent; will retry']])
    down = false
    await round()
    expect(told).toMatchObject([{ grant: { id: 'g1' } }, { grant: { id: 'g2' } }])
    stop()
  })

  test('does not begin a round while one is under way, and tells nothing once stopped', async () => {
    let asked = 0
    let answer = (_first: boolean) => {}
    const add: Store['add'] = () => (asked++, new Promise((resolve) => (answer = resolve)))
    const { told, stop, round } = stage({ add, get }, () => [grant()])
    await round()
    await round()
    expect(asked).toBe(1)
    stop()
    answer(true)
    await round()
    expect([asked, told]).toEqual([1, []])
    expect(vi.getTimerCount()).toBe(0)
  })
})
