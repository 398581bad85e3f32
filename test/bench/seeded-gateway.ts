// One Einlass whose memory can be looked into, and into whose store sessions were written.

import { hasKey, startEinlass, type EinlassOptions, type StartedEinlass } from './einlass.ts'
import type { Ground } from './environment.ts'
import { inspected, openInspector } from './inspector.ts'

/** Sessions that were written share the one refresh token of the person who signed in: nobody may use it. */
export const seeded = { revalidate: '8h' }

export function startHouse(ground: Ground, options: Partial<EinlassOptions>): Promise<StartedEinlass> {
  // One process: what is looked into has to be the one that works.
  const gateway = hasKey('workers') ? { workers: 1 } : {}
  return startEinlass(ground, {
    secure: false,
    upstream: ground.upstreamPort,
    node: inspected,
    gateway,
    session: seeded,
    ...options,
  })
}

/** Bytes of the heap and of what it holds outside, after collecting garbage. */
export async function memoryOf(house: StartedEinlass): Promise<number> {
  const inspector = await openInspector(house)
  try {
    const { heap, external } = await inspector.memory()
    return heap + external
  } finally {
    inspector.close()
  }
}
