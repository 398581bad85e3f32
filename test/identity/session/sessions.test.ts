// Session contract over the in-process stores (memory, SQLite), restarts, and lost or late store responses.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { createSqliteStore } from '../../../src/store/sqlite.ts'
import { StoreUnreachable } from '../../../src/store/store.ts'
import type { Store } from '../../../src/store/store.ts'
import { createClock, host, hour, minute, origin, person, startNode, stateOf } from '../../contracts/session-node.ts'
import { sessionsContract } from '../../contracts/sessions.ts'

const folder = mkdtempSync(join(tmpdir(), 'einlass-sessions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

sessionsContract('memory', async (clock) => {
  const store = createMemoryStore({ now: clock.now })
  return [store, store]
})

sessionsContract('sqlite', async (clock) => {
  const store = createSqliteStore({ file: join(folder, 'contract.db'), now: clock.now })
  return [store, store]
})

test('a session survives a restart, and the file contains neither cookie nor token', async () => {
  const clock = createClock()
  const file = join(folder, 'restart.db')
  const seal = createSeal([randomBytes(32)])
  const first = await startNode(createSqliteStore({ file, now: clock.now }), seal, clock)
  const session = await first.sessions.begin(person('alice'), undefined, origin)
  const cookie = await first.sessions.issueCookie(session, host)
  for (const name of readdirSync(folder).filter((each) => each.startsWith('restart.db'))) {
    const bytes = readFileSync(join(folder, name), 'latin1')
    for (const secret of [cookie, 'refresh-token-of', 'id-token-of', 'alice@']) expect(bytes).not.toContain(secret)
  }
  expect(readFileSync(join(folder, 'restart.db-wal'), 'latin1')).toContain(session.id)
  await first.stop()
  await first.store.close()
  const second = await startNode(createSqliteStore({ file, now: clock.now }), seal, clock)
  expect(await second.sessions.find(cookie, host)).toMatchObject({ state: 'live', session: { id: session.id } })
  await second.stop()
  await second.store.close()
})

/** The real store with responses that can be delayed or rejected, like a slow or broken network. */
function gated(store: Store) {
  let gate: Promise<void> | undefined
  let down = false
  const pass = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer
    await gate
    return value
  }
  const refuse = () => Promise.reject(new StoreUnreachable(new Error('unplugged')))
  const through: Store = {
    ...store,
    get: (key) => (down ? refuse() : pass(store.get(key))),
    getMany: (keys) => (down ? refuse() : pass(store.getMany(keys))),
    changesSince: (cursor) => (down ? refuse() : store.changesSince(cursor)),
    announce: (change) => (down ? refuse() : store.announce(change)),
    // The command is executed, its response is lost.
    replace: async (...all) => {
      const done = await store.replace(...all)
      return down ? refuse() : done
    },
  }
  return {
    store: through,
    hold() {
      let release = () => {}
      gate = new Promise((resolve) => {
        release = () => {
          gate = undefined
          resolve()
        }
      })
      return release
    },
    unplug: (is: boolean) => void (down = is),
  }
}

test('a read in flight while the session ended does not return it as live', async () => {
  const clock = createClock()
  const memory = createMemoryStore({ now: clock.now })
  const slow = gated(memory)
  const seal = createSeal([])
  const [here, there] = [await startNode(slow.store, seal, clock), await startNode(memory, seal, clock)]
  const session = await there.sessions.begin(person('alice'), undefined, origin)
  const release = slow.hold()
  const pending = here.sessions.read(session.id)
  await new Promise((resolve) => setImmediate(resolve))
  await there.sessions.end(session.id, 'session_revoked', { kind: 'system' })
  await here.changes.sweep()
  const pendingAfterwards = here.sessions.read(session.id)
  release()
  expect(await stateOf(pending)).toBe('session_revoked')
  expect(await stateOf(pendingAfterwards)).toBe('session_revoked')
  expect(await stateOf(here.sessions.read(session.id))).toBe('session_revoked')
  await here.stop()
  await there.stop()
  await memory.close()
})

test('an end whose response was lost is recorded once when the store is back, and seen by all nodes', async () => {
  const clock = createClock()
  const memory = createMemoryStore({ now: clock.now })
  const broken = gated(memory)
  const seal = createSeal([])
  const [here, there] = [await startNode(broken.store, seal, clock), await startNode(memory, seal, clock)]
  const session = await there.sessions.begin(person('alice'), undefined, origin)
  await there.sessions.read(session.id)
  const get = broken.store.get
  Object.assign(broken.store, {
    get: async (key: string) => {
      const value = await get(key)
      broken.unplug(true)
      return value
    },
  })
  await expect(here.sessions.end(session.id, 'session_revoked', { kind: 'system' })).rejects.toBeInstanceOf(
    StoreUnreachable,
  )
  Object.assign(broken.store, { get })
  expect(here.events).toEqual([])
  broken.unplug(false)
  await expect.poll(() => here.events.length, { timeout: 5000 }).toBe(1)
  await expect.poll(() => stateOf(there.sessions.read(session.id)), { timeout: 3000 }).toBe('session_revoked')
  await here.changes.sweep()
  expect(here.events).toHaveLength(1)
  await here.stop()
  await there.stop()
  await memory.close()
})

test('a session is neither idle nor live while its last activity cannot be read', async () => {
  const clock = createClock()
  const broken = gated(createMemoryStore({ now: clock.now }))
  const node = await startNode(broken.store, createSeal([]), clock, { grace: 2 * hour })
  const session = await node.sessions.begin(person('alice'), undefined, origin)
  expect(await stateOf(node.sessions.read(session.id))).toBe('live')
  broken.unplug(true)
  clock.advance(30 * minute)
  await node.changes.sweep().catch(() => {})
  expect(await stateOf(node.sessions.read(session.id))).toBe('live')
  clock.advance(31 * minute)
  expect(await stateOf(node.sessions.read(session.id))).toBe('unreachable')
  node.sessions.touch(session)
  expect(await stateOf(node.sessions.read(session.id))).toBe('live')
  broken.unplug(false)
  await node.stop()
  await broken.store.close()
})
