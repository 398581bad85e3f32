// Where posture facts come from. One contract suite for all of them.

import type { Posture } from '../policy/device.ts'
import type { PostureQuery } from './posture-query.ts'

export type Observation =
  /** This source says nothing about this request. */
  | { readonly state: 'silent' }
  | {
      readonly state: 'observed'
      readonly posture: Posture
      /** The token proves possession: the session is pinned to it. */ readonly pins: boolean
    }
  /** Claimed, but not proven: bad signature, wrong audience, stale. Recorded; treated as if absent. */
  | { readonly state: 'refused'; readonly detail: string }
  | { readonly state: 'unreachable' }

export interface PostureSource {
  readonly name: string
  /** Names a device from a request (trusted header, token). */
  observe?(question: PostureQuery): Observation | Promise<Observation>
  /** Knows attributes of a device somebody else named (inventory, management systems). */
  lookUp?(deviceId: string): Posture | undefined | Promise<Posture | undefined>
  /** Devices it knows, where it can list them. */
  ids?(): readonly string[]
  /** True when what this source observed of a device earlier must no longer be believed (its key is gone). */
  withdrawn?(deviceId: string): boolean
  /** Calls back with the ids of devices whose facts changed (file reread, pull). */
  onChange?(listener: (deviceIds: readonly string[]) => void): void
  readonly headers: readonly string[]
  stop(): Promise<void>
}
