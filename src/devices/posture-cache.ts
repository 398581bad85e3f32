// What all sources together know of a device: remembered observations and look-ups, merged, cached while that is safe.

import { LRUCache } from 'lru-cache'
import type { Device, Posture } from '../policy/device.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { DeviceEvents } from './device-events.ts'
import type { PostureSource } from './posture-source.ts'
import { factsKey, mergePostures } from './posture.ts'
import type { Observations, ObservationStore } from './observation-store.ts'

export interface PostureCache {
  /** Never rejects: what cannot be asked is `unreachable`. */
  current(deviceId: string): Device | Promise<Device>
  /** Takes new observations in; synchronous when they say what is known already. Never rejects. */
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
  const known = new LRUCache<string, CachedPosture>({ max: 50_000 })
  const observers = new Map(
    sources.filter(({ observe }) => observe !== undefined).map((source) => [source.name, source]),
  )
  const lookUps = sources.filter((source) => source.lookUp !== undefined)
  const trust = new Map(sources.map(({ name }, index) => [name, index]))
  /** Counts forgetting: what was read before one must not be kept after it. */
  let onEvict = 0
  let stopped = false

  changes.on((change) => {
    if (change !== 'everything' && change.kind !== 'device_changed') return
    onEvict++
    if (change === 'everything') known.clear()
    else known.delete(change.device)
  })
  for (const source of sources) {
    source.onChange?.((ids) => {
      if (!stopped) void notifyListeners(ids, source.name, 'changed in the source')
    })
  }

  return {
    current,
    add,
    stop() {
      stopped = true
      known.clear()
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
    known.set(id, next)
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
      const news = postures.filter(({ source }) => hasChanged(before.get(source), after.get(source)))
      if (news.length === 0) return await load(id)
      for (const posture of news) report.observed(posture, before.get(posture.source))
      await notifyListeners([id])
      return await load(id)
    } catch (error) {
      log.warn({ device: id, error }, 'what a device reported could not be kept')
      return unreachable
    }
  }

  async function load(id: string): Promise<Device> {
    try {
      const before = onEvict
      const [all, ...looked] = await Promise.all([
        observations.read(id),
        ...lookUps.map(async (source) => source.lookUp!(id)),
      ])
      const observed = isPlausible(id, all)
      const lookedUp = looked.filter((posture) => posture !== undefined)
      const device = merged(id, observed, lookedUp)
      if (before === onEvict && !stopped) {
        const writtenAt = new Map([...observed].map(([source, { observedAt }]) => [source, observedAt]))
        known.set(id, { observed, writtenAt, lookedUp, device, until: now() + maxCacheAge })
      }
      return device
    } catch (error) {
      log.warn({ device: id, error }, 'a posture source or the store did not answer')
      return unreachable
    }
  }

  /** Only what sources still configured said, and only while they stand by it. */
  function isPlausible(id: string, all: Observations): Observations {
    return new Map(
      [...all].filter(([name]) => {
        const source = observers.get(name)
        return source !== undefined && source.withdrawn?.(id) !== true
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
    const cached = known.get(id)
    // Beyond `until` it is read again, unless the store is away and grace allows what is old.
    if (cached === undefined || !changes.fresh(grace())) return undefined
    return now() < cached.until || !changes.fresh(0) ? cached : undefined
  }

  async function notifyListeners(ids: readonly string[], source?: string, detail = ''): Promise<void> {
    for (const device of ids) {
      onEvict++
      known.delete(device)
      if (source !== undefined) report.changed(device, source, detail)
      // Delivered here in any case; the log of changes says it to the others when the store is back.
      await changes.announce({ kind: 'device_changed', device }).catch((error: unknown) => {
        log.warn({ device, error }, 'a changed device could not be announced')
      })
    }
  }
}

interface CachedPosture {
  readonly observed: Observations
  /** By source: `observedAt` as the store has it. */
  readonly writtenAt: ReadonlyMap<string, number>
  readonly lookedUp: readonly Posture[]
  readonly device: Device
  /** Epoch milliseconds. */
  readonly until: number
}

const unreachable: Device = { state: 'unreachable' }
const absent: Device = { state: 'absent' }

/** Milliseconds: an unchanged report is written again so often, for the other nodes to see that it is recent. */
const writeEvery = 60_000
/** Milliseconds after which sources that are looked up are asked again. */
const maxCacheAge = 60_000

function hasChanged(before: Posture | undefined, after: Posture | undefined): boolean {
  return before === undefined || after === undefined || factsKey(before) !== factsKey(after)
}
