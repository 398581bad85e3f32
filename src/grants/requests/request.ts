// Access request: requester, requested access, approvals, state and resulting grant.

import type { GrantLevel } from '../../policy/grant.ts'

/** A user of a provider; an administrator of the admin socket has the provider `''`. */
export interface Person {
  readonly provider: string
  readonly sub: string
  readonly email: string | undefined
  readonly name: string | undefined
}

export type RequestState = 'open' | 'approved' | 'denied' | 'withdrawn' | 'lapsed'

export interface GrantRequest {
  readonly id: string
  /** Incremented at every write. */
  readonly version: number
  readonly app: string
  readonly level: GrantLevel
  /** Requested milliseconds, from the approval or `from`; for an extension from the end of the grant. */
  readonly duration: number
  /** Requested beginning in epoch milliseconds; undefined: from the approval on. */
  readonly from: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  readonly by: Person
  /** Name stated with an emergency code: a stranger's text, not verified, shown as such. Undefined for real users. */
  readonly statedName?: string | undefined
  /** Groups of the requester at the time of the request, and whether the provider is external. */
  readonly groups: readonly string[]
  readonly external: boolean
  /** Device and address of the request, as information for approvers. */
  readonly device: string | undefined
  readonly address: string | undefined
  /** Epoch milliseconds. After `lapsesAt` the request can no longer be approved. */
  readonly askedAt: number
  readonly lapsesAt: number
  /** Id of the grant to extend. */
  readonly extends: string | undefined
  /** Set when a grant follows that one, instead of its being extended. */
  readonly followUp?: FollowUp | undefined
  /** Self-activated without approval, reviewed afterwards. */
  readonly emergency: boolean
  /** Number of approvals needed, as configured at the time of the request. */
  readonly needed: number
  /** Each may reduce the request; the minimum of all applies. */
  readonly approvals: readonly Approval[]
  readonly state: RequestState
  /** When (epoch milliseconds), by whom and why it was closed. */
  readonly closed:
    { readonly at: number; readonly by: Person | undefined; readonly comment: string | undefined } | undefined
  /** Final terms, written with the approval, so that any node can apply them. */
  readonly terms: Terms | undefined
  /** Id of the created or extended grant. */
  readonly grant: string | undefined
  /** The terms have been applied; until then every node tries to. */
  readonly settled: boolean
  /** Deadline of the review in epoch milliseconds; only for an emergency. */
  readonly reviewBy: number | undefined
  readonly reviewed: { readonly at: number; readonly by: Person; readonly comment: string | undefined } | undefined
}

/** What a follow-up takes over from the grant it follows. `sponsor`: address of who decides; undefined: the approvers. */
export interface FollowUp {
  readonly sponsor: string | undefined
  readonly schedule: string | undefined
  readonly contract: string | undefined
}

/** Times in epoch milliseconds. */
export interface Terms {
  readonly level: GrantLevel
  readonly from: number
  readonly until: number
}

export interface Approval {
  readonly by: Person
  readonly at: number
  readonly level: GrantLevel
  /** Milliseconds. */
  readonly duration: number
  readonly comment: string | undefined
}
