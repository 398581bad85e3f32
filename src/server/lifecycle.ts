// Starting and stopping in order: what was started is undone in reverse, and a store that comes up late is waited for.

import { StoreUnreachable } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Milliseconds a store may take to come up when everything is started at once, and how often it is asked. */
const storeTimeout = 60_000
const storeRetryInterval = 500

/** Tries again while the store does not answer; rejects with anything else, and when patience ends. */
export async function waitForStore(log: Logger, ask: () => Promise<unknown>): Promise<void> {
  const aborted = performance.now() + storeTimeout
  for (let waited = false; ; waited = true) {
    try {
      await ask()
      return
    } catch (error) {
      if (!(error instanceof StoreUnreachable) || performance.now() > aborted) throw error
      if (!waited) log.warn({ err: error }, 'waiting for the store')
      await new Promise((resolve) => setTimeout(resolve, storeRetryInterval))
    }
  }
}

/** Stops what was started, the last first. Never rejects. */
export async function stopAll(started: (() => unknown)[]): Promise<void> {
  for (const stop of started.splice(0).toReversed()) {
    // Whatever one part does while stopping, the others are stopped as well.
    await Promise.resolve()
      .then(stop)
      .catch(() => undefined)
  }
}
