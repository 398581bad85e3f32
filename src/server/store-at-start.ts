// Says at once that the Redis of a starting gateway does not answer: its workers need seconds before they can.

import { createRedisStore } from '../store/redis.ts'
import type { StoreChoice } from '../store/open.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Returns the function that ends it, to be called when the workers have started. */
export function watchStoreAtStart(settings: StoreChoice, log: Logger): () => Promise<void> {
  if (settings.kind !== 'redis') return async () => {}
  const store = createRedisStore({ url: settings.url, log })
  return () => store.close()
}
