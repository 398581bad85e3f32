// Maintenance of access requests: what a failed node left behind is completed, once, and one failure stops no other.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createRequestReplica, type RequestReplica } from '../../../src/grants/requests/replica.ts'
import { createRequestRecords, type RequestRecords } from '../../../src/grants/requests/records.ts'
import type { GrantRequest } from '../../../src/grants/requests/request.ts'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import { createGrantEvents } from '../../../src/grants/grant-events.ts'
import { createChangeFeed, type ChangeFeed } from '../../../src/store/change-feed.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../../src/store/store.ts'
import { openRequest } from '../records.ts'
import { configurationOf, day, emergencySettings, hour, requestSettings, start } from './environment.ts'

const request = (id: string, more: Partial<GrantRequest> = {}) => openRequest(id, { lapsesAt: start + hour, ...more })
const approved = (id: string, more: Partial<GrantRequest> = {}) => request(id, { state: 'approved', ...more })
const emergency = (id: string, more: Partial<GrantRequest> = {}) =>
  approved(id, { emergency: true, settled: true, reviewBy: start + day, ...more })

const configuration = configurationOf({
  apps: { erp: { requests: requestSettings(), emergency: emergencySettings() } },
})
const grantEvents = createGrantEvents(
  () => configuration,
  createEntitlements(() => configuration),
)

let clock: { at: number }
let store: Store
let records: RequestRecords
let nodes: { readonly replica: RequestReplica; readonly changes: ChangeFeed }[]
let applied: string[]
let applyTerms: (request: GrantRequest) => Promise<GrantRequest>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  clock = { at: start }
  nodes = []
  applied = []
  applyTerms = (one) => {
    applied.push(one.id)
    return Promise.resolve(one)
  }
  store = createMemoryStore({ now: () => clock.at })
  records = createRequestRecords({ store, seal: createSeal([Buffer.alloc(32, 3)]), now: () => clock.at })
})
afterEach(async () => {
  for (const { replica, changes } of nodes) {
    replica.stop()
    await changes.stop()
  }
  await store.close()
  vi.useRealTimers()
})

function node(given: Partial<RequestRecords> = {}, storeOf: Store = store) {
  const events: AuditEvent[] = []
  const warnings: [object, string][] = []
  const changes = createChangeFeed({ store, now: () => clock.at })
  const replica = createRequestReplica({
    store: storeOf,
    changes,
    records: { ...records, ...given },
    applyTerms: (one) => applyTerms(one),
    record: (event) => void events.push(event),
    grantEvents,
    now: () => clock.at,
    log: { warn: (fields: object, text: string) => void warnings.push([fields, text]) } as never,
  })
  nodes.push({ replica, changes })
  return { replica, changes, events, warnings }
}

/** One round of maintenance on every node. */
async function round(): Promise<void> {
  vi.advanceTimersByTime(2_000)
  await turns()
}
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
}
const activities = (events: readonly AuditEvent[]) =>
  events.map((event) => (event.kind === 'request' ? event.activity : event.kind))

describe('an approval that was not applied', () => {
  test('is applied every two seconds until it is settled', async () => {
    for (const one of [approved('a-1'), approved('b-1', { settled: true }), request('c-1')]) await records.create(one)
    const { replica } = node()
    await replica.load()
    vi.advanceTimersByTime(1_999)
    expect(applied).toEqual([])
    await round()
    expect(applied).toEqual(['a-1'])
    await round()
    expect(applied).toEqual(['a-1', 'a-1'])
    replica.put(approved('a-1', { settled: true, version: 2 }))
    await round()
    expect(applied).toHaveLength(2)
  })

  test('does not stop the others when it fails', async () => {
    for (const id of ['a-1', 'b-1', 'c-1']) await records.create(approved(id))
    const { replica, warnings } = node()
    await replica.load()
    const error = new Error('broken')
    applyTerms = (one) => (applied.push(one.id), one.id === 'b-1' ? Promise.reject(error) : Promise.resolve(one))
    await round()
    expect(applied.toSorted()).toEqual(['a-1', 'b-1', 'c-1'])
    expect(warnings).toEqual([[{ request: 'b-1', error }, 'maintenance of a request failed; will retry']])
  })

  test('without the store, the others wait for the next round', async () => {
    for (const id of ['a-1', 'b-1', 'c-1']) await records.create(approved(id))
    const { replica, warnings } = node()
    await replica.load()
    const error = new StoreUnreachable('gone')
    applyTerms = (one) => (applied.push(one.id), Promise.reject(error))
    await round()
    expect(applied).toHaveLength(1)
    expect(warnings).toEqual([[{ error }, 'maintenance of requests failed; will retry']])
    applyTerms = (one) => (applied.push(one.id), Promise.resolve(one))
    await round()
    expect(applied).toHaveLength(4)
  })
})

describe('a round', () => {
  test('does nothing before all requests were read: an older state must not be acted on', async () => {
    const { replica } = node()
    replica.put(approved('a-1'))
    await round()
    expect(applied).toEqual([])
    await replica.load()
    await round()
    expect(applied).toEqual([])
  })

  test('does not begin while another one is under way', async () => {
    await records.create(approved('a-1'))
    const { replica } = node()
    await replica.load()
    let release = () => {}
    applyTerms = (one) => (applied.push(one.id), new Promise((resolve) => (release = () => resolve(one))))
    await round()
    await round()
    expect(applied).toEqual(['a-1'])
    release()
    await turns()
    await round()
    expect(applied).toEqual(['a-1', 'a-1'])
    release()
  })

  test('ends when the node stops', async () => {
    for (const id of ['a-1', 'b-1']) await records.create(approved(id))
    const { replica } = node()
    await replica.load()
    const timers = vi.getTimerCount()
    applyTerms = (one) => {
      applied.push(one.id)
      replica.stop()
      return Promise.resolve(one)
    }
    await round()
    await round()
    expect(applied).toHaveLength(1)
    // Those of maintenance and of rereading.
    expect(vi.getTimerCount()).toBe(timers - 2)
  })
})

describe('a request whose time is over', () => {
  test('is written as lapsed and recorded once, by one of all nodes', async () => {
    await records.create(request('a-1'))
    const [here, there] = [node(), node()]
    for (const { replica } of [here, there]) await replica.load()
    clock.at = start + hour
    await round()
    expect(await records.read('a-1')).toMatchObject({
      state: 'lapsed',
      version: 2,
      closed: { at: start + hour, by: undefined, comment: undefined },
    })
    expect(activities([...here.events, ...there.events])).toEqual(['lapsed'])
    expect([...here.events, ...there.events][0]).toMatchObject({ at: start + hour, actor: { kind: 'system' } })
    await round()
    expect([...here.events, ...there.events]).toHaveLength(1)
  })

  test('is written once: not read again in each round', async () => {
    await records.create(request('a-1'))
    const change = vi.fn(records.change)
    const { replica } = node({ change })
    await replica.load()
    clock.at = start + hour
    for (let rounds = 0; rounds < 3; rounds++) await round()
    expect(change).toHaveBeenCalledTimes(1)
  })

  test('is not written if it was decided on another node meanwhile; this node learns that', async () => {
    await records.create(request('a-1'))
    const { replica, events } = node()
    await replica.load()
    await records.change('a-1', (one) => ({
      ...one,
      version: 2,
      state: 'denied',
      closed: { at: start, by: undefined, comment: undefined },
    }))
    clock.at = start + hour
    await round()
    expect(await records.read('a-1')).toMatchObject({ state: 'denied', version: 2 })
    expect(replica.index.get('a-1')?.state).toBe('denied')
    expect(events).toEqual([])
  })

  test('that has more time in the store stays open', async () => {
    await records.create(request('a-1', { lapsesAt: start + 2 * hour, version: 2 }))
    const { replica, events } = node()
    await replica.load()
    // This node knows an older state, by which it has lapsed.
    const behind = node({ readAll: () => Promise.resolve([request('a-1')]) })
    await behind.replica.load()
    clock.at = start + hour
    await round()
    expect((await records.read('a-1'))?.state).toBe('open')
    expect(behind.replica.index.get('a-1')?.state).toBe('open')
    expect([...events, ...behind.events]).toEqual([])
  })

  test('and is gone from the store is tried again, and not recorded', async () => {
    const change = vi.fn(records.change)
    const { replica, events } = node({ change, readAll: () => Promise.resolve([request('a-1')]) })
    await replica.load()
    clock.at = start + hour
    await round()
    await round()
    expect([change.mock.calls.length, events]).toEqual([2, []])
  })
})

describe('an emergency whose review is overdue', () => {
  test('is reported once, as event to its reviewers and as finding', async () => {
    await records.create(emergency('a-1'))
    const [here, there] = [node(), node()]
    for (const { replica } of [here, there]) await replica.load()
    clock.at = start + day - 1
    await round()
    expect([...here.events, ...there.events]).toEqual([])
    clock.at++
    await round()
    await round()
    const events = [...here.events, ...there.events]
    expect(activities(events)).toEqual(['unreviewed', 'finding'])
    expect(events).toMatchObject([
      { at: start + day, actor: { kind: 'system' }, request: { id: 'a-1' } },
      {
        at: start + day,
        actor: { kind: 'system' },
        origin: undefined,
        title: 'Emergency access to erp was not reviewed',
        detail: 'the emergency access of corp|anna was not reviewed in time (request a-1)',
        severity: 'high',
      },
    ])
  })

  test('is not reported again by a node that starts later, for as long as it is kept', async () => {
    await records.create(emergency('a-1'))
    const first = node()
    await first.replica.load()
    clock.at = start + day
    await round()
    clock.at += 80 * day
    const later = node()
    await later.replica.load()
    await round()
    expect(later.events).toEqual([])
    expect(first.events).toHaveLength(2)
  })

  test.each<[string, GrantRequest]>([
    ['reviewed', emergency('a-1', { reviewed: { at: start, by: request('x').by, comment: undefined } })],
    ['not an emergency', approved('a-1', { settled: true, reviewBy: start })],
    ['without a date', emergency('a-1', { reviewBy: undefined })],
  ])('one that is %s is not', async (_says, one) => {
    await records.create(one)
    const { replica, events } = node()
    await replica.load()
    clock.at = start + 2 * day
    await round()
    expect(events).toEqual([])
  })

  test('asks the store once', async () => {
    await records.create(emergency('a-1'))
    const add = vi.fn((...given: Parameters<Store['add']>) => store.add(...given))
    const { replica } = node({}, { ...store, add })
    await replica.load()
    clock.at = start + day
    for (let rounds = 0; rounds < 3; rounds++) await round()
    expect(add).toHaveBeenCalledTimes(1)
  })
})

test('a changed request that cannot be read keeps its last state', async () => {
  await records.create(request('a-1'))
  const { replica, changes } = node({ read: () => Promise.reject(new Error('away')) })
  await replica.load()
  await changes.announce({ kind: 'request_changed', request: 'a-1' })
  await turns()
  expect(replica.index.get('a-1')).toMatchObject({ state: 'open', version: 1 })
})

test('a request written during a full read is not removed by it', async () => {
  const gates: Promise<void>[] = []
  const { replica, changes } = node({
    readAll: async () => {
      const found = await records.readAll()
      await gates[0]
      return found
    },
  })
  await changes.sweep()
  await turns()
  const { promise, resolve } = Promise.withResolvers<void>()
  gates.push(promise)
  const loading = replica.load()
  await turns()
  replica.put(request('a-1'))
  resolve()
  await loading
  expect(replica.index.get('a-1')).toBeDefined()
})
