// Opens the configured store: memory, SQLite or Redis.

import { setTimeout as pause } from 'node:timers/promises'
import { createMemoryStore } from './memory.ts'
import { createRedisStore } from './redis.ts'
import { createSqliteStore } from './sqlite.ts'
import type { Store, StoreLog } from './store.ts'
import { never } from '../policy/never.ts'

/** The `store` section of the configuration. `url` contains the password: never logged. */
export type StoreChoice =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'redis'; readonly url: string }

/** Milliseconds that starting waits for a Redis that may be coming up. */
const timeout = 2000

/**
 * Throws only for permanent errors: an unusable URL (`bad_store_url`) or file (`store_in_use`, `store_unusable`).
 * A Redis that is down is returned all the same; it rejects with `StoreUnreachable` until it is up.
 */
export async function openStore(
  settings: StoreChoice,
  { now, log }: { readonly now: () => number; readonly log?: StoreLog },
): Promise<Store> {
  switch (settings.kind) {
    case 'memory':
      return createMemoryStore({ now })
    case 'sqlite':
      return createSqliteStore({ file: settings.file, now })
    case 'redis': {
      const store = createRedisStore({ url: settings.url, log })
      const waiting = new AbortController()
      await Promise.race([
        waitUntilReachable(store, waiting.signal),
        pause(timeout, undefined, { signal: waiting.signal }),
      ])
      waiting.abort()
      return store
    }
    default:
      return never(settings)
  }
}

async function waitUntilReachable(store: Store, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answered = await store.ping().then(
      () => true,
      () => false,
    )
    if (answered) return
    await pause(25)
  }
}
