// Follows the store's change log: at each hint, and twice a second in case the hint was lost.

import { randomBytes } from 'node:crypto'
import type { Change } from './change.ts'
import type { Store, StoreLog } from './store.ts'

export interface ChangeFeed {
  /** Called for every change on any node, this one included, in order. `'everything'` after a gap. */
  on(listener: (change: Change | 'everything') => void): void
  /** Writes to the log and delivers it here at once, without waiting for the round trip. */
  announce(change: Change): Promise<void>
  /**
   * Milliseconds since the log was last read to its end: how stale anything cached may be.
   * Infinity before the first time.
   */
  lag(): number
  /** True while what is cached may be believed: lag within 1 s, or within `grace` milliseconds while the store is unreachable. */
  fresh(grace: number): boolean
  /** Reads the log now; resolves when it was read to its end. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

/**
 * A cache follows the log at most this far behind before it asks the store instead. Half the time in which everything
 * ends everywhere: the other half is for noticing, and for a store that takes questions and does not answer.
 */
const maxLag = 1000
const sweepInterval = 500
/** Announcements kept for later while the store is down. Beyond that the oldest go; caches expire by themselves. */
const maxUnsent = 10_000

/** As written to the log: `by` names the node, which has delivered its own already. */
type Logged = Change & { readonly by?: string }

/** Begins to follow at once. `now`: epoch milliseconds. */
export function createChangeFeed({
  store,
  now,
  log,
}: {
  readonly store: Pick<Store, 'announce' | 'changesSince' | 'onHint'>
  readonly now: () => number
  readonly log?: StoreLog
}): ChangeFeed {
  const self = randomBytes(9).toString('base64url')
  const listeners: ((change: Change | 'everything') => void)[] = []
  let unsent: Logged[] = []
  let cursor: string | undefined
  let readAt: number | undefined
  let failing = false
  let stopped = false
  let running: Promise<void> | undefined
  let following: Promise<void> | undefined

  const timer = setInterval(() => {
    if (running === undefined) sweepQuietly()
  }, sweepInterval)
  timer.unref()
  store.onHint(sweepQuietly)
  sweepQuietly()

  return {
    on: (listener) => void listeners.push(listener),
    async announce(change) {
      const logged = { ...change, by: self }
      const written = store.announce(logged)
      // What is cached here must go even if the log cannot be written; it was changed in the store already.
      deliver(change)
      try {
        await written
      } catch (error) {
        // Perhaps written, perhaps not: said again when the store is back. Hearing it twice harms nobody.
        unsent.push(logged)
        if (unsent.length > maxUnsent) unsent = unsent.slice(-maxUnsent)
        throw error
      }
    },
    lag,
    fresh(grace) {
      const behind = lag()
      return behind <= maxLag || (failing && behind <= grace)
    },
    sweep() {
      if (running === undefined) return begin()
      // The one under way may have read before the caller's change: another follows, shared by all who ask meanwhile.
      following ??= running.then(begin, begin)
      return following
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      listeners.length = 0
      await Promise.allSettled([running, following])
    },
  }

  function lag(): number {
    if (readAt === undefined) return Infinity
    const behind = now() - readAt
    // The clock was set back: nobody knows how old it is. The next sweep mends it.
    return behind < 0 ? Infinity : behind
  }

  function sweepQuietly(): void {
    if (stopped) return
    if (running === undefined) begin().catch(() => {})
    else if (following === undefined) {
      following = running.then(begin, begin)
      following.catch(() => {})
    }
  }

  function begin(): Promise<void> {
    following = undefined
    if (running !== undefined) return running
    running = follow().finally(() => {
      running = undefined
    })
    return running
  }

  async function follow(): Promise<void> {
    if (stopped) return
    // Entries written after the question was sent may be missing from the answer: age counts from the question.
    const askedAt = now()
    try {
      await sendUnsent()
      const { cursor: newest, changes, gap } = await store.changesSince(cursor)
      if (stopped) return
      // Whatever was cached before the first reading may have changed unheard.
      if (gap || cursor === undefined) deliver('everything')
      for (const logged of changes as readonly Logged[]) {
        const { by, ...change } = logged
        if (by !== self) deliver(change as Change)
      }
      if (gap) log?.warn({}, 'changes were lost: everything cached is forgotten')
      if (failing) log?.info({}, 'the store answers again')
      cursor = newest
      readAt = askedAt
      failing = false
    } catch (error) {
      if (!failing && !stopped) log?.warn({ err: error }, 'the store does not answer')
      failing = true
      throw error
    }
  }

  async function sendUnsent(): Promise<void> {
    while (unsent.length > 0) {
      const batch = unsent.slice(0, 500)
      await Promise.all(batch.map((change) => store.announce(change)))
      unsent = unsent.filter((change) => !batch.includes(change))
    }
  }

  function deliver(change: Change | 'everything'): void {
    for (const listener of listeners) {
      try {
        listener(change)
      } catch (error) {
        log?.warn({ err: error }, 'a listener failed on a change')
      }
    }
  }
}
