// Repository of grants: give, revoke, replication to all nodes, and matching to subjects.

import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Actor, AuditEvent } from '../../src/audit/event.ts'
import { createGrants, type Grants, type NewGrant } from '../../src/grants/grants.ts'
import { createGrantIndex } from '../../src/grants/grant-index.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { Subject } from '../../src/policy/subject.ts'
import { createChangeFeed, type ChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'
import { startRedis, type RedisProcess } from '../support/redis.ts'

const start = 1_800_000_000_000
const hour = 3_600_000
const day = 24 * hour
const admin: Actor = { kind: 'administrator', name: 'root' }

const person = (more: Partial<Subject> = {}): Subject => ({
  provider: 'login',
  sub: '42',
  email: 'anna@example.com',
  name: undefined,
  username: undefined,
  groups: [],
  groupsComplete: true,
  claims: {},
  external: false,
  ...more,
})
const wanted = (more: Partial<NewGrant> = {}): NewGrant => ({
  who: 'login|42',
  app: 'erp',
  level: 'full',
  from: start,
  until: start + hour,
  schedule: undefined,
  sponsor: undefined,
  reason: 'month end',
  ...more,
})
const declared = (id: string, more: Partial<Grant> = {}): Grant => ({
  ...wanted(),
  id,
  origin: 'configuration',
  givenBy: 'configuration',
  revokedAt: undefined,
  ...more,
})

let redis: RedisProcess
let clock: { at: number }
let nodes: Node[]

/** One node: its own connection to the same Redis, its own memory. */
interface Node {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly grants: Grants
  readonly events: AuditEvent[]
  readonly changed: string[]
  readonly apps: string[]
}

async function node(change: (store: Store) => Store = (store) => store, given?: Store): Promise<Node> {
  const now = () => clock.at
  const store = change(given ?? (await openStore({ kind: 'redis', url: redis.url }, { now })))
  const changes = createChangeFeed({ store, now })
  const events: AuditEvent[] = []
  const changed: string[] = []
  const apps: string[] = []
  const record = (event: AuditEvent) => void events.push(event)
  const grants = createGrants({ store, changes, seal: createSeal([Buffer.alloc(32, 3)]), record, now })
  grants.onChange((ids, concerned) => {
    changed.push(...ids)
    apps.push(...concerned)
  })
  await grants.load()
  await changes.sweep()
  const made = { store, changes, grants, events, changed, apps }
  nodes.push(made)
  return made
}

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis?.stop()
})
beforeEach(async () => {
  await redis.command('FLUSHALL')
  clock = { at: start }
  nodes = []
})
afterEach(async () => {
  for (const { grants, changes, store } of nodes) {
    grants.stop()
    await changes.stop()
    await store.close()
  }
})
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 5000, interval: 5 })
const recordedEvents = ({ events }: Node) =>
  events.map((event) => (event.kind === 'grant' ? event.activity : event.kind))

/** Writes without announcing: simulates a node that fails in between. */
const withoutAnnounce = (store: Store): Store => ({ ...store, announce: () => Promise.reject(new Error('gone')) })

describe('a node that fails between writing and announcing', () => {
  test('its revocation takes effect on all nodes at the next revoke', async () => {
    const [failing, there, third] = [await node(withoutAnnounce), await node(), await node()]
    const { id } = await there.grants.give(wanted(), admin)
    for (const { changes, grants } of [failing, third]) {
      await changes.sweep()
      await soon(() => grants.all().length).toBe(1)
    }
    expect(await failing.grants.revoke(id, admin)).toBe(true)
    await third.changes.sweep()
    expect(third.grants.of(person(), 'erp')[0]?.revokedAt).toBeUndefined()
    expect(await there.grants.revoke(id, admin)).toBe(false)
    expect(there.grants.of(person(), 'erp')[0]?.revokedAt).toBe(start)
    await third.changes.sweep()
    await soon(() => third.grants.of(person(), 'erp')[0]?.revokedAt).toBe(start)
  })

  test('its writes are found by the others through resynchronization', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const there = await node()
      const failing = await node(withoutAnnounce)
      const { id } = await failing.grants.give(wanted(), admin)
      vi.advanceTimersByTime(29_000)
      expect(there.grants.all()).toEqual([])
      vi.advanceTimersByTime(1_000)
      await soon(() => there.grants.all().map((grant) => grant.id)).toEqual([id])
      expect(there.changed).toEqual([id])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('giving and revoking', () => {
  test('is valid at once on this node, soon on others, and after a restart', async () => {
    const [here, there] = [await node(), await node()]
    const grant = await here.grants.give(wanted(), admin)
    expect(grant).toMatchObject({ ...wanted(), origin: 'runtime', givenBy: 'root', revokedAt: undefined })
    expect(here.grants.of(person(), 'erp')).toEqual([grant])
    await there.changes.sweep()
    await soon(() => there.grants.of(person(), 'erp')).toEqual([grant])
    expect(there.changed).toEqual([grant.id])
    expect((await node()).grants.of(person(), 'erp')).toEqual([grant])
  })

  test('a revoked grant is never valid again on any node, and is recorded once', async () => {
    const [here, there] = [await node(), await node()]
    const { id } = await here.grants.give(wanted(), admin)
    clock.at += 1000
    await there.changes.sweep()
    await soon(() => there.grants.all().length).toBe(1)
    expect(await there.grants.revoke(id, admin)).toBe(true)
    expect(there.grants.of(person(), 'erp')).toMatchObject([{ id, revokedAt: start + 1000 }])
    await here.changes.sweep()
    await soon(() => here.grants.of(person(), 'erp')[0]?.revokedAt).toBe(start + 1000)
    expect(here.changed).toEqual([id, id])
    expect(await here.grants.revoke(id, admin)).toBe(false)
    expect(await here.grants.revoke('none', admin)).toBe(false)
    expect([recordedEvents(here), recordedEvents(there)]).toEqual([['given'], ['revoked']])
  })

  test('one of two concurrent revocations succeeds', async () => {
    const [here, there] = [await node(), await node()]
    const { id } = await here.grants.give(wanted(), admin)
    const done = await Promise.all([here, there, here].map(({ grants }) => grants.revoke(id, admin)))
    expect(done.toSorted()).toEqual([false, false, true])
    expect(
      [...recordedEvents(here), ...recordedEvents(there)].filter((activity) => activity === 'revoked'),
    ).toHaveLength(1)
  })

  test('the change is visible when the listener is called', async () => {
    const { grants } = await node()
    const heard: number[] = []
    grants.onChange(() => heard.push(grants.of(person(), 'erp').filter((one) => one.revokedAt === undefined).length))
    const { id } = await grants.give(wanted(), admin)
    await grants.revoke(id, admin)
    expect(heard).toEqual([1, 0])
  })

  test.each<[string, Partial<NewGrant>]>([
    ['ends when it begins', { until: start }],
    ['ends before it begins', { until: start - 1 }],
    ['never ends', { until: Infinity }],
    ['has no beginning', { from: Number.NaN }],
    ['has no sub', { who: 'login|' }],
    ['names no provider', { who: '|42' }],
    ['names an address without a provider', { who: 'anna@example.com' }],
    ['has an odd address', { who: 'login|mailto:anna' }],
    ['is for no app', { app: '' }],
    ['has an unknown level', { level: 'root' as 'full' }],
    ['has too long a reason', { reason: 'x'.repeat(5000) }],
  ])('one that %s is rejected and leaves nothing behind', async (_name, more) => {
    const { grants, store, events } = await node()
    await expect(grants.give(wanted(more), admin)).rejects.toMatchObject({ code: 'bad_grant' })
    expect(await store.members('grants')).toEqual([])
    expect([grants.all(), events]).toEqual([[], []])
  })

  test('without a store nothing is given, revoked or recorded', async () => {
    const { grants, store, events } = await node()
    const { id } = await grants.give(wanted(), admin)
    await store.close()
    await expect(grants.give(wanted({ app: 'wiki' }), admin)).rejects.toMatchObject({ code: 'store_unreachable' })
    await expect(grants.revoke(id, admin)).rejects.toMatchObject({ code: 'store_unreachable' })
    expect(grants.of(person(), 'wiki')).toEqual([])
    expect(events).toHaveLength(1)
  })

  test('is kept for 90 days after its end, and no longer', async () => {
    // The clock is advanced, which Redis does not support: use the memory store with an injected clock.
    const store = createMemoryStore({ now: () => clock.at })
    const { grants } = await node(undefined, store)
    const { id } = await grants.give(wanted(), admin)
    clock.at = start + hour + 89 * day
    expect((await node(undefined, store)).grants.all()).toMatchObject([{ id }])
    expect(grants.all()).toMatchObject([{ id }])
    clock.at = start + hour + 91 * day
    expect((await node(undefined, store)).grants.all()).toEqual([])
    expect(grants.all()).toEqual([])
    expect(await store.get(`grant:${id}`)).toBeUndefined()
  })

  test('is sealed in the store, and foreign records are not grants', async () => {
    const { grants, store } = await node()
    const { id } = await grants.give(wanted(), admin)
    const sealed = (await store.get(`grant:${id}`))!
    expect(sealed).not.toContain('login')
    await store.set('grant:moved', sealed, day)
    await store.set('grant:plain', JSON.stringify(declared('plain')), day)
    await store.addMember('grants', 'moved', day)
    await store.addMember('grants', 'plain', day)
    expect((await node()).grants.all()).toMatchObject([{ id }])
  })
})

describe('matching', () => {
  test('by subject, or by address of the provider named', async () => {
    const { grants } = await node()
    const bySub = await grants.give(wanted(), admin)
    const byMail = await grants.give(wanted({ who: 'login|mailto:Anna@Example.COM' }), admin)
    expect(grants.of(person(), 'erp')).toEqual([bySub, byMail])
    expect(grants.of(person({ email: undefined }), 'erp')).toEqual([bySub])
    expect(grants.of(person({ sub: '43' }), 'erp')).toEqual([byMail])
    expect(grants.of(person(), 'wiki')).toEqual([])
  })

  test('not by the address at another provider', async () => {
    const { grants } = await node()
    await grants.give(wanted({ who: 'login|mailto:anna@example.com' }), admin)
    expect(grants.of(person({ provider: 'partner' }), 'erp')).toEqual([])
  })

  test('a sub that looks like an address does not match it', async () => {
    const { grants } = await node()
    await grants.give(wanted({ who: 'login|mailto:anna@example.com' }), admin)
    expect(grants.of(person({ sub: 'mailto:anna@example.com', email: undefined }), 'erp')).toEqual([])
  })

  test('returns the identical list until a grant changes', async () => {
    const { grants } = await node()
    await grants.give(wanted(), admin)
    await grants.give(wanted({ who: 'login|mailto:anna@example.com' }), admin)
    const list = grants.of(person(), 'erp')
    expect(grants.of(person(), 'erp')).toBe(list)
    await grants.give(wanted({ who: 'login|9' }), admin)
    expect(grants.of(person(), 'erp')).toEqual(list)
  })

  test('lists of different users are separate, for any characters in their keys', () => {
    const text = fc.oneof(fc.constantFrom('a', 'a\n', '\nb', 'p|a', 'p|mailto:a', '1 '), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, fc.constantFrom('erp', 'wiki')), { maxLength: 12 }),
        fc.array(fc.tuple(text, text, fc.constantFrom('erp', 'wiki')), { maxLength: 12 }),
        (given, asked) => {
          const index = createGrantIndex()
          given.forEach(([who, app], at) => index.put(String(at), declared(String(at), { who, app })))
          for (const [who, mailbox, app] of asked) {
            const found = index.of(who, mailbox, app).map(({ id }) => id)
            const right = given.flatMap(([name, at], id) =>
              at === app && (name === who || name === mailbox) ? [String(id)] : [],
            )
            expect([...new Set(found)].toSorted()).toEqual(right.toSorted())
          }
        },
      ),
    )
  })

  test('contains the last revoked grant only, and all others', () => {
    const index = createGrantIndex()
    const of = () => index.of('login|42', undefined, 'erp').map(({ id }) => id)
    const revoked = (id: string, at: number) => declared(id, { revokedAt: start + at })
    for (const id of ['a', 'b', 'c']) index.put(id, declared(id))
    index.put('a', revoked('a', 2))
    expect(of().toSorted()).toEqual(['a', 'b', 'c'])
    index.put('b', revoked('b', 1))
    expect(of().toSorted()).toEqual(['a', 'c'])
    const many = Array.from({ length: 300 }, (_, at) => revoked(`old-${at}`, -at))
    for (const grant of many) index.put(grant.id, grant)
    expect(of().toSorted()).toEqual(['a', 'c'])
    expect(index.all()).toHaveLength(303)

    const read = createGrantIndex()
    read.replace(new Map(index.all().map((grant) => [grant.id, grant])))
    expect(new Set(read.of('login|42', undefined, 'erp').map(({ id }) => id))).toEqual(new Set(['a', 'c']))

    // Removed after the retention, in any order.
    for (const id of ['a', 'c', ...many.map((grant) => grant.id), 'b']) index.put(id, undefined)
    expect(index.all()).toEqual([])
    expect(of()).toEqual([])
  })

  test('ten thousand are loaded, and one person is found among them', async () => {
    const first = await node()
    const seal = createSeal([Buffer.alloc(32, 3)])
    for (let at = 0; at < 10_000; at += 500) {
      await Promise.all(
        Array.from({ length: 500 }, async (_, more) => {
          const i = at + more
          const grant = declared(`g${i}`, { who: `login|${i % 5000}`, app: `app${i % 7}`, origin: 'runtime' })
          await first.store.set(`grant:${grant.id}`, seal.seal('grant', grant.id, JSON.stringify(grant)), day)
          await first.store.addMember('grants', grant.id, day)
        }),
      )
    }
    const { grants } = await node()
    expect(grants.all()).toHaveLength(10_000)
    const ids = (sub: string, app: string) => grants.of(person({ sub }), app).map(({ id }) => id)
    expect(ids('77', 'app0')).toEqual(['g77'])
    expect(ids('77', `app${5077 % 7}`)).toEqual(['g5077'])
  })
})

describe('declared in the configuration', () => {
  test('follow the configuration, each recorded once across nodes', async () => {
    const [here, there] = [await node(), await node()]
    const system: Actor = { kind: 'system' }
    for (const { grants } of [here, there]) grants.setDeclared([declared('yaml-1'), declared('yaml-2')], system)
    expect(here.changed).toEqual(['yaml-1', 'yaml-2'])
    expect(here.grants.of(person(), 'erp').map(({ id }) => id)).toEqual(['yaml-1', 'yaml-2'])
    const all = () => [...recordedEvents(here), ...recordedEvents(there)].toSorted()
    await soon(all).toEqual(['given', 'given'])
    for (const { grants } of [here, there]) grants.setDeclared([declared('yaml-1')], system)
    expect(there.grants.of(person(), 'erp').map(({ id }) => id)).toEqual(['yaml-1'])
    expect(there.changed).toEqual(['yaml-1', 'yaml-2', 'yaml-2'])
    expect(there.apps).toEqual(['erp', 'erp'])
    await soon(all).toEqual(['given', 'given', 'revoked'])
  })

  test('remain after a resynchronization', async () => {
    const { grants } = await node()
    grants.setDeclared([declared('yaml-1')], admin)
    const { id } = await grants.give(wanted(), admin)
    await grants.load()
    expect(
      grants
        .all()
        .map((grant) => grant.id)
        .toSorted(),
    ).toEqual([id, 'yaml-1'].toSorted())
  })

  test('cannot be revoked, only removed from the configuration', async () => {
    const { grants } = await node()
    grants.setDeclared([declared('yaml-1')], admin)
    await expect(grants.revoke('yaml-1', admin)).rejects.toMatchObject({ code: 'declared_grant' })
    expect(grants.of(person(), 'erp')).toHaveLength(1)
  })
})

describe('failures', () => {
  test('an unreadable changed grant is not valid until it can be read', async () => {
    let broken = false
    const here = await node()
    const there = await node((store) => ({
      ...store,
      get: (key) => (broken ? Promise.reject(new Error('away')) : store.get(key)),
      members: (key) => (broken ? Promise.reject(new Error('away')) : store.members(key)),
    }))
    const { id } = await here.grants.give(wanted(), admin)
    await there.changes.sweep()
    await soon(() => there.grants.of(person(), 'erp')).toHaveLength(1)
    broken = true
    await here.grants.revoke(id, admin)
    await there.changes.sweep()
    await soon(() => there.grants.of(person(), 'erp')).toEqual([])
    // The app is reported although the grant cannot be read.
    expect(there.apps).toEqual(['erp', 'erp'])
    broken = false
    await soon(() => there.grants.of(person(), 'erp')).toMatchObject([{ id, revokedAt: start }])
  })

  test('a change during resynchronization is not undone by it', async () => {
    let hold: Promise<void> | undefined
    let release = () => {}
    const slow = await node((store) => ({
      ...store,
      getMany: async (keys) => {
        const values = await store.getMany(keys)
        await hold
        return values
      },
    }))
    const kept = await slow.grants.give(wanted(), admin)
    hold = new Promise((resolve) => (release = resolve))
    const loading = slow.grants.load()
    await soon(() => slow.grants.all()).toHaveLength(1)
    await slow.grants.revoke(kept.id, admin)
    const given = await slow.grants.give(wanted({ app: 'wiki' }), admin)
    hold = undefined
    release()
    await loading
    expect(slow.grants.of(person(), 'erp')).toMatchObject([{ revokedAt: start }])
    expect(slow.grants.of(person(), 'wiki')).toEqual([given])
  })
})
