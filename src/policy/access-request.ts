// Access request: the complete input of one policy decision, collected beforehand, so that evaluation does no I/O.

import type { Authentication, Subject } from './subject.ts'
import type { Device } from './device.ts'
import type { Grant } from './grant.ts'

/** The subject and how it authenticated. */
export interface Identity {
  readonly subject: Subject
  readonly authentication: Authentication
}

/** Why there is no identity; becomes the reason of the decision. */
export type Absence = 'no_session' | 'session_expired' | 'session_idle' | 'session_revoked'

export interface AccessRequest {
  /** Undefined without a valid session. */
  readonly identity: Identity | undefined
  /** Used only when `identity` is undefined. */
  readonly absence: Absence
  readonly device: Device
  /** The subject's grants for this app, including past and future ones and the last one revoked: the reason depends on them. */
  readonly grants: readonly Grant[]
  readonly network: {
    /** The client's address in its canonical text form; undefined: unknown, so is which networks contain it. */
    readonly address: string | undefined
    /** Names of the configured networks that contain it. */
    readonly names: ReadonlySet<string>
  }
  readonly method: string
  /** The canonical path, without the query. */
  readonly path: string
  /** The canonical path that a COPY or MOVE writes to (RFC 4918 10.3): decided on as well. Absent: none. */
  readonly destination?: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
}
