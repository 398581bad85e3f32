// Interface of a posture source (header, token, inventory). Its facts count only as far as it can authenticate them.

import type { Posture } from '../policy/device.ts'
import type { PostureQuery } from './posture-query.ts'

export type Observation =
  /** The request has no facts for this source. */
  | { readonly state: 'silent' }
  | {
      readonly state: 'observed'
      readonly posture: Posture
      /** The token proves possession of the device key: the session is pinned to the device. */
      readonly pins: boolean
    }
  /** Claimed, but not proven: bad signature, wrong audience, stale. Recorded; treated as absent. */
  | { readonly state: 'refused'; readonly detail: string }
  | { readonly state: 'unreachable' }

export interface PostureSource {
  readonly name: string
  /** Identifies the device of a request (trusted header, token). */
  observe?(query: PostureQuery): Observation | Promise<Observation>
  /** Returns attributes of a device that another source identified (inventory, device management). */
  lookUp?(deviceId: string): Posture | undefined | Promise<Posture | undefined>
  /** All devices of the source, if it can list them. */
  ids?(): readonly string[]
  /** True when earlier observations of this source are no longer valid (its key was removed). */
  isWithdrawn?(deviceId: string): boolean
  /** Calls back with the ids of devices whose facts changed (file reread, poll). */
  onChange?(listener: (deviceIds: readonly string[]) => void): void
  /** Header names it reads, lower-cased. */
  readonly headers: readonly string[]
  stop(): Promise<void>
}
