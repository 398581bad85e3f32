// In-memory store: the contract, and tests that need an adjustable clock.

import { expect, test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory.ts'
import { storeContract } from '../contracts/store.ts'

storeContract('memory', async () => createMemoryStore({ now: Date.now }))

test('a reader whose cursor is older than the log gets a gap', async () => {
  let at = 1_000_000
  const store = createMemoryStore({ now: () => at })
  const { cursor } = await store.changesSince(undefined)
  await store.announce({ kind: 'session_changed', session: 'a' })
  at += 16 * 60_000
  expect(await store.changesSince(cursor)).toMatchObject({ gap: true, changes: [] })
  await store.close()
})

test('a reader that missed no entry gets no gap, however old its cursor', async () => {
  let at = 1_000_000
  const store = createMemoryStore({ now: () => at })
  await store.announce({ kind: 'session_changed', session: 'a' })
  const { cursor } = await store.changesSince(undefined)
  at += 60 * 60_000
  expect(await store.changesSince(cursor)).toEqual({ cursor, changes: [], gap: false })
  await store.close()
})
