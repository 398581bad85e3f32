// Change feed: delivery, staleness, gaps, and an unreachable store that recovers.

import { afterEach, describe, expect, test } from 'vitest'
import type { Change } from '../../src/store/change.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import type { ChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'

const change = (session: string): Change => ({ kind: 'session_changed', session })
const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0)) await each()
})

/** A real store that can be disconnected, and an adjustable clock. */
function setUp({ hints = true } = {}) {
  let at = 1_000_000
  let down = false
  const now = () => at
  const memory = createMemoryStore({ now })
  cleanUp.push(() => memory.close())
  const through = <T>(step: () => Promise<T>): Promise<T> =>
    down ? Promise.reject(new StoreUnreachable(new Error('unplugged'))) : step()
  const store: Store = {
    ...memory,
    announce: (each) => through(() => memory.announce(each)),
    changesSince: (cursor) => through(() => memory.changesSince(cursor)),
    onHint: (listener) => (hints ? memory.onHint(listener) : undefined),
  }
  return {
    memory,
    store,
    now,
    advance: (by: number) => void (at += by),
    unplug: (is: boolean) => void (down = is),
    follow() {
      const changes = createChangeFeed({ store, now })
      const received: (Change | 'everything')[] = []
      changes.on((each) => void received.push(each))
      cleanUp.unshift(() => changes.stop())
      return { changes, received }
    },
  }
}

async function settled(changes: ChangeFeed): Promise<void> {
  await changes.sweep().catch(() => {})
}

describe('delivery', () => {
  test('at first all caches are cleared once: earlier entries may have changed unnoticed', async () => {
    const { follow } = setUp()
    const { changes, received } = follow()
    expect(changes.lag()).toBe(Infinity)
    expect(changes.fresh(Infinity)).toBe(false)
    await settled(changes)
    await settled(changes)
    expect(received).toEqual(['everything'])
    expect(changes.fresh(0)).toBe(true)
  })

  test('an announcement is delivered locally at once and only once, and on other nodes in order', async () => {
    const { follow } = setUp()
    const [here, there] = [follow(), follow()]
    await settled(here.changes)
    await settled(there.changes)
    const announced = here.changes.announce(change('a'))
    expect(here.received).toEqual(['everything', change('a')])
    await announced
    await here.changes.announce(change('b'))
    await there.changes.announce(change('c'))
    await settled(here.changes)
    await settled(there.changes)
    expect(here.received).toEqual(['everything', change('a'), change('b'), change('c')])
    const ofOthers = there.received.filter(
      (each) => each === 'everything' || !('session' in each) || each.session !== 'c',
    )
    expect(ofOthers).toEqual(['everything', change('a'), change('b')])
    expect(there.received).toHaveLength(4)
  })

  test('without hints it is delivered within about a second', async () => {
    const { follow } = setUp({ hints: false })
    const [here, there] = [follow(), follow()]
    await settled(there.changes)
    await here.changes.announce(change('a'))
    expect(there.received).toEqual(['everything'])
    await expect.poll(() => there.received, { timeout: 1900 }).toEqual(['everything', change('a')])
  })

  test('with a hint it is delivered at once, also during a sweep', async () => {
    const { follow } = setUp()
    const [here, there] = [follow(), follow()]
    await settled(there.changes)
    for (const name of ['a', 'b', 'c']) void here.changes.announce(change(name))
    await expect.poll(() => there.received.length, { timeout: 500, interval: 5 }).toBe(4)
  })

  test('a requested sweep reads everything written before the request', async () => {
    const { follow, memory } = setUp({ hints: false })
    const { changes, received } = follow()
    await settled(changes)
    const sweeps: Promise<void>[] = []
    for (let round = 0; round < 20; round += 1) {
      void changes.sweep()
      void memory.announce(change(String(round)))
      sweeps.push(
        changes.sweep().then(() => {
          expect(received).toContainEqual(change(String(round)))
        }),
      )
      if (round % 3 === 0) await Promise.resolve()
    }
    await Promise.all(sweeps)
    expect(received).toHaveLength(21)
  })

  test('a failing listener does not affect others', async () => {
    const { store, now } = setUp()
    const changes = createChangeFeed({ store, now })
    cleanUp.unshift(() => changes.stop())
    const received: unknown[] = []
    changes.on(() => {
      throw new Error('broken listener')
    })
    changes.on((each) => void received.push(each))
    await settled(changes)
    await changes.announce(change('a'))
    expect(received).toEqual(['everything', change('a')])
  })

  test('a gap clears everything', async () => {
    const { follow, memory, advance } = setUp({ hints: false })
    const { changes, received } = follow()
    await settled(changes)
    await memory.announce(change('lost'))
    advance(16 * 60_000)
    await settled(changes)
    expect(received).toEqual(['everything', 'everything'])
    expect(changes.fresh(0)).toBe(true)
  })
})

describe('staleness', () => {
  test('grace counts only while the store is unreachable', async () => {
    const { follow, advance, unplug } = setUp({ hints: false })
    const { changes } = follow()
    await settled(changes)
    advance(1000)
    expect(changes.fresh(0)).toBe(true)
    advance(1)
    // The store may be reachable, so callers can read it.
    expect(changes.fresh(60_000)).toBe(false)
    unplug(true)
    await settled(changes)
    expect(changes.fresh(0)).toBe(false)
    expect(changes.fresh(60_000)).toBe(true)
    advance(60_000)
    expect(changes.fresh(60_000)).toBe(false)
    unplug(false)
    await settled(changes)
    expect(changes.fresh(0)).toBe(true)
    expect(changes.lag()).toBe(0)
  })

  test('a clock that was set back makes no cache fresh', async () => {
    const { follow, advance, unplug } = setUp({ hints: false })
    const { changes } = follow()
    await settled(changes)
    unplug(true)
    advance(-3_600_000)
    await settled(changes)
    expect(changes.lag()).toBe(Infinity)
    expect(changes.fresh(60_000)).toBe(false)
  })
})

describe('an unreachable store', () => {
  test('an announcement rejects, is delivered locally all the same, and reaches other nodes when the store is back', async () => {
    const { follow, unplug } = setUp({ hints: false })
    const [here, there] = [follow(), follow()]
    await settled(here.changes)
    await settled(there.changes)
    unplug(true)
    await expect(here.changes.announce(change('a'))).rejects.toBeInstanceOf(StoreUnreachable)
    expect(here.received).toEqual(['everything', change('a')])
    await expect(there.changes.sweep()).rejects.toBeInstanceOf(StoreUnreachable)
    unplug(false)
    await expect.poll(() => there.received, { timeout: 4000 }).toEqual(['everything', change('a')])
    expect(here.received).toEqual(['everything', change('a')])
  })

  test('after stop nothing is delivered and nothing fails', async () => {
    const { follow } = setUp()
    const [here, there] = [follow(), follow()]
    await settled(there.changes)
    await there.changes.stop()
    await here.changes.announce(change('a'))
    await settled(there.changes)
    expect(there.received).toEqual(['everything'])
  })
})
