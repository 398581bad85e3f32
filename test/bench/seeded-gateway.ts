// One gateway process with seeded sessions in its store, and an inspector for its memory.

import { hasKey, startEinlass, type EinlassOptions, type StartedEinlass } from './einlass.ts'
import type { Environment } from './environment.ts'
import { inspected, openInspector } from './inspector.ts'

/** Seeded sessions share the refresh token of the signed-in user, so re-validation is disabled. */
export const seededSessionSettings = { revalidate: '8h' }

export function startSeededGateway(ground: Environment, options: Partial<EinlassOptions>): Promise<StartedEinlass> {
  // One process, so that the inspected one serves the requests.
  const gateway = hasKey('workers') ? { workers: 1 } : {}
  return startEinlass(ground, {
    secure: false,
    upstream: ground.upstreamPort,
    node: inspected,
    gateway,
    session: seededSessionSettings,
    ...options,
  })
}

/** Bytes of heap and external memory after a garbage collection. */
export async function memoryOf(house: StartedEinlass): Promise<number> {
  const inspector = await openInspector(house)
  try {
    const { heap, external } = await inspector.memory()
    return heap + external
  } finally {
    inspector.close()
  }
}
