// Redis store: the contract, and behavior when Redis is emptied, restarted, frozen or down at start.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import { createRedisStore } from '../../src/store/redis.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { storeContract } from '../contracts/store.ts'
import { freePort, startRedis } from '../support/redis.ts'
import type { RedisProcess } from '../support/redis.ts'

let redis: RedisProcess
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.stop())

const open = () => openStore({ kind: 'redis', url: redis.url }, { now: Date.now })
const ended = (session: string) => ({ kind: 'session_ended', session, reason: 'session_revoked' }) as const

storeContract('redis', open)

describe('the change log in Redis', () => {
  let store: Store
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())

  test('an emptied store is a gap, also when nothing was ever announced', async () => {
    const { cursor } = await store.changesSince(undefined)
    await redis.command('FLUSHALL')
    const after = await store.changesSince(cursor)
    expect(after).toMatchObject({ gap: true, changes: [] })
    // Incarnations of a log that end within one millisecond are distinguished as well.
    let { cursor: last } = after
    for (let round = 0; round < 50; round += 1) {
      await redis.command('FLUSHALL')
      await store.announce(ended('a'))
      const next = await store.changesSince(last)
      expect(next).toMatchObject({ gap: true })
      last = next.cursor
    }
  })

  test('a log trimmed past the cursor is a gap; one trimmed up to it is not', async () => {
    await store.announce(ended('a'))
    const { cursor } = await store.changesSince(undefined)
    await store.announce(ended('b'))
    await redis.command('XTRIM', 'einlass:changes', 'MAXLEN', '1')
    expect(await store.changesSince(cursor)).toMatchObject({ gap: false, changes: [ended('b')] })
    await store.announce(ended('c'))
    await redis.command('XTRIM', 'einlass:changes', 'MAXLEN', '1')
    expect(await store.changesSince(cursor)).toMatchObject({ gap: true, changes: [] })
  })

  test('entries lost in a fail-over are a gap, also after new announcements at the new master', async () => {
    await store.announce(ended('a'))
    const { cursor } = await store.changesSince(undefined)
    await redis.command('XDEL', 'einlass:changes', cursor)
    expect(await store.changesSince(cursor)).toMatchObject({ gap: true })
    await store.announce(ended('b'))
    expect(await store.changesSince(cursor)).toMatchObject({ gap: true })
  })

  test('a foreign entry in the log is a gap, not an error', async () => {
    const { cursor } = await store.changesSince(undefined)
    await redis.command('XADD', 'einlass:changes', '*', 'p', cursor, 'c', '{nonsense')
    expect(await store.changesSince(cursor)).toMatchObject({ gap: true })
    await redis.command('XADD', 'einlass:changes', '*', 'x', 'y')
    expect(await store.changesSince(cursor)).toMatchObject({ gap: true })
  })

  test('every key has the prefix and a TTL, except the log', async () => {
    await redis.command('FLUSHALL')
    await store.set('a', '1', 60_000)
    await store.add('b', '1', 60_000)
    await store.replace('a', '1', '2', 60_000)
    await store.increment('c', 60_000)
    await store.addMember('d', 'm', 60_000)
    await store.announce(ended('a'))
    const keys = (await redis.command('KEYS', '*')).match(/einlass:\w+/g) ?? []
    expect(keys.toSorted()).toEqual(['einlass:a', 'einlass:b', 'einlass:c', 'einlass:changes', 'einlass:d'])
    for (const key of keys.filter((each) => each !== 'einlass:changes')) {
      expect(Number((await redis.command('PTTL', key)).match(/:(-?\d+)/)?.[1])).toBeGreaterThan(50_000)
    }
  })

  test('scripts work after SCRIPT FLUSH', async () => {
    await redis.command('SCRIPT', 'FLUSH')
    expect(await store.increment('scripted', 1000)).toBe(1)
    await redis.command('SCRIPT', 'FLUSH')
    expect(await store.increment('scripted', 1000)).toBe(2)
  })

  test('a killed subscription is restored', async () => {
    let hints = 0
    store.onHint(() => (hints += 1))
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await expect
      .poll(async () => Number((await redis.command('PUBSUB', 'NUMSUB', 'einlass:hints')).match(/:(\d+)/)?.[1]), {
        timeout: 5000,
      })
      .toBe(1)
    const before = hints
    await store.announce(ended('a'))
    await expect.poll(() => hints, { timeout: 2000 }).toBeGreaterThan(before)
  })
})

describe('a failing Redis', () => {
  test('is used as soon as it is up, also when it was down at start', async () => {
    const port = await freePort()
    const store = await openStore({ kind: 'redis', url: `redis://127.0.0.1:${port}` }, { now: Date.now })
    let late: RedisProcess | undefined
    try {
      await expect(store.get('a')).rejects.toBeInstanceOf(StoreUnreachable)
      late = await startRedis({ port })
      await expect
        .poll(
          () =>
            store.ping().then(
              () => 'up',
              () => 'down',
            ),
          { timeout: 5000 },
        )
        .toBe('up')
      await store.set('a', '1', 1000)
      expect(await store.get('a')).toBe('1')
    } finally {
      await store.close()
      await late?.stop()
    }
  })

  test('loses no acknowledged write when killed, and is used again after a restart', async () => {
    const durable = await startRedis({ aof: true })
    const store = createRedisStore({ url: durable.url })
    try {
      await expect
        .poll(() =>
          store.ping().then(
            () => 'up',
            () => 'down',
          ),
        )
        .toBe('up')
      await store.set('a', '1', 60_000)
      await store.announce(ended('a'))
      const { cursor } = await store.changesSince(undefined)
      await durable.kill9()
      await expect(store.get('a')).rejects.toBeInstanceOf(StoreUnreachable)
      await durable.start()
      await expect.poll(() => store.get('a').catch(() => 'down'), { timeout: 5000 }).toBe('1')
      expect(await store.changesSince(cursor)).toEqual({ cursor, changes: [], gap: false })
    } finally {
      await store.close()
      await durable.stop()
    }
  })

  test.each([
    ['is a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /READONLY/],
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /OOM/],
  ])('does not answer the health check while it refuses writes: it %s', async (_name, refuse, accept, reason) => {
    const own = await startRedis()
    const store = createRedisStore({ url: own.url })
    const answers = (): Promise<string> =>
      store.ping().then(
        () => 'up',
        (error: Error) => String(error.cause),
      )
    try {
      await expect.poll(answers, { timeout: 5000 }).toBe('up')
      await own.command(...refuse)
      await expect.poll(answers, { timeout: 5000 }).toMatch(reason)
      await own.command(...accept)
      await expect.poll(answers, { timeout: 5000 }).toBe('up')
    } finally {
      await store.close()
      await own.stop()
    }
  })

  test('is named in the log at the first failed attempt, with its address and the mend', async () => {
    const port = await freePort()
    const lines: object[] = []
    const log = { info: () => undefined, warn: (fields: object) => void lines.push(fields) }
    const store = createRedisStore({ url: `redis://user:hunter2@127.0.0.1:${port}`, log })
    await expect.poll(() => lines.length).toBe(1)
    expect(lines).toMatchObject([
      {
        host: '127.0.0.1',
        port,
        cause: `connect ECONNREFUSED 127.0.0.1:${port}`,
        mend: expect.stringContaining('nothing listens at the address of `store`'),
      },
    ])
    expect(JSON.stringify(lines)).not.toContain('hunter2')
    await expect(store.get('a')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await store.close()
  })

  test('rejects within the time limit when it hangs, and works again when it resumes', async () => {
    const store = await open()
    try {
      redis.freeze()
      await expect(store.get('a')).rejects.toBeInstanceOf(StoreUnreachable)
      await pause(1000)
      await expect(store.get('a')).rejects.toBeInstanceOf(StoreUnreachable)
    } finally {
      redis.thaw()
    }
    await expect
      .poll(
        () =>
          store.ping().then(
            () => 'up',
            () => 'down',
          ),
        { timeout: 5000 },
      )
      .toBe('up')
    await store.close()
  })
})
