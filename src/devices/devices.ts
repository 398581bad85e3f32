// Which device a request comes from and what is known of it: sources asked in order of trust, merged per attribute.

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

export type { PostureQuery as DeviceQuestion } from './posture-query.ts'

export interface DeviceIdentification {
  readonly device: Device
  /** The session shall be pinned to this device now: a signed token named it for the first time. */
  readonly pin: string | undefined
}

export interface Devices {
  /** Synchronous when nothing new must be verified or fetched: the normal case on the request path. Never rejects. */
  identify(question: PostureQuery): DeviceIdentification | Promise<DeviceIdentification>
  /**
   * What all sources together know of a device now: for leases, after a change. With `person`, a device that became
   * somebody else's is a mismatch. Never rejects.
   */
  current(deviceId: string, person?: Person): Device | Promise<Device>
  all(): Promise<Posture[]>
  /** Header names every source reads, lower-cased: removed from every request. */
  readonly headers: readonly string[]
  stop(): Promise<void>
}

export interface DevicesDependencies {
  /** In order of trust. */
  readonly sources: readonly PostureSource[]
  readonly store: Store
  readonly changes: ChangeFeed
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log: Logger
  /** Milliseconds what is cached may be believed while the store cannot be asked; 0. */
  readonly grace?: () => number
  /** Milliseconds an observation is remembered; a posture's `max_age` decides how long it counts. 48 h. */
  readonly remember?: number
}

export function createDevices(deps: DevicesDependencies): Devices {
  const { sources } = deps
  const report = createDeviceEvents(deps)
  const observations = createObservationStore({ ...deps, ttl: deps.remember ?? 48 * 3_600_000 })
  const { current: postures, add, stop } = createPostureCache({ ...deps, observations, report })
  const observers = sources.filter((source) => source.observe !== undefined)

  function identify(question: PostureQuery): DeviceIdentification | Promise<DeviceIdentification> {
    let observations: (Observation | Promise<Observation>)[] | undefined
    let waiting = false
    for (const source of observers) {
      const observation = observeSource(source, question)
      if (observation instanceof Promise) waiting = true
      else if (observation.state === 'silent') continue
      ;(observations ??= []).push(observation)
    }
    if (observations === undefined) return unnamed(question)
    if (waiting) return Promise.all(observations).then((all) => resolveDevice(question, all))
    return resolveDevice(question, observations as Observation[])
  }

  function resolveDevice(
    question: PostureQuery,
    observations: readonly Observation[],
  ): DeviceIdentification | Promise<DeviceIdentification> {
    const postures: Posture[] = []
    let pins = false
    for (const observation of observations) {
      if (observation.state === 'unreachable') return { device: unreachable, pin: undefined }
      if (observation.state === 'refused') report.refused(observation.detail, question)
      if (observation.state !== 'observed') continue
      postures.push(observation.posture)
      pins ||= observation.pins
    }
    const [first] = postures
    if (first === undefined) return unnamed(question)
    const id = first.deviceId
    const other = postures.find(({ deviceId }) => deviceId !== id)?.deviceId
    const pinned = question.pinned
    if (other !== undefined || (pinned !== undefined && pinned !== id)) {
      report.mismatch(other ?? id, pinned ?? id, first.source)
      return { device: mismatch, pin: undefined }
    }
    const finish = (found: Device): DeviceIdentification => {
      const device = checkOwner(found, question.person)
      // A device whose facts could not be kept is not pinned either: the next token will.
      return { device, pin: pins && pinned === undefined && device.state === 'known' ? id : undefined }
    }
    return andThen(add(id, postures), finish)
  }

  function unnamed(question: PostureQuery): DeviceIdentification | Promise<DeviceIdentification> {
    if (question.pinned === undefined) return noDevice
    return andThen(current(question.pinned, question.person), unpinning)
  }

  function current(deviceId: string, person?: Person): Device | Promise<Device> {
    const device = postures(deviceId)
    if (person === undefined) return device
    return andThen(device, (found) => checkOwner(found, person))
  }

  function checkOwner(device: Device, person: Person | undefined): Device {
    if (person === undefined || device.state !== 'known' || mayUse(device.posture.owner, person)) return device
    report.notTheOwner(device.posture, person)
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

function unpinning(device: Device): DeviceIdentification {
  return { device, pin: undefined }
}

/** A source that throws has not spoken for the device. */
function observeSource(source: PostureSource, question: PostureQuery): Observation | Promise<Observation> {
  try {
    const observation = source.observe!(question)
    return observation instanceof Promise ? observation.catch(() => failed) : observation
  } catch {
    return failed
  }
}

const failed: Observation = { state: 'unreachable' }
