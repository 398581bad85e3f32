// Directory of users who signed in: the same over every store.

import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createUsers, withUserTracking, type Users } from '../../../src/identity/users/users.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import type { Sessions } from '../../../src/identity/session/sessions.ts'
import type { Subject } from '../../../src/policy/subject.ts'
import { openStore } from '../../../src/store/open.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../../src/store/store.ts'
import { startRedis, type RedisProcess } from '../../support/redis.ts'
import { createClock, hour, person, startNode } from '../../contracts/session-node.ts'

const day = 24 * hour
const seal = createSeal([Buffer.alloc(32, 9)])
let redis: RedisProcess

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(async () => {
  await redis?.stop()
})

async function open(kind: string, now: () => number): Promise<Store> {
  if (kind === 'redis') {
    await redis.command('FLUSHALL')
    return openStore({ kind: 'redis', url: redis.url }, { now })
  }
  if (kind === 'memory') return openStore({ kind: 'memory' }, { now })
  const folder = await mkdtemp(join(tmpdir(), 'einlass-users-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return openStore({ kind: 'sqlite', file: join(folder, 'store.db') }, { now })
}

const subject = (sub: string, more: Partial<Subject> = {}): Subject => ({ ...person(sub).subject, ...more })
const session = (of: Subject): Session => ({ subject: of }) as Session

describe.each(['memory', 'sqlite', 'redis'])('over %s', (kind) => {
  async function setUp(change: (store: Store) => Store = (store) => store) {
    const clock = createClock()
    const real = await open(kind, clock.now)
    const store = change(real)
    const nodes: Users[] = []
    const node = (): Users => {
      const made = createUsers({ store, seal, now: clock.now })
      nodes.push(made)
      return made
    }
    onTestFinished(async () => {
      for (const one of nodes) await one.stop()
      await real.close()
    })
    return { clock, store, node }
  }

  test('a user who signed in is stored with the latest claims', async () => {
    const { clock, node } = await setUp()
    const here = node()
    const first = clock.now()
    here.setClaims(subject('anna', { groups: ['staff'] }), first)
    await here.all()
    clock.advance(day)
    here.setClaims(subject('anna', { groups: ['staff', 'finance'] }), clock.now())
    const [anna, ...others] = await here.all()
    expect(others).toEqual([])
    expect(anna).toMatchObject({ subject: { groups: ['staff', 'finance'] }, firstSignIn: first })
    expect(anna!.lastSignIn - first).toBeGreaterThanOrEqual(day)
  })

  test('two nodes update one record without losing updates', async () => {
    const { clock, node } = await setUp()
    const [here, there] = [node(), node()]
    const anna = subject('anna')
    here.setClaims(anna, clock.now())
    await here.all()
    here.recordUse(session(anna), 'wiki', clock.now())
    there.recordUse(session(anna), 'erp', clock.now())
    there.setClaims(subject('ben'), clock.now())
    await Promise.all([here.all(), there.all()])
    const users = await here.all()
    expect(users.map((one) => one.subject.sub).toSorted()).toEqual(['anna', 'ben'])
    const used = users.find((one) => one.subject.sub === 'anna')!.used
    expect(Object.keys(used).toSorted()).toEqual(['erp', 'wiki'])
    expect(used['wiki']! % hour).toBe(0)
    // Includes updates of other nodes, and those not written yet.
    expect(await here.lastUsed(anna, 'erp')).toBe(used['erp'])
    expect(await there.lastUsed(anna, 'wiki')).toBe(used['wiki'])
    here.recordUse(session(anna), 'payroll', clock.now())
    expect(await here.lastUsed(anna, 'payroll')).toBe(clock.now() - (clock.now() % hour))
    expect(await here.lastUsed(subject('ben'), 'wiki')).toBeUndefined()
    expect(await here.lastUsed(subject('unknown'), 'wiki')).toBeUndefined()
  })

  test('use of an app on one node before the other has written the sign-in: neither is lost', async () => {
    const { clock, node } = await setUp()
    const [here, there] = [node(), node()]
    const anna = subject('anna', { groups: ['staff'] })
    here.setClaims(anna, clock.now())
    const session = { subject: anna, createdAt: clock.now(), validatedAt: clock.now() } as Session
    there.recordUse(session, 'wiki', clock.now())
    const [first] = await there.all()
    expect(first).toMatchObject({ subject: { sub: 'anna' }, used: { wiki: clock.now() - (clock.now() % hour) } })
    const [both, ...others] = await here.all()
    expect(others).toEqual([])
    expect(both).toMatchObject({ subject: { groups: ['staff'] }, used: first!.used })
  })

  test('an hour is written once, for any number of requests and sessions', async () => {
    let writes = 0
    const { clock, node } = await setUp((store) => ({
      ...store,
      replace: (...given) => (writes++, store.replace(...given)),
    }))
    const here = node()
    const anna = subject('anna')
    here.setClaims(anna, clock.now())
    await here.all()
    const at = clock.now() - (clock.now() % hour) + 1000
    for (let times = 0; times < 100; times++) {
      here.recordUse(session(anna), 'wiki', at + times)
      await here.all()
    }
    expect(writes).toBe(1)
    here.recordUse(session(anna), 'wiki', at + hour)
    await here.all()
    expect(writes).toBe(2)
  })

  test('a user is removed 400 days after the last sign-in', async () => {
    const { clock, node } = await setUp()
    if (kind === 'redis') {
      // Redis has its own clock, which cannot be advanced: its TTL is checked instead.
      const alone = node()
      alone.setClaims(subject('anna'), clock.now() - 100 * day)
      await alone.all()
      const id = createHash('sha256').update('company|anna').digest('base64url')
      const left = Number(/-?\d+/.exec(await redis.command('PTTL', `einlass:person:${id}`))?.[0])
      expect(left / day).toBeGreaterThan(299.9)
      expect(left / day).toBeLessThanOrEqual(300)
      return
    }
    const here = node()
    here.setClaims(subject('anna'), clock.now())
    here.setClaims(subject('ben'), clock.now())
    await here.all()
    clock.advance(399 * day)
    here.setClaims(subject('ben'), clock.now())
    expect(await here.all()).toHaveLength(2)
    clock.advance(2 * day)
    expect((await here.all()).map((one) => one.subject.sub)).toEqual(['ben'])
  })

  test('updates that failed are written when the store is back, and none is lost', async () => {
    let away = false
    const { clock, node } = await setUp((store) => ({
      ...store,
      get: (key) => (away ? Promise.reject(new StoreUnreachable(new Error('away'))) : store.get(key)),
    }))
    const here = node()
    const anna = subject('anna')
    away = true
    here.setClaims(anna, clock.now())
    here.recordUse(session(anna), 'wiki', clock.now())
    expect(await here.all()).toEqual([])
    away = false
    expect(await here.all()).toMatchObject([{ subject: { sub: 'anna' }, used: { wiki: expect.any(Number) } }])
  })

  test('an emergency code is not a user', async () => {
    const { clock, node } = await setUp()
    const here = node()
    const code = subject('code-1', { provider: 'emergency' })
    here.setClaims(code, clock.now())
    here.recordUse(session(code), 'wiki', clock.now())
    expect(await here.all()).toEqual([])
  })

  test('a record that was not sealed by the gateway is not a user', async () => {
    const { clock, store, node } = await setUp()
    await store.addMember('users', 'x', day)
    await store.set('person:x', '{"subject":{"sub":"mallory"}}', day)
    const here = node()
    here.setClaims(subject('anna'), clock.now())
    expect((await here.all()).map((one) => one.subject.sub)).toEqual(['anna'])
  })

  test('the session repository records sign-ins and later claims', async () => {
    const { clock, store, node } = await setUp()
    const here = node()
    const sessionNode = await startNode(store, seal, clock)
    onTestFinished(() => sessionNode.stop())
    const sessions: Sessions = withUserTracking(sessionNode.sessions, here)
    const origin = { requestId: 'r', address: '192.0.2.1' }
    const session = await sessions.begin(person('anna'), undefined, origin)
    await sessions.update(session, { subject: { ...session.subject, groups: ['staff', 'night'] } })
    expect(await here.all()).toMatchObject([{ subject: { sub: 'anna', groups: ['staff', 'night'] } }])
  })
})
