// Sessions over Redis: two nodes, with a broken Redis or network.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../../src/identity/session/record.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { openStore } from '../../../src/store/open.ts'
import { createClock, host, minute, origin, person, startNode, stateOf } from '../../contracts/session-node.ts'
import { sessionsContract } from '../../contracts/sessions.ts'
import { startRedis } from '../../support/redis.ts'
import type { RedisProcess } from '../../support/redis.ts'

const admin = { kind: 'administrator', name: 'root' } as const
let redis: RedisProcess

beforeAll(async () => {
  redis = await startRedis({ aof: true })
})
afterAll(() => redis?.stop())

const open = () => openStore({ kind: 'redis', url: redis.url }, { now: Date.now })

sessionsContract('redis', async () => [await open(), await open()])

describe('with a failing Redis', () => {
  const seal = createSeal([randomBytes(32)])
  const nodes: { stop(): Promise<void> }[] = []
  const node = async (grace: number, clock = createClock()) => {
    const store = await open()
    const started = await startNode(store, seal, clock, { grace })
    nodes.push({ stop: () => started.stop().then(() => store.close()) })
    return started
  }
  afterAll(async () => {
    for (const each of nodes) await each.stop()
  })

  test('an end takes effect within a sweep, although every subscription was killed', async () => {
    const [here, there] = [await node(0), await node(0)]
    const session = await here.sessions.begin(person('alice'), undefined, origin)
    const cookie = await here.sessions.issueCookie(session, host)
    expect(await stateOf(there.sessions.find(cookie, host))).toBe('live')
    const done = new AbortController()
    const killer = (async () => {
      while (!done.signal.aborted) {
        await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })()
    try {
      await here.sessions.end(session.id, 'session_revoked', admin)
      await expect.poll(() => stateOf(there.sessions.find(cookie, host)), { timeout: 2000 }).toBe('session_revoked')
    } finally {
      done.abort()
      await killer
    }
  })

  test('the store contains neither cookies nor tokens nor names', async () => {
    const fresh = await startRedis({ aof: true })
    const store = await openStore({ kind: 'redis', url: fresh.url }, { now: Date.now })
    const here = await startNode(store, seal, createClock())
    try {
      const session = await here.sessions.begin(person('mallory'), undefined, origin)
      const cookie = await here.sessions.issueCookie(session, host)
      here.sessions.touch(session)
      await here.sessions.update(session, { device: 'secret-laptop' })
      await here.stop()
      // Contains every command sent to Redis.
      const log = readFileSync(join(fresh.folder, 'appendonlydir', 'appendonly.aof.1.incr.aof'), 'latin1')
      expect(log).toContain(session.id)
      expect(log).toContain(digestOf(cookie))
      const found = [cookie, 'token-of', 'mallory', 'secret-laptop', 'Firefox'].filter((each) => log.includes(each))
      expect(found).toEqual([])
    } finally {
      await here.stop()
      await store.close()
      await fresh.stop()
    }
  })

  test('without grace no cached session is valid while Redis is down; with grace, for that long; both recover without a restart', async () => {
    const clock = createClock()
    const [strict, lenient] = [await node(0, clock), await node(10 * minute, clock)]
    const session = await strict.sessions.begin(person('bob'), undefined, origin)
    const cookie = await strict.sessions.issueCookie(session, host)
    for (const each of [strict, lenient]) expect(await stateOf(each.sessions.find(cookie, host))).toBe('live')
    await redis.kill9()
    await lenient.changes.sweep().catch(() => {})
    await strict.changes.sweep().catch(() => {})
    clock.advance(3000)
    expect(await stateOf(strict.sessions.find(cookie, host))).toBe('unreachable')
    expect(await stateOf(lenient.sessions.find(cookie, host))).toBe('live')
    expect(await stateOf(lenient.sessions.find(randomBytes(32).toString('base64url'), host))).toBe('unreachable')
    await expect(lenient.sessions.end(session.id, 'session_revoked', admin)).rejects.toMatchObject({
      code: 'store_unreachable',
    })
    clock.advance(10 * minute)
    expect(await stateOf(lenient.sessions.find(cookie, host))).toBe('unreachable')
    await redis.start()
    for (const each of [strict, lenient]) {
      await expect.poll(() => stateOf(each.sessions.find(cookie, host)), { timeout: 5000 }).toBe('live')
    }
    expect(await lenient.sessions.end(session.id, 'session_revoked', admin)).toBe(true)
    await expect.poll(() => stateOf(strict.sessions.find(cookie, host)), { timeout: 2000 }).toBe('session_revoked')
  })

  test('emptying the store ends every session, also cached ones', async () => {
    const here = await node(10 * minute)
    const session = await here.sessions.begin(person('carol'), undefined, origin)
    const cookie = await here.sessions.issueCookie(session, host)
    expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
    await redis.command('FLUSHALL')
    await expect.poll(() => stateOf(here.sessions.find(cookie, host)), { timeout: 2000 }).toBe('no_session')
  })
})
