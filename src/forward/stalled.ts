// Those who are waited for: whoever does nothing for too long is given up, with one timer for all of them.

/** One exchange, or one connection. */
export interface Waiting {
  /** Ends it. */
  readonly giveUp: () => void
  /** Epoch milliseconds. */
  since: number
  /** Its place among those who are waited for; -1: nobody waits for it. */
  at: number
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

/**
 * `patience`: milliseconds, kept to within a quarter. `now`: epoch milliseconds. In a list rather than a set, because every
 * request passes here: see decision 0012.
 */
export function createStalledClients(patience: number, now: () => number): StalledClients {
  const waiting: Waiting[] = []
  const timer = setInterval(() => {
    const oldest = now() - patience
    for (const one of waiting.filter(({ since }) => since <= oldest)) {
      // Giving up one may have ended others, or made them wait anew.
      if (one.at < 0 || one.since > oldest) continue
      goesOn(one)
      one.giveUp()
    }
  }, patience / 4)
  timer.unref()

  function goesOn(one: Waiting): void {
    if (one.at < 0) return
    const last = waiting.pop()!
    if (last !== one) {
      waiting[one.at] = last
      last.at = one.at
    }
    one.at = -1
  }

  return {
    waits(one) {
      if (one.at < 0) one.at = waiting.push(one) - 1
      one.since = now()
    },
    goesOn,
    stop: () => clearInterval(timer),
  }
}
