// Which device a request comes from and what is known of it: sources asked in order of trust, merged per attribute.

import type { Device, Posture } from '../policy/device.ts'

export interface DeviceQuestion {
  /** Single-valued lookup on the canonical request; undefined when absent. */
  header(name: string): string | undefined
  /** Address of the TCP peer, not of the client behind a trusted proxy. */
  readonly peer: string
  readonly method: string
  readonly host: string
  readonly target: string
  /** The session's pinned device, if any. */
  readonly pinned: string | undefined
  readonly now: number
}

export interface Identified {
  readonly device: Device
  /** The session shall be pinned to this device now: a signed token named it for the first time. */
  readonly pin: string | undefined
}

export interface Devices {
  /** Synchronous when nothing new must be verified or fetched: the normal case on the request path. */
  identify(question: DeviceQuestion): Identified | Promise<Identified>
  /** What all sources together know of a device now: for leases, after a change. */
  current(deviceId: string): Device | Promise<Device>
  all(): Promise<Posture[]>
  /** Header names every source reads, lower-cased: removed from every request. */
  readonly headers: readonly string[]
  stop(): Promise<void>
}
