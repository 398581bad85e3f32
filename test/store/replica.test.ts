// Replica: follows announcements of other nodes, and rereads all records when one may have been missed.

import { expect, onTestFinished, test, vi } from 'vitest'
import type { Change } from '../../src/store/change.ts'
import { createReplica } from '../../src/store/replica.ts'

type Listener = (change: Change | 'everything') => void

function setUp() {
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
    /** Completes the oldest pending read, or the one at `index`. */
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

test('rereads the record that changed elsewhere, and no other', async () => {
  const { stored, seen, records, hear } = setUp()
  stored.set('a', 'a1')
  hear(changed('a'))
  hear({ kind: 'grant_changed', grant: 'a' })
  await vi.waitFor(() => expect(seen.get('a')).toBe('a1'))
  expect(records.read).toHaveBeenCalledTimes(1)
})

test('of two reads of one record the later one counts', async () => {
  const { stored, seen, replica, hold, answer } = setUp()
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

test('a local write is not overwritten by an earlier read', async () => {
  const { stored, seen, replica, hold, release } = setUp()
  hold()
  stored.set('a', 'a1')
  const reading = replica.refresh('a')
  seen.set('a', 'a2')
  replica.supersede('a')
  release()
  await reading
  expect(seen.get('a')).toBe('a2')
})

test('a gap in the change log during a full read causes another one', async () => {
  const { stored, seen, records, replica, touched, hear, hold, release } = setUp()
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

test('a failed read is retried as a full read', async () => {
  const { stored, seen, records, replica } = setUp()
  stored.set('a', 'a1')
  records.read.mockRejectedValueOnce(new Error('away'))
  records.readAll.mockRejectedValueOnce(new Error('away'))
  await replica.refresh('a')
  expect(seen.has('a')).toBe(false)
  await vi.waitFor(() => expect(seen.get('a')).toBe('a1'), 5000)
  expect(records.readAll).toHaveBeenCalledTimes(2)
})

test('a failed announcement does not fail the write', async () => {
  const { announce, replica } = setUp()
  announce.mockRejectedValueOnce(new Error('away'))
  await replica.announce('a')
  expect(announce).toHaveBeenCalledWith(changed('a'))
})
