// Those who are waited for: whoever does nothing for too long is given up, with one timer for all of them.

import { enter, leave, type Placed } from './indexed-list.ts'

/** One exchange, or one connection; its place is among those who are waited for. */
export interface Waiting extends Placed {
  /** Ends it. */
  readonly giveUp: () => void
  /** Epoch milliseconds. */
  since: number
}

export interface StalledClients {
  /** From now on it has to do something. Said again, the time begins anew. */
  waits(one: Waiting): void
  /** It did, or it is over. */
  goesOn(one: Waiting): void
  stop(): void
}

export function waitingFor(giveUp: () => void): Waiting {
  return { giveUp, since: 0, at: -1 }
}

/** `patience`: milliseconds, kept to within a quarter. `now`: epoch milliseconds. */
export function createStalledClients(patience: number, now: () => number): StalledClients {
  const waiting: Waiting[] = []
  const timer = setInterval(() => {
    const oldest = now() - patience
    for (const one of waiting.filter(({ since }) => since <= oldest)) {
      // Giving up one may have ended others, or made them wait anew.
      if (one.at < 0 || one.since > oldest) continue
      leave(waiting, one)
      one.giveUp()
    }
  }, patience / 4)
  timer.unref()

  return {
    waits(one) {
      enter(waiting, one)
      one.since = now()
    },
    goesOn: (one) => void leave(waiting, one),
    stop: () => clearInterval(timer),
  }
}
