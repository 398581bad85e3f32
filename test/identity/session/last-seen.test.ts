// Last activity of sessions: written in the background, seldom, and never replaced by an older time.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLastSeen } from '../../../src/identity/session/last-seen.ts'
import { openSeen, sealSeen, seenKey } from '../../../src/identity/session/record.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import { hour, minute } from '../../contracts/session-node.ts'

const start = 1_800_000_000_000
const seal = createSeal([Buffer.alloc(32, 4)])
const session = (id = 's1', more: Partial<Session> = {}): Session =>
  ({ id, idle: hour, endsAt: start + 10 * hour, ...more }) as Session

let at: number
let store: Store
let written: string[]
let warnings: [object, string][]

beforeEach(() => {
  at = start
  store = createMemoryStore({ now: () => at })
  written = []
  warnings = []
})
afterEach(() => store.close())

const lastSeen = (more: Partial<Store> = {}, capacity = 100) =>
  createLastSeen({
    store: {
      getMany: (keys) => store.getMany(keys),
      set: (...given) => (written.push(given[0]), store.set(...given)),
      ...more,
    },
    seal,
    now: () => at,
    capacity,
    log: { warn: (fields: object, text: string) => void warnings.push([fields, text]) } as never,
  })
const stored = async (id = 's1') => openSeen(seal, id, await store.get(seenKey(id)))

test('is known at once, and the latest counts', () => {
  const seen = lastSeen()
  expect(seen.of('s1')).toBe(-Infinity)
  seen.touch(session(), start + 5)
  seen.touch(session(), start)
  expect(seen.of('s1')).toBe(start + 5)
})

test('is written at the next flush, then after a tenth of the idle limit', async () => {
  const seen = lastSeen()
  seen.touch(session(), at)
  await seen.flush(false)
  expect(await stored()).toBe(start)
  at = start + 6 * minute - 1
  seen.touch(session(), at)
  await seen.flush(false)
  expect(await stored()).toBe(start)
  // The last request before a pause is written as well.
  at += 1
  await seen.flush(false)
  expect(await stored()).toBe(start + 6 * minute - 1)
  await seen.flush(false)
  await seen.flush(true)
  expect(written).toHaveLength(2)
})

test('is written at once when the process stops', async () => {
  const seen = lastSeen()
  seen.touch(session(), at)
  await seen.flush(false)
  seen.touch(session(), start + 1)
  await seen.flush(false)
  expect(await stored()).toBe(start)
  await seen.flush(true)
  expect(await stored()).toBe(start + 1)
})

test('does not replace a later time of another node', async () => {
  const seen = lastSeen()
  await store.set(seenKey('s1'), sealSeen(seal, 's1', start + 10), hour)
  seen.touch(session(), start + 10)
  await seen.flush(false)
  expect(written).toEqual([])
  seen.touch(session(), start + 11)
  await seen.flush(true)
  expect(await stored()).toBe(start + 11)
})

test('ends with its session', async () => {
  const seen = lastSeen()
  seen.touch(session('s1', { endsAt: start + hour }), at)
  await seen.flush(false)
  at = start + hour - 1
  expect(await stored()).toBe(start)
  at += 1
  expect(await stored()).toBe(-Infinity)
})

test('of many sessions is written in parts, each once', async () => {
  const reads: number[] = []
  const seen = lastSeen({ getMany: (keys) => (reads.push(keys.length), store.getMany(keys)) }, 2_000)
  for (let count = 0; count < 1_001; count++) seen.touch(session(`s${count}`), at)
  await seen.flush(false)
  expect(reads).toEqual([500, 500, 1])
  expect(new Set(written).size).toBe(1_001)
})

test('that could not be written is written later, with one warning per flush', async () => {
  const error = new Error('unreachable')
  let down = true
  const seen = lastSeen({ getMany: (keys) => (down ? Promise.reject(error) : store.getMany(keys)) }, 2_000)
  for (let count = 0; count < 600; count++) seen.touch(session(`s${count}`), at)
  await seen.flush(false)
  expect(warnings).toEqual([[{ err: error }, 'the last activity of sessions could not be written yet']])
  down = false
  await seen.flush(false)
  expect(written).toHaveLength(600)
})

test('that comes in while an earlier one is written is not lost', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const seen = lastSeen({
    set: async (...given) => {
      await held
      return store.set(...given)
    },
  })
  seen.touch(session(), start)
  const flushing = seen.flush(false)
  await new Promise(setImmediate)
  seen.touch(session(), start + 7)
  release()
  await flushing
  expect(await stored()).toBe(start)
  await seen.flush(true)
  expect(await stored()).toBe(start + 7)
})

test('is written although the session was evicted from memory meanwhile', async () => {
  const seen = lastSeen({}, 1)
  seen.touch(session('s1'), start)
  seen.touch(session('s2'), start)
  expect(seen.of('s1')).toBe(-Infinity)
  await seen.flush(false)
  expect([await stored('s1'), await stored('s2')]).toEqual([start, start])
})
