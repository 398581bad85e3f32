// Those who are waited for: whoever does nothing for too long is given up, with one timer for all of them.

import { add, remove, type Indexed } from './indexed-list.ts'

/** One exchange, or one connection; its place is among those who are waited for. */
export interface IdleTimer extends Indexed {
  /** Ends it. */
  readonly onTimeout: () => void
  /** Epoch milliseconds. */
  since: number
}

export interface IdleTimeouts {
  /** From now on it has to do something. Said again, the time begins anew. */
  start(one: IdleTimer): void
  /** It did, or it is over. */
  cancel(one: IdleTimer): void
  close(): void
}

export function idleTimer(onTimeout: () => void): IdleTimer {
  return { onTimeout, since: 0, index: -1 }
}

/** `patience`: milliseconds, kept to within a quarter. `now`: epoch milliseconds. */
export function createIdleTimeouts(timeout: number, now: () => number): IdleTimeouts {
  const timers: IdleTimer[] = []
  const timer = setInterval(() => {
    const oldest = now() - timeout
    for (const one of timers.filter(({ since }) => since <= oldest)) {
      // Giving up one may have ended others, or made them wait anew.
      if (one.index < 0 || one.since > oldest) continue
      remove(timers, one)
      one.onTimeout()
    }
  }, timeout / 4)
  timer.unref()

  return {
    start(one) {
      add(timers, one)
      one.since = now()
    },
    cancel: (one) => void remove(timers, one),
    close: () => clearInterval(timer),
  }
}
