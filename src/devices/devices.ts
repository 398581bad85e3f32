// Identifies the device of a request and its posture: sources asked in order of trust, facts merged per attribute.

import { andThen } from '../async/and-then.ts'
import type { Recorder } from '../audit/event.ts'
import type { Device, Posture } from '../policy/device.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createDeviceEvents } from './device-events.ts'
import { createPostureCache } from './posture-cache.ts'
import { mayUse, type Person } from './owner.ts'
import type { Observation, PostureSource } from './posture-source.ts'
import type { PostureQuery } from './posture-query.ts'
import { createObservationStore } from './observation-store.ts'

export type { PostureQuery } from './posture-query.ts'

export interface DeviceIdentification {
  readonly device: Device
  /** The session must be pinned to this device: a signed token named it for the first time. */
  readonly pin: string | undefined
}

export interface Devices {
  /**
   * Device of a request. Synchronous when nothing must be verified or fetched, the normal case on the request path.
   * Never rejects.
   */
  identify(query: PostureQuery): DeviceIdentification | Promise<DeviceIdentification>
  /**
   * Merged posture of a device at present: for leases, after a change. With `person`, a device whose owner is another
   * user is a mismatch. Never rejects.
   */
  current(deviceId: string, person?: Person): Device | Promise<Device>
  /** All devices with a known posture. Rejects when the store is unreachable. */
  all(): Promise<Posture[]>
  /** Header names all sources read, lower-cased: removed from every request to an upstream. */
  readonly headers: readonly string[]
  stop(): Promise<void>
}

export interface DevicesDependencies {
  /** Posture sources in order of trust. */
  readonly sources: readonly PostureSource[]
  readonly store: Store
  readonly changes: ChangeFeed
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log: Logger
  /** The address of a person, unless another provider vouches for its domain. Absent: what the provider stated. */
  readonly emailOf?: (person: Person) => string | undefined
  /** Milliseconds a cached posture may be used while the store is unreachable; default 0. */
  readonly grace?: () => number
  /** Milliseconds an observation is stored; a posture's `max_age` decides how long it counts. Default 48 h. */
  readonly observationTtl?: number
}

export function createDevices(deps: DevicesDependencies): Devices {
  const { sources } = deps
  const report = createDeviceEvents(deps)
  const observations = createObservationStore({ ...deps, ttl: deps.observationTtl ?? 48 * 3_600_000 })
  const { current: postures, add, stop } = createPostureCache({ ...deps, observations, report })
  const observers = sources.filter((source) => source.observe !== undefined)

  function identify(query: PostureQuery): DeviceIdentification | Promise<DeviceIdentification> {
    let observations: (Observation | Promise<Observation>)[] | undefined
    let pending = false
    for (const source of observers) {
      const observation = observeSource(source, query)
      if (observation instanceof Promise) pending = true
      else if (observation.state === 'silent') continue
      ;(observations ??= []).push(observation)
    }
    if (observations === undefined) return pinnedDevice(query)
    if (pending) return Promise.all(observations).then((all) => resolveDevice(query, all))
    return resolveDevice(query, observations as Observation[])
  }

  function resolveDevice(
    query: PostureQuery,
    observations: readonly Observation[],
  ): DeviceIdentification | Promise<DeviceIdentification> {
    const postures: Posture[] = []
    let pins = false
    for (const observation of observations) {
      if (observation.state === 'unreachable') return { device: unreachable, pin: undefined }
      if (observation.state === 'refused') report.refused(observation.detail, query)
      if (observation.state !== 'observed') continue
      postures.push(observation.posture)
      pins ||= observation.pins
    }
    const [first] = postures
    if (first === undefined) return pinnedDevice(query)
    const id = first.deviceId
    const other = postures.find(({ deviceId }) => deviceId !== id)?.deviceId
    const pinned = query.pinned
    if (other !== undefined || (pinned !== undefined && pinned !== id)) {
      report.mismatch(other ?? id, pinned ?? id, first.source)
      return { device: mismatch, pin: undefined }
    }
    const finish = (found: Device): DeviceIdentification => {
      const device = checkOwner(found, query.person)
      // A device whose facts could not be stored is not pinned; the next token tries again.
      return { device, pin: pins && pinned === undefined && device.state === 'known' ? id : undefined }
    }
    return andThen(add(id, postures), finish)
  }

  function pinnedDevice(query: PostureQuery): DeviceIdentification | Promise<DeviceIdentification> {
    if (query.pinned === undefined) return noDevice
    return andThen(current(query.pinned, query.person), withoutPin)
  }

  function current(deviceId: string, person?: Person): Device | Promise<Device> {
    const device = postures(deviceId)
    if (person === undefined) return device
    return andThen(device, (found) => checkOwner(found, person))
  }

  function checkOwner(device: Device, person: Person | undefined): Device {
    if (person === undefined || device.state !== 'known') return device
    const email = deps.emailOf === undefined ? person.email : deps.emailOf(person)
    if (mayUse(device.posture.owner, email === person.email ? person : { ...person, email })) return device
    report.ownerMismatch(device.posture, person)
    return mismatch
  }

  return {
    identify,
    current,
    async all() {
      const ids = new Set(await observations.ids())
      for (const source of sources) for (const id of source.ids?.() ?? []) ids.add(id)
      const devices: Device[] = []
      for (const id of ids) devices.push(await current(id))
      return devices.flatMap((device) => (device.state === 'known' ? [device.posture] : []))
    },
    headers: [...new Set(sources.flatMap(({ headers }) => headers))],
    async stop() {
      stop()
      await Promise.all(sources.map((source) => source.stop()))
    },
  }
}

const unreachable: Device = { state: 'unreachable' }
const mismatch: Device = { state: 'mismatch' }
const absent: Device = { state: 'absent' }
const noDevice: DeviceIdentification = { device: absent, pin: undefined }

function withoutPin(device: Device): DeviceIdentification {
  return { device, pin: undefined }
}

/** A source that throws counts as unreachable. */
function observeSource(source: PostureSource, query: PostureQuery): Observation | Promise<Observation> {
  try {
    const observation = source.observe!(query)
    return observation instanceof Promise ? observation.catch(() => failed) : observation
  } catch {
    return failed
  }
}

const failed: Observation = { state: 'unreachable' }
