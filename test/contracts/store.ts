// Contract tests of every store: run by test/store/*.test.ts over each of them.

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change } from '../../src/store/change.ts'
import type { Store } from '../../src/store/store.ts'
import { StoreUnreachable } from '../../src/store/store.ts'

/** `open` returns a new store, not yet closed; over the same data each time where the kind allows several. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`${name}: store contract`, () => {
    let store: Store
    let count = 0
    const key = () => `contract:${(count += 1)}`
    const change = (session: string): Change => ({ kind: 'session_changed', session })

    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store?.close())

    test('a value exists until it expires', async () => {
      const [lasting, brief] = [key(), key()]
      await store.set(lasting, 'für immer\0"\n', 60_000)
      await store.set(brief, 'b', 300)
      expect(await store.getMany([lasting, brief, key()])).toEqual(['für immer\0"\n', 'b', undefined])
      await pause(400)
      expect(await store.get(brief)).toBeUndefined()
      expect(await store.get(lasting)).toBe('für immer\0"\n')
      expect(await store.getMany([])).toEqual([])
    })

    test('of twenty concurrent adds one succeeds; after expiry another may', async () => {
      const one = key()
      const added = await Promise.all(Array.from({ length: 20 }, (_, index) => store.add(one, String(index), 400)))
      expect(added.filter(Boolean)).toHaveLength(1)
      expect(await store.get(one)).toBe(String(added.indexOf(true)))
      await pause(500)
      expect(await store.add(one, 'later', 1000)).toBe(true)
    })

    test('of twenty concurrent takes one gets the value', async () => {
      const one = key()
      await store.set(one, 'ticket', 1000)
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(one)))
      expect(taken.filter((value) => value === 'ticket')).toHaveLength(1)
      await store.set(one, 'stale', 20)
      await pause(60)
      expect(await store.take(one)).toBeUndefined()
    })

    test('of twenty concurrent replaces of the same value one succeeds; a missing value is never replaced', async () => {
      const one = key()
      expect(await store.replace(one, 'a', 'b', 1000)).toBe(false)
      await store.set(one, 'a', 1000)
      const replaced = await Promise.all(Array.from({ length: 20 }, (_, n) => store.replace(one, 'a', `b${n}`, 1000)))
      expect(replaced.filter(Boolean)).toHaveLength(1)
      expect(await store.get(one)).toBe(`b${replaced.indexOf(true)}`)
      await store.set(one, 'brief', 20)
      await pause(60)
      expect(await store.replace(one, 'brief', 'revived', 1000)).toBe(false)
      expect(await store.get(one)).toBeUndefined()
    })

    test('a replaced value has a new TTL', async () => {
      const one = key()
      await store.set(one, 'a', 300)
      expect(await store.replace(one, 'a', 'b', 5000)).toBe(true)
      await pause(400)
      expect(await store.get(one)).toBe('b')
    })

    test('a lock is removed by its owner only', async () => {
      const one = key()
      await store.add(one, 'mine', 1000)
      expect(await store.remove(one, 'theirs')).toBe(false)
      expect(await store.get(one)).toBe('mine')
      expect(await store.remove(one, 'mine')).toBe(true)
      expect(await store.remove(one)).toBe(false)
      await store.set(one, 'a', 1000)
      expect(await store.remove(one)).toBe(true)
    })

    test('a counter restarts after its window, and counting does not extend the window', async () => {
      const one = key()
      const counts = await Promise.all(Array.from({ length: 5 }, () => store.increment(one, 1000)))
      expect(counts.toSorted()).toEqual([1, 2, 3, 4, 5])
      await pause(500)
      expect(await store.increment(one, 1000)).toBe(6)
      await pause(600)
      expect(await store.increment(one, 1000)).toBe(1)
    })

    test('members expire one by one', async () => {
      const one = key()
      await store.addMember(one, 'long', 60_000)
      await store.addMember(one, 'short', 500)
      await store.addMember(one, 'prolonged', 500)
      await store.addMember(one, 'prolonged', 60_000)
      await store.addMember(one, 'removed', 60_000)
      await store.removeMember(one, 'removed')
      expect((await store.members(one)).toSorted()).toEqual(['long', 'prolonged', 'short'])
      await pause(600)
      expect((await store.members(one)).toSorted()).toEqual(['long', 'prolonged'])
      expect(await store.members(key())).toEqual([])
    })

    test('the log returns every change after the cursor, once and in order', async () => {
      const start = await store.changesSince(undefined)
      expect(start).toMatchObject({ changes: [], gap: false })
      for (const session of ['a', 'b', 'c']) await store.announce(change(session))
      const first = await store.changesSince(start.cursor)
      expect(first).toMatchObject({ changes: [change('a'), change('b'), change('c')], gap: false })
      expect(await store.changesSince(first.cursor)).toEqual({ cursor: first.cursor, changes: [], gap: false })
      await Promise.all(Array.from({ length: 50 }, (_, index) => store.announce(change(String(index)))))
      const second = await store.changesSince(first.cursor)
      expect(second.gap).toBe(false)
      expect(second.changes.map((each) => (each as { session: string }).session)).toEqual(
        Array.from({ length: 50 }, (_, index) => String(index)),
      )
    })

    test('an unknown cursor is a gap, and the new cursor is valid', async () => {
      const { cursor } = await store.changesSince(undefined)
      await store.announce(change('x'))
      const strange = await store.changesSince(cursor.replace(/\d+/, (digits) => `9${digits}`))
      expect(strange).toMatchObject({ changes: [], gap: true })
      await store.announce(change('y'))
      expect(await store.changesSince(strange.cursor)).toMatchObject({ changes: [change('y')], gap: false })
    })

    test('an announcement sends a hint', async () => {
      let hints = 0
      store.onHint(() => (hints += 1))
      await expect
        .poll(async () => {
          await store.announce(change('hinted'))
          return hints
        })
        .toBeGreaterThan(0)
    })

    test('a closed store rejects, and does not hang', async () => {
      const other = await open()
      await other.ping()
      await other.close()
      await expect(other.get('a')).rejects.toBeInstanceOf(StoreUnreachable)
      await expect(other.announce(change('a'))).rejects.toBeInstanceOf(StoreUnreachable)
      await other.close()
    })
  })
}
