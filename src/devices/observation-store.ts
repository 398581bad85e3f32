// What each source last observed of a device, kept sealed in the store so that every node knows it.

import type { Posture } from '../policy/device.ts'
import type { Seal } from '../store/seal.ts'
import { createSealedCollection } from '../store/sealed-collection.ts'
import type { Store } from '../store/store.ts'
import { factsKey, mergePostures } from './posture.ts'

/** By source. */
export type Observations = ReadonlyMap<string, Posture>

export interface ObservationStore {
  /** Empty when nothing is remembered. Rejects when the store cannot be asked. */
  read(deviceId: string): Promise<Observations>
  /** Keeps the newer of what is there and what comes, per source. */
  save(
    deviceId: string,
    postures: readonly Posture[],
  ): Promise<{ readonly before: Observations; readonly after: Observations }>
  /** Ids of all devices anything is remembered of. */
  ids(): Promise<string[]>
}

/** Keys `device:<id>` (sealed) and the set `devices`; both go `ttl` milliseconds after the last observation. */
export function createObservationStore(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
  readonly ttl: number
}): ObservationStore {
  const records = createSealedCollection<readonly [string, Posture][]>({
    ...parts,
    kind: 'device',
    all: 'devices',
    until: parts.now,
    kept: parts.ttl,
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

/** Two different reports of one moment: the worse of both. */
export function newer(earlier: Posture | undefined, later: Posture): Posture {
  if (earlier === undefined || later.observedAt > earlier.observedAt) return later
  if (later.observedAt < earlier.observedAt || factsKey(later) === factsKey(earlier)) return earlier
  return mergePostures([earlier, later]).posture
}
