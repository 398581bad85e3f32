// Session cache and changes: what a change, or a gap in the change log, makes the node forget and read again.

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../../src/store/change.ts'
import { createSessionCache, type Entry } from '../../../src/identity/session/cache.ts'
import { createEndedSessions } from '../../../src/identity/session/ended-sessions.ts'
import { cookieKey, digestOf } from '../../../src/identity/session/record.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import { createClock, host, hour, origin, person, startNode } from '../../contracts/session-node.ts'

const changed = (session: string): Change => ({ kind: 'session_changed', session })
const ended = (session: string): Change => ({ kind: 'session_ended', session, reason: 'session_revoked' })

/** A cache over reads that the test answers, in any order. */
function cacheOfReads() {
  const reads: { readonly id: string; readonly answer: (entry: Entry | undefined) => void }[] = []
  const cache = createSessionCache({
    capacity: 10,
    read: (id) => new Promise((answer) => reads.push({ id, answer })),
  })
  return { cache, reads }
}

const entry = (id: string, version: number): Entry => {
  const session = { id, version, subject: { groups: [] as readonly string[] } } as Session
  return { session, lookup: { state: 'live', session }, seen: 0, readAt: 0 }
}

async function filled(ids: readonly string[]) {
  const { cache, reads } = cacheOfReads()
  for (const id of ids) {
    const loading = cache.load(id)
    reads.at(-1)!.answer(entry(id, 1))
    await loading
  }
  return { cache, reads }
}

describe('an entry of the session cache', () => {
  test('is forgotten with every other after a gap in the change log', async () => {
    const { cache } = await filled(['a', 'b'])
    cache.forget('everything')
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, undefined])
  })

  test.each([
    ['that session has changed', changed('a')],
    ['that session has ended', ended('a')],
  ])('is forgotten alone when %s', async (_name, change) => {
    const { cache } = await filled(['a', 'b'])
    cache.forget(change)
    expect([cache.get('a'), cache.get('b')?.session.version]).toEqual([undefined, 1])
  })

  test('stays when something else has changed', async () => {
    const { cache } = await filled(['a'])
    cache.forget({ kind: 'device_changed', device: 'a' })
    expect(cache.get('a')).toBeDefined()
  })

  test('is removed when the store has it no more', async () => {
    const { cache, reads } = await filled(['a'])
    const again = cache.load('a')
    reads.at(-1)!.answer(undefined)
    expect(await again).toBeUndefined()
    expect(cache.get('a')).toBeUndefined()
  })
})

describe('a read that a change overtakes', () => {
  test.each<[string, Change | 'everything']>([
    ['a gap in the change log', 'everything'],
    ['a change of the session', changed('a')],
    ['the end of the session', ended('a')],
  ])('is neither cached nor returned after %s: the store is read again', async (_name, change) => {
    const { cache, reads } = cacheOfReads()
    const loading = cache.load('a')
    cache.forget(change)
    const later = cache.load('a')
    expect(reads).toHaveLength(2)
    reads[0]!.answer(entry('a', 1))
    reads[1]!.answer(entry('a', 2))
    expect((await loading)?.session.version).toBe(2)
    expect((await later)?.session.version).toBe(2)
    expect(cache.get('a')?.session.version).toBe(2)
  })

  test('is shared by concurrent requests, and not affected by a change of another session', async () => {
    const { cache, reads } = cacheOfReads()
    const loading = [cache.load('a'), cache.load('a')]
    cache.forget(changed('b'))
    reads[0]!.answer(entry('a', 1))
    expect((await Promise.all(loading)).map((one) => one?.session.version)).toEqual([1, 1])
    expect(reads).toHaveLength(1)
    expect(cache.get('a')?.session.version).toBe(1)
  })
})

describe('after a gap in the change log', () => {
  test('a cookie whose record the store lost opens no session any more', async () => {
    const clock = createClock()
    const real = createMemoryStore({ now: clock.now })
    let gap = false
    const store: Store = {
      ...real,
      changesSince: async (cursor) => ({ ...(await real.changesSince(cursor)), gap }),
    }
    const node = await startNode(store, createSeal([randomBytes(32)]), clock)
    try {
      const session = await node.sessions.begin(person('alice'), undefined, origin)
      const cookie = await node.sessions.issueCookie(session, host)
      expect(await node.sessions.find(cookie, host)).toMatchObject({ state: 'live' })
      await store.remove(cookieKey(digestOf(cookie)))
      expect(await node.sessions.find(cookie, host)).toMatchObject({ state: 'live' })
      gap = true
      await node.changes.sweep()
      expect(await node.sessions.find(cookie, host)).toEqual({ state: 'none', reason: 'no_session' })
    } finally {
      await node.stop()
      await real.close()
    }
  })

  test('the ends this node saw are checked against the store once, and again only when that failed', () => {
    const ends = createEndedSessions(() => hour)
    ends.add(ended('a'))
    expect(ends.markUncertain()).toEqual([])
    ends.add('everything')
    expect(ends.markUncertain()).toEqual([['a', 'session_revoked']])
    expect(ends.markUncertain()).toEqual([])
    ends.uncertain()
    expect(ends.markUncertain()).toEqual([['a', 'session_revoked']])
  })

  test('there is nothing to check on a node that saw no end', () => {
    const ends = createEndedSessions(() => hour)
    ends.add(changed('a'))
    ends.add('everything')
    expect(ends.markUncertain()).toEqual([])
    expect(ends.reasonOf('a')).toBeUndefined()
  })
})
