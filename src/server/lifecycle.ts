// Starting and stopping in order: what was started is undone in reverse, and a store that comes up late is waited for.

import { StoreUnreachable } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Milliseconds a store may take to come up when everything is started at once, and how often it is asked. */
const storePatience = 60_000
const storePause = 500

/** Tries again while the store does not answer; rejects with anything else, and when patience ends. */
export async function whenStoreAnswers(log: Logger, ask: () => Promise<unknown>): Promise<void> {
  const giveUp = performance.now() + storePatience
  for (let waited = false; ; waited = true) {
    try {
      await ask()
      return
    } catch (error) {
      if (!(error instanceof StoreUnreachable) || performance.now() > giveUp) throw error
      if (!waited) log.warn({ err: error }, 'waiting for the store')
      await new Promise((resolve) => setTimeout(resolve, storePause))
    }
  }
}

/** Stops what was started, the last first. Never rejects. */
export async function undo(started: (() => unknown)[]): Promise<void> {
  for (const stop of started.splice(0).toReversed()) {
    // Whatever one part does while stopping, the others are stopped as well.
    await Promise.resolve()
      .then(stop)
      .catch(() => undefined)
  }
}
