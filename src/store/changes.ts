// Follows the store's change log: at each hint, and every second in case the hint was lost.

import type { Change } from './change.ts'

export interface Changes {
  /** Called for every change on any node, this one included, in order. `'everything'` after a gap. */
  on(listener: (change: Change | 'everything') => void): void
  /** Writes to the log and delivers it here at once, without waiting for the round trip. */
  announce(change: Change): Promise<void>
  /**
   * Milliseconds since the log was last read to its end: how stale anything cached may be.
   * Infinity before the first time.
   */
  lag(): number
  /** True while what is cached may be believed: lag within 2 s, or within `grace` milliseconds while the store is unreachable. */
  fresh(grace: number): boolean
  /** Reads the log now; resolves when it was read to its end. */
  sweep(): Promise<void>
  stop(): Promise<void>
}
