// What the sources are asked about a request.

import type { Person } from './owner.ts'

export interface PostureQuery {
  /** Single-valued lookup on the canonical request; undefined when absent. */
  header(name: string): string | undefined
  /** Address of the TCP peer, not of the client behind a trusted proxy. */
  readonly peer: string
  readonly method: string
  readonly host: string
  readonly target: string
  /** The session's pinned device, if any. */
  readonly pinned: string | undefined
  /** Who uses it, once signed in: a device that is known to be somebody else's is a mismatch. */
  readonly person?: Person | undefined
  readonly now: number
}
