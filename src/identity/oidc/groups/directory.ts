// Interface of a provider's directory that lists the groups of a user, and the fault it rejects with.

import type { Configuration, ServerMetadata } from 'openid-client'
import type { Claims } from '../provider-claims.ts'

/** The part of a connection to the provider that a directory needs. */
export interface DirectoryConnection {
  readonly metadata: ServerMetadata
  readonly configuration: Configuration
}

export interface Directory {
  /** Whether the token leaves the groups to the directory. */
  isNeededFor(idToken: Claims): boolean
  /** Names of all groups of the user the token is about. Rejects with `DirectoryFault`, or as the transport does. */
  groupsOf(idToken: Claims, connection: DirectoryConnection, signal: AbortSignal): Promise<readonly unknown[]>
  /** Resolves when access and permissions suffice: asks for what is there in any case. Rejects as `groupsOf` does. */
  probe(connection: DirectoryConnection, signal: AbortSignal): Promise<void>
}

/** The directory answered, or cannot be asked. The message is for the log and has no data of the answer. */
export class DirectoryFault extends Error {
  readonly code = 'directory_fault'
  /** What the admin can do; undefined: nothing, it is temporary. */
  readonly mend: string | undefined
  readonly status: number | undefined
  /** Milliseconds during which it wants no further request. */
  readonly retryAfter: number | undefined
  constructor(
    message: string,
    about: {
      readonly mend?: string | undefined
      readonly status?: number
      readonly retryAfter?: number | undefined
    } = {},
  ) {
    super(message)
    this.mend = about.mend
    this.status = about.status
    this.retryAfter = about.retryAfter
  }
}

/** Pages of one lookup, whatever a directory states about further ones. */
export const maxPages = 60
