// Start and stop order: retries while the store starts up, and stops components in reverse order of their start.

import { explainStoreFailure } from '../store/store-failure.ts'
import { StoreUnreachable } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Milliseconds: how long to wait for a store that starts at the same time, and between two attempts. */
const storeTimeout = 60_000
const storeRetryInterval = 500
/** Milliseconds between two messages that it is still waited for. */
const storeReminder = 10_000

/** Retries `attempt` while the store is unreachable; rejects with any other error at once, and with that one after `storeTimeout`. */
export async function waitForStore(log: Logger, attempt: () => Promise<unknown>): Promise<void> {
  const begun = performance.now()
  const deadline = begun + storeTimeout
  let said = Number.NEGATIVE_INFINITY
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (!(error instanceof StoreUnreachable) || performance.now() > deadline) throw error
      const at = performance.now()
      if (at - said >= storeReminder) {
        said = at
        const seconds = Math.round((at - begun) / 1000)
        log.warn({ ...explainStoreFailure(error), seconds, of: storeTimeout / 1000 }, 'waiting for the store')
      }
      await new Promise((resolve) => setTimeout(resolve, storeRetryInterval))
    }
  }
}

/** Calls the stop functions, the last started first, and empties the list. Never rejects. */
export async function stopAll(started: (() => unknown)[]): Promise<void> {
  for (const stop of started.splice(0).toReversed()) {
    // One component that fails to stop must not keep the others from stopping.
    await Promise.resolve()
      .then(stop)
      .catch(() => undefined)
  }
}
