// Redis Sentinel with master and replica: fail-over when the master is killed.

import { join } from 'node:path'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/store/open.ts'
import { startRedis } from '../support/redis.ts'
import type { RedisProcess } from '../support/redis.ts'

const running: RedisProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'einlass-sentinel-'))
let master: RedisProcess
let replica: RedisProcess
let sentinel: RedisProcess

beforeAll(async () => {
  master = await startRedis()
  running.push(master)
  replica = await startRedis({ arguments: ['--replicaof', '127.0.0.1', String(master.port)] })
  running.push(replica)
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    `sentinel monitor main 127.0.0.1 ${master.port} 1
     sentinel down-after-milliseconds main 2000
     sentinel failover-timeout main 3000\n`,
  )
  sentinel = await startRedis({ sentinel: file })
  running.push(sentinel)
  await until(async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'))
  await until(async () => (await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)))
})
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()))
  rmSync(folder, { recursive: true, force: true })
})

test('when the master is killed, the replica is used, no replicated data is lost, and no change is missed', async () => {
  const store = await openStore(
    { kind: 'redis', url: `redis+sentinel://127.0.0.1:${sentinel.port}/main` },
    { now: Date.now },
  )
  let hints = 0
  store.onHint(() => (hints += 1))
  try {
    await store.set('a', '1', 600_000)
    await store.announce({ kind: 'session_changed', session: 'x' })
    const { cursor } = await store.changesSince(undefined)
    await until(async () => (await replica.command('GET', 'einlass:a')).includes('1'))
    await until(async () => (await replica.command('XRANGE', 'einlass:changes', '-', '+')).includes(cursor))
    await master.kill9()
    await expect(store.get('a')).rejects.toMatchObject({ code: 'store_unreachable' })
    await expect.poll(() => store.get('a').catch(() => 'down'), { timeout: 20_000, interval: 100 }).toBe('1')
    await expect
      .poll(
        () =>
          store.set('b', '2', 600_000).then(
            () => 'written',
            () => 'refused',
          ),
        { timeout: 10_000, interval: 100 },
      )
      .toBe('written')
    const before = hints
    await expect
      .poll(
        async () => {
          await store.announce({ kind: 'session_changed', session: 'y' })
          return hints
        },
        { timeout: 5000, interval: 100 },
      )
      .toBeGreaterThan(before)
    const { gap, changes } = await store.changesSince(cursor)
    expect(gap).toBe(false)
    expect(changes).toContainEqual({ kind: 'session_changed', session: 'y' })
  } finally {
    await store.close()
  }
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await condition().catch(() => false)) return
    await pause(50)
  }
  throw new Error('the condition was not met within 20 s')
}
