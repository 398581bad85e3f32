// One Einlass whose memory can be looked into.

import { startEinlass, type EinlassOptions, type StartedEinlass } from './einlass.ts'
import type { Ground } from './ground.ts'
import { inspected, openInspector } from './inspector.ts'

export function startHouse(ground: Ground, options: Partial<EinlassOptions>): Promise<StartedEinlass> {
  return startEinlass(ground, { secure: false, upstream: ground.upstreamPort, node: inspected, ...options })
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
