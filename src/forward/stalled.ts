// Clients that stopped reading: what waits for them is given up after a while, with one timer for all of them.

/** Ends one exchange. The same function names it from beginning to end. */
export type GiveUp = () => void

export interface StalledClients {
  /** From now on the client has to take something. Said again, the time begins anew. */
  waits(exchange: GiveUp): void
  /** It did, or it is over. */
  goesOn(exchange: GiveUp): void
  stop(): void
}

/** `patience`: milliseconds, kept to within a quarter. `now`: epoch milliseconds. */
export function createStalledClients(patience: number, now: () => number): StalledClients {
  /** In the order in which they began to wait. */
  const waiting = new Map<GiveUp, number>()
  const timer = setInterval(() => {
    const oldest = now() - patience
    for (const [giveUp, since] of waiting) {
      if (since > oldest) return
      waiting.delete(giveUp)
      giveUp()
    }
  }, patience / 4)
  timer.unref()
  return {
    waits(exchange) {
      waiting.delete(exchange)
      waiting.set(exchange, now())
    },
    goesOn: (exchange) => void waiting.delete(exchange),
    stop: () => clearInterval(timer),
  }
}
