// Request facts that posture sources read.

import type { Person } from './owner.ts'

export interface PostureQuery {
  /** Value of a single-valued header of the canonical request; undefined when absent. */
  header(name: string): string | undefined
  /** Address of the TCP peer, not of the client behind a trusted proxy. */
  readonly peer: string
  readonly method: string
  readonly host: string
  readonly target: string
  /** Path and query of `Destination` (COPY, MOVE), in canonical form; undefined: none. */
  readonly destination?: string | undefined
  /** Device the session is pinned to, if any. */
  readonly pinned: string | undefined
  /** User of the session, once signed in: a device of another owner is a mismatch. */
  readonly person?: Person | undefined
  /** Epoch milliseconds. */
  readonly now: number
}
