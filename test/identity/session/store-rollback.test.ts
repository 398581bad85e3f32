// Rollback of the store: restored from a backup, or a replica promoted before it had all writes.

import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSeal } from '../../../src/store/seal.ts'
import { openStore } from '../../../src/store/open.ts'
import { createClock, host, origin, person, startNode, stateOf } from '../../contracts/session-node.ts'
import { startRedis } from '../../support/redis.ts'
import type { RedisProcess } from '../../support/redis.ts'

const admin = { kind: 'administrator', name: 'root' } as const
const seal = createSeal([randomBytes(32)])
const cleaning: (() => Promise<unknown>)[] = []
let redis: RedisProcess

beforeEach(async () => {
  redis = await startRedis()
  cleaning.push(() => redis.stop())
})
afterEach(async () => {
  for (const clean of cleaning.splice(0).toReversed()) await clean()
})

async function node() {
  const store = await openStore({ kind: 'redis', url: redis.url }, { now: Date.now })
  const started = await startNode(store, seal, createClock())
  cleaning.push(() => started.stop().then(() => store.close()))
  return started
}

/** Loses all writes since `SAVE`; the rolled-back change log signals it to the nodes as a gap. */
async function rollBack(): Promise<void> {
  await redis.kill9()
  await redis.start()
}

test('a session that ended stays ended on every node that saw it, and is ended in the store again', async () => {
  const [here, there] = [await node(), await node()]
  const session = await here.sessions.begin(person('alice'), undefined, origin)
  const other = await here.sessions.begin(person('bob'), undefined, origin)
  const cookie = await here.sessions.issueCookie(session, host)
  await redis.command('SAVE')
  await here.sessions.end(session.id, 'session_revoked', admin)
  await there.changes.sweep()
  await rollBack()
  for (const one of [here, there]) {
    const seen: string[] = []
    await expect
      .poll(
        async () => {
          seen.push(await stateOf(one.sessions.find(cookie, host)))
          return seen.at(-1)
        },
        { timeout: 5_000, interval: 10 },
      )
      .toBe('session_revoked')
    expect(seen).not.toContain('live')
    expect((await one.sessions.all()).map(({ id }) => id)).toEqual([other.id])
  }
  // A node started now saw no end: it reads it from the store.
  await expect
    .poll(async () => stateOf((await node()).sessions.find(cookie, host)), { timeout: 10_000, interval: 500 })
    .toBe('session_revoked')
  const ends = [...here.events, ...there.events].filter(
    (event) => event.kind === 'authentication' && event.activity === 'session_ended',
  )
  expect(ends).toHaveLength(1)
})

test('a new sign-in meanwhile creates a new session, and neither steps up nor renews the old one', async () => {
  const here = await node()
  const session = await here.sessions.begin(person('alice'), undefined, origin)
  await redis.command('SAVE')
  await here.sessions.end(session.id, 'session_revoked', admin)
  await rollBack()
  await expect
    .poll(
      () =>
        here.changes.sweep().then(
          () => true,
          () => false,
        ),
      { timeout: 5_000 },
    )
    .toBe(true)
  expect(await here.sessions.update(session, { validatedAt: Date.now() })).toBeUndefined()
  const again = await here.sessions.begin(person('alice'), session, origin)
  expect(again.id).not.toBe(session.id)
  expect(await stateOf(here.sessions.read(session.id))).toBe('session_revoked')
  expect(await stateOf(here.sessions.read(again.id))).toBe('live')
})
