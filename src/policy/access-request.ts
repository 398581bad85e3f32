// Everything one decision may look at, gathered beforehand: policy itself asks nobody.

import type { Authentication, Subject } from './subject.ts'
import type { Device } from './device.ts'
import type { Grant } from './grant.ts'

/** The person and how they proved it; undefined while nobody is signed in. */
export interface Identity {
  readonly subject: Subject
  readonly authentication: Authentication
}

/** Why there is no identity, so that the answer can say so. */
export type Absence = 'no_session' | 'session_expired' | 'session_idle' | 'session_revoked'

export interface AccessRequest {
  readonly identity: Identity | undefined
  /** Looked at only where `identity` is undefined. */
  readonly absence: Absence
  readonly device: Device
  /** The person's grants for this app, past and future ones too, and the one revoked last: the reason depends on them. */
  readonly grants: readonly Grant[]
  readonly network: {
    /** The client's address in its canonical text form. */
    readonly address: string
    /** Names of the configured networks that contain it. */
    readonly names: ReadonlySet<string>
  }
  readonly method: string
  /** The canonical path, without the query. */
  readonly path: string
  /** Epoch milliseconds. */
  readonly now: number
}
