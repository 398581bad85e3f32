// What each source last observed of a device, kept sealed in the store so that every node knows it.

import type { Posture } from '../policy/device.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import { factsKey, mergePostures } from './posture.ts'

/** By source. */
export type Observations = ReadonlyMap<string, Posture>

export interface Remembered {
  /** Empty when nothing is remembered. Rejects when the store cannot be asked. */
  read(deviceId: string): Promise<Observations>
  /** Keeps the newer of what is there and what comes, per source. */
  keep(
    deviceId: string,
    postures: readonly Posture[],
  ): Promise<{ readonly before: Observations; readonly after: Observations }>
  /** Ids of all devices anything is remembered of. */
  ids(): Promise<string[]>
}

/** Keys `device:<id>` (sealed) and the set `devices`; both go `ttl` milliseconds after the last observation. */
export function createRemembered(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly ttl: number
}): Remembered {
  const { store, seal, ttl } = parts

  function opened(deviceId: string, sealed: string | undefined): Observations {
    // Forged, moved or sealed with a key we no longer have: as if nothing had been observed.
    const text = sealed === undefined ? undefined : seal.open('device', deviceId, sealed)
    return new Map(text === undefined ? [] : (JSON.parse(text) as [string, Posture][]))
  }

  async function keep(deviceId: string, postures: readonly Posture[]) {
    const key = `device:${deviceId}`
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const sealed = await store.get(key)
      const before = opened(deviceId, sealed)
      const after = new Map(before)
      for (const posture of postures) after.set(posture.source, newer(before.get(posture.source), posture))
      const next = seal.seal('device', deviceId, JSON.stringify([...after]))
      const done = sealed === undefined ? await store.add(key, next, ttl) : await store.replace(key, sealed, next, ttl)
      if (!done) continue
      await store.addMember('devices', deviceId, ttl)
      return { before, after }
    }
    throw Object.assign(new Error('the device is being written all the time'), { code: 'device_contended' })
  }

  return {
    read: async (deviceId) => opened(deviceId, await store.get(`device:${deviceId}`)),
    keep,
    ids: () => store.members('devices'),
  }
}

const mostAttempts = 20

/** Two different reports of one moment: the worse of both. */
export function newer(earlier: Posture | undefined, later: Posture): Posture {
  if (earlier === undefined || later.observedAt > earlier.observedAt) return later
  if (later.observedAt < earlier.observedAt || factsKey(later) === factsKey(earlier)) return earlier
  return mergePostures([earlier, later]).posture
}
