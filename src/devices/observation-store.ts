// Store of the last observation per device and source, sealed and shared by all nodes.

import type { Posture } from '../policy/device.ts'
import type { Seal } from '../store/seal.ts'
import { createSealedCollection } from '../store/sealed-collection.ts'
import type { Store } from '../store/store.ts'
import { factsKey, mergePostures } from './posture.ts'

/** Posture by name of the source. */
export type Observations = ReadonlyMap<string, Posture>

export interface ObservationStore {
  /** Empty when nothing is stored. Rejects when the store is unreachable. */
  read(deviceId: string): Promise<Observations>
  /** Keeps the newer observation per source. Rejects when the store is unreachable. */
  save(
    deviceId: string,
    postures: readonly Posture[],
  ): Promise<{ readonly before: Observations; readonly after: Observations }>
  /** Ids of all devices with an observation. */
  ids(): Promise<string[]>
}

/** Keys `device:<id>` (sealed) and the set `devices`; both expire `ttl` milliseconds after the last observation. */
export function createObservationStore(options: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
  readonly ttl: number
}): ObservationStore {
  const records = createSealedCollection<readonly [string, Posture][]>({
    ...options,
    kind: 'device',
    idsKey: 'devices',
    until: options.now,
    retention: options.ttl,
    revive: (observations) => observations,
  })

  return {
    read: async (deviceId) => new Map(await records.read(deviceId)),
    async save(deviceId, postures) {
      let before: Observations = new Map()
      const after = await records.change(deviceId, (observations) => {
        before = new Map(observations)
        const merged = new Map(before)
        for (const posture of postures) merged.set(posture.source, newer(before.get(posture.source), posture))
        return [...merged]
      })
      return { before, after: new Map(after) }
    },
    ids: records.ids,
  }
}

/** The newer observation; of two different ones with the same time, the worse value of each attribute. */
export function newer(earlier: Posture | undefined, later: Posture): Posture {
  if (earlier === undefined || later.observedAt > earlier.observedAt) return later
  if (later.observedAt < earlier.observedAt || factsKey(later) === factsKey(earlier)) return earlier
  return mergePostures([earlier, later]).posture
}
