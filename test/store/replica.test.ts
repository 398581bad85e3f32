// A replica follows what other nodes announce, and rereads everything where an announcement may have been missed.

import { expect, onTestFinished, test, vi } from 'vitest'
import type { Change } from '../../src/store/change.ts'
import { createReplica } from '../../src/store/replica.ts'

type Listener = (change: Change | 'everything') => void

function following() {
  const stored = new Map<string, string>()
  const seen = new Map<string, string>()
  const listeners: Listener[] = []
  const gates: (() => void)[] = []
  let held = false
  const passed = (): Promise<void> => (held ? new Promise((resolve) => gates.push(resolve)) : Promise.resolve())
  const announce = vi.fn((_change: Change) => Promise.resolve())
  const records = {
    read: vi.fn(async (id: string) => {
      const value = stored.get(id)
      await passed()
      return value
    }),
    readAll: vi.fn(async () => {
      const values = [...stored.values()]
      await passed()
      return values
    }),
  }
  const touched: string[][] = []
  const replica = createReplica<string>({
    records,
    kind: 'request',
    changes: {
      on: (listener) => void listeners.push(listener),
      announce,
      lag: () => 0,
      fresh: () => true,
      sweep: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
    apply: (id, value) => (value === undefined ? seen.delete(id) : seen.set(id, value)),
    applyAll(values, ids) {
      touched.push([...ids])
      seen.clear()
      for (const value of values) seen.set(value[0]!, value)
    },
  })
  onTestFinished(replica.stop)
  return {
    stored,
    seen,
    records,
    replica,
    announce,
    touched,
    hear: (change: Change | 'everything') => listeners.forEach((listener) => listener(change)),
    hold: () => (held = true),
    /** Answers the question asked first, or the one at `index`. */
    answer(index = 0) {
      gates.splice(index, 1)[0]!()
    },
    release() {
      held = false
      for (const gate of gates.splice(0)) gate()
    },
  }
}

const changed = (request: string): Change => ({ kind: 'request_changed', request })

test('reads again what changed elsewhere, and nothing else', async () => {
  const { stored, seen, records, hear } = following()
  stored.set('a', 'a1')
  hear(changed('a'))
  hear({ kind: 'grant_changed', grant: 'a' })
  await vi.waitFor(() => expect(seen.get('a')).toBe('a1'))
  expect(records.read).toHaveBeenCalledTimes(1)
})

test('of two readings of one record the one begun last counts', async () => {
  const { stored, seen, replica, hold, answer } = following()
  hold()
  stored.set('a', 'a1')
  const first = replica.refresh('a')
  stored.set('a', 'a2')
  const second = replica.refresh('a')
  answer(1)
  await second
  answer()
  await first
  expect(seen.get('a')).toBe('a2')
})

test('what was written here is not undone by a reading begun before', async () => {
  const { stored, seen, replica, hold, release } = following()
  hold()
  stored.set('a', 'a1')
  const reading = replica.refresh('a')
  seen.set('a', 'a2')
  replica.supersede('a')
  release()
  await reading
  expect(seen.get('a')).toBe('a2')
})

test('a gap in the change log while everything is being read has it read once more', async () => {
  const { stored, seen, records, replica, touched, hear, hold, release } = following()
  hold()
  const loading = replica.load()
  stored.set('a', 'a1')
  hear('everything')
  hear('everything')
  replica.touch('b')
  release()
  await loading
  expect(records.readAll).toHaveBeenCalledTimes(2)
  expect(seen.get('a')).toBe('a1')
  expect(touched).toEqual([['b'], []])
})

test('what cannot be read is tried again, all of it', async () => {
  const { stored, seen, records, replica } = following()
  stored.set('a', 'a1')
  records.read.mockRejectedValueOnce(new Error('away'))
  records.readAll.mockRejectedValueOnce(new Error('away'))
  await replica.refresh('a')
  expect(seen.has('a')).toBe(false)
  await vi.waitFor(() => expect(seen.get('a')).toBe('a1'), 5000)
  expect(records.readAll).toHaveBeenCalledTimes(2)
})

test('an announcement that fails is no error of the write', async () => {
  const { announce, replica } = following()
  announce.mockRejectedValueOnce(new Error('away'))
  await replica.announce('a')
  expect(announce).toHaveBeenCalledWith(changed('a'))
})
