// Follows the change log of the store: reads it at each pub/sub hint, and every 500 ms in case a hint was lost.

import { explainStoreFailure } from './store-failure.ts'
import { randomBytes } from 'node:crypto'
import type { Change } from './change.ts'
import type { Store, StoreLog } from './store.ts'

export interface ChangeFeed {
  /** Listener for changes of all nodes, this one included, in order. `'everything'` after a gap. */
  on(listener: (change: Change | 'everything') => void): void
  /**
   * Writes to the log and delivers it locally at once, without waiting for the round trip. Rejects when the store is
   * unreachable; then it is sent later.
   */
  announce(change: Change): Promise<void>
  /**
   * Milliseconds since the log was last read to its end: the maximum age of anything cached.
   * Infinity before the first read.
   */
  lag(): number
  /**
   * True while cached entries may be used: lag within 1 s, or within `grace` milliseconds while the store is
   * unreachable.
   */
  fresh(grace: number): boolean
  /** Reads the log now; resolves when it has been read to its end. */
  sweep(): Promise<void>
  stop(): Promise<void>
}

/**
 * Maximum lag of a cache before the store is read instead. Half the time within which a revocation takes effect on all nodes:
 * the other half is for noticing, and for a store that accepts requests and does not respond.
 */
const maxLag = 1000
const sweepInterval = 500
/** Announcements queued while the store is down. Beyond that the oldest are dropped; caches expire by themselves. */
const maxUnsent = 10_000

/** As written to the log: `by` is the node that wrote it, which has delivered it locally already. */
type Logged = Change & { readonly by?: string }

/** Starts to follow at once. `now`: epoch milliseconds. */
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
  let nextSweep: Promise<void> | undefined

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
      // Local caches must drop the entry even if the log cannot be written; the store was changed already.
      deliver(change)
      try {
        await written
      } catch (error) {
        // It may have been written: sent again when the store is back. Duplicates are harmless.
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
      if (running === undefined) return startSweep()
      // The sweep in progress may have read before the caller's change: another one follows, shared by all callers.
      nextSweep ??= running.then(startSweep, startSweep)
      return nextSweep
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      listeners.length = 0
      await Promise.allSettled([running, nextSweep])
    },
  }

  function lag(): number {
    if (readAt === undefined) return Infinity
    const behind = now() - readAt
    // The clock was set back, so the lag is unknown. The next sweep corrects it.
    return behind < 0 ? Infinity : behind
  }

  function sweepQuietly(): void {
    if (stopped) return
    if (running === undefined) startSweep().catch(() => {})
    else if (nextSweep === undefined) {
      nextSweep = running.then(startSweep, startSweep)
      nextSweep.catch(() => {})
    }
  }

  function startSweep(): Promise<void> {
    nextSweep = undefined
    if (running !== undefined) return running
    running = readLog().finally(() => {
      running = undefined
    })
    return running
  }

  async function readLog(): Promise<void> {
    if (stopped) return
    // Entries written after the request was sent may be missing from the response: age counts from the request.
    const startedAt = now()
    try {
      await sendUnsent()
      const { cursor: newest, changes, gap } = await store.changesSince(cursor)
      if (stopped) return
      // Anything cached before the first read may have changed unnoticed.
      if (gap || cursor === undefined) deliver('everything')
      for (const logged of changes as readonly Logged[]) {
        const { by, ...change } = logged
        if (by !== self) deliver(change as Change)
      }
      if (gap) log?.warn({}, 'changes were lost: all caches were cleared')
      if (failing) log?.info({}, 'the store is reachable again')
      cursor = newest
      readAt = startedAt
      failing = false
    } catch (error) {
      if (!failing && !stopped) log?.warn({ ...explainStoreFailure(error), err: error }, 'the store is unreachable')
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
