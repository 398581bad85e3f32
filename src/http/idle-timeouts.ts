// Idle timeouts for many sockets or exchanges on one interval timer.

import { add, remove, type Indexed } from './indexed-list.ts'

/** Idle timer of one exchange or connection; `index` is its position in the list of running timers. */
export interface IdleTimer extends Indexed {
  readonly onTimeout: () => void
  /** Epoch milliseconds of the last start. */
  since: number
}

export interface IdleTimeouts {
  /** Starts the timer, or restarts it when it is running. */
  start(idle: IdleTimer): void
  /** Does nothing when it is not running. */
  cancel(idle: IdleTimer): void
  close(): void
}

export function idleTimer(onTimeout: () => void): IdleTimer {
  return { onTimeout, since: 0, index: -1 }
}

/** `timeout`: milliseconds, exceeded by at most a quarter. `now`: epoch milliseconds. */
export function createIdleTimeouts(timeout: number, now: () => number): IdleTimeouts {
  const running: IdleTimer[] = []
  const interval = setInterval(() => {
    const oldest = now() - timeout
    for (const idle of running.filter(({ since }) => since <= oldest)) {
      // `onTimeout` of an earlier one may have cancelled or restarted this one.
      if (idle.index < 0 || idle.since > oldest) continue
      remove(running, idle)
      idle.onTimeout()
    }
  }, timeout / 4)
  interval.unref()

  return {
    start(idle) {
      add(running, idle)
      idle.since = now()
    },
    cancel: (idle) => void remove(running, idle),
    close: () => clearInterval(interval),
  }
}
