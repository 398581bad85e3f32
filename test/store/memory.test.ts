// The store in memory: the contract, and what only a clock of one's own can show.

import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory.ts'
import { storeContract } from '../contracts/store.ts'

storeContract('memory', async () => createMemoryStore({ now: Date.now }))

test('a reader that slept longer than the log reaches back learns that it missed something', async () => {
  let at = 1_000_000
  const store = createMemoryStore({ now: () => at })
  const { cursor } = await store.changesSince(undefined)
  await store.announce({ kind: 'session_changed', session: 'a' })
  at += 16 * 60_000
  expect(await store.changesSince(cursor)).toMatchObject({ gap: true, changes: [] })
  await store.close()
})

test('a reader that missed nothing sees no gap, however old its cursor', async () => {
  let at = 1_000_000
  const store = createMemoryStore({ now: () => at })
  await store.announce({ kind: 'session_changed', session: 'a' })
  const { cursor } = await store.changesSince(undefined)
  at += 60 * 60_000
  expect(await store.changesSince(cursor)).toEqual({ cursor, changes: [], gap: false })
  await store.close()
})
