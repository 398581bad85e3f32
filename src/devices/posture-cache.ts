// Posture cache: stored observations and look-ups of all sources, merged per device, reused while the change log is current.

import { LRUCache } from 'lru-cache'
import type { Device, Posture } from '../policy/device.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { DeviceEvents } from './device-events.ts'
import type { PostureSource } from './posture-source.ts'
import { factsKey, mergePostures } from './posture.ts'
import type { Observations, ObservationStore } from './observation-store.ts'

export interface PostureCache {
  /** Merged posture of a device. Never rejects: an unreachable source or store is `unreachable`. */
  current(deviceId: string): Device | Promise<Device>
  /** Adds new observations; synchronous when they repeat known facts. Never rejects. */
  add(deviceId: string, postures: readonly Posture[]): Device | Promise<Device>
  stop(): void
}

export interface PostureCacheDependencies {
  readonly sources: readonly PostureSource[]
  readonly observations: ObservationStore
  readonly report: DeviceEvents
  readonly changes: ChangeFeed
  readonly now: () => number
  readonly log: Logger
  readonly grace?: () => number
}

export function createPostureCache(deps: PostureCacheDependencies): PostureCache {
  const { sources, changes, now, log, grace = () => 0, observations, report } = deps
  const cache = new LRUCache<string, CachedPosture>({ max: 50_000 })
  const observers = new Map(
    sources.filter(({ observe }) => observe !== undefined).map((source) => [source.name, source]),
  )
  const lookUps = sources.filter((source) => source.lookUp !== undefined)
  const trust = new Map(sources.map(({ name }, index) => [name, index]))
  /** Counts evictions: a read that started before an eviction must not be cached after it. */
  let evictions = 0
  let stopped = false

  changes.on((change) => {
    if (change !== 'everything' && change.kind !== 'device_changed') return
    evictions++
    if (change === 'everything') cache.clear()
    else cache.delete(change.device)
  })
  for (const source of sources) {
    source.onChange?.((ids) => {
      if (!stopped) void invalidate(ids, source.name, 'changed in the source')
    })
  }

  return {
    current,
    add,
    stop() {
      stopped = true
      cache.clear()
    },
  }

  function current(deviceId: string): Device | Promise<Device> {
    const cached = fresh(deviceId)
    return cached === undefined ? load(deviceId) : cached.device
  }

  function add(id: string, postures: readonly Posture[]): Device | Promise<Device> {
    const cached = fresh(id)
    if (cached === undefined || postures.some((posture) => !isUnchanged(cached, posture))) return persist(id, postures)
    const later = postures.filter(({ source, observedAt }) => observedAt > cached.observed.get(source)!.observedAt)
    if (later.length === 0) return cached.device
    const observedNow = new Map(cached.observed)
    for (const posture of later) observedNow.set(posture.source, posture)
    const next = { ...cached, observed: observedNow, device: merged(id, observedNow, cached.lookedUp) }
    cache.set(id, next)
    return next.device
  }

  function isUnchanged({ observed, writtenAt }: CachedPosture, posture: Posture): boolean {
    const last = observed.get(posture.source)
    if (last === undefined) return false
    if (posture.observedAt < last.observedAt) return true
    const written = writtenAt.get(posture.source) ?? 0
    return factsKey(last) === factsKey(posture) && posture.observedAt - written < writeEvery
  }

  async function persist(id: string, postures: readonly Posture[]): Promise<Device> {
    try {
      const { before, after } = await observations.save(id, postures)
      const changedPostures = postures.filter(({ source }) => hasChanged(before.get(source), after.get(source)))
      if (changedPostures.length === 0) return await load(id)
      for (const posture of changedPostures) report.observed(posture, before.get(posture.source))
      await invalidate([id])
      return await load(id)
    } catch (error) {
      log.warn({ device: id, error }, 'the observation of a device could not be stored')
      return unreachable
    }
  }

  async function load(id: string): Promise<Device> {
    try {
      const before = evictions
      const [all, ...looked] = await Promise.all([
        observations.read(id),
        ...lookUps.map(async (source) => source.lookUp!(id)),
      ])
      const observed = validObservations(id, all)
      const lookedUp = looked.filter((posture) => posture !== undefined)
      const device = merged(id, observed, lookedUp)
      if (before === evictions && !stopped) {
        const writtenAt = new Map([...observed].map(([source, { observedAt }]) => [source, observedAt]))
        cache.set(id, { observed, writtenAt, lookedUp, device, until: now() + maxCacheAge })
      }
      return device
    } catch (error) {
      log.warn({ device: id, error }, 'a posture source or the store is unreachable')
      return unreachable
    }
  }

  /** Observations of sources that are still configured and have not withdrawn them. */
  function validObservations(id: string, all: Observations): Observations {
    return new Map(
      [...all].filter(([name]) => {
        const source = observers.get(name)
        return source !== undefined && source.isWithdrawn?.(id) !== true
      }),
    )
  }

  function merged(id: string, observed: Observations, lookedUp: readonly Posture[]): Device {
    const [first, ...rest] = [...observed.values(), ...lookedUp].sort(
      (one, other) => (trust.get(one.source) ?? 0) - (trust.get(other.source) ?? 0),
    )
    if (first === undefined) return absent
    const { posture, conflicts } = mergePostures([first, ...rest])
    if (conflicts.length > 0) report.conflict(id, posture.source, conflicts)
    return { state: 'known', posture }
  }

  function fresh(id: string): CachedPosture | undefined {
    const cached = cache.get(id)
    // Past `until` it is read again, unless the store is unreachable and grace allows a stale posture.
    if (cached === undefined || !changes.fresh(grace())) return undefined
    return now() < cached.until || !changes.fresh(0) ? cached : undefined
  }

  async function invalidate(ids: readonly string[], source?: string, detail = ''): Promise<void> {
    for (const device of ids) {
      evictions++
      cache.delete(device)
      if (source !== undefined) report.changed(device, source, detail)
      // Local listeners get the change in any case; the change log delivers it to other nodes when the store is back.
      await changes.announce({ kind: 'device_changed', device }).catch((error: unknown) => {
        log.warn({ device, error }, 'a device change could not be announced')
      })
    }
  }
}

interface CachedPosture {
  readonly observed: Observations
  /** By source: `observedAt` as stored. */
  readonly writtenAt: ReadonlyMap<string, number>
  readonly lookedUp: readonly Posture[]
  readonly device: Device
  /** Epoch milliseconds. */
  readonly until: number
}

const unreachable: Device = { state: 'unreachable' }
const absent: Device = { state: 'absent' }

/** Milliseconds: an unchanged observation is stored again at this interval, so that other nodes see that it is recent. */
const writeEvery = 60_000
/** Milliseconds after which look-up sources are read again. */
const maxCacheAge = 60_000

function hasChanged(before: Posture | undefined, after: Posture | undefined): boolean {
  return before === undefined || after === undefined || factsKey(before) !== factsKey(after)
}
