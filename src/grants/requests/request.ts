// One request for access: who asks for what, who has to agree, and what became of it.

import type { GrantLevel } from '../../policy/grant.ts'

/** Somebody with an account at a provider; an administrator at the socket has the provider `''`. */
export interface Person {
  readonly provider: string
  readonly sub: string
  readonly email: string | undefined
  readonly name: string | undefined
}

export type RequestState = 'open' | 'approved' | 'denied' | 'withdrawn' | 'lapsed'

export interface GrantRequest {
  readonly id: string
  /** Counts up at every write. */
  readonly version: number
  readonly app: string
  readonly level: GrantLevel
  /** Milliseconds asked for, counted from the approval or from `from`; of an extension from the end of the grant. */
  readonly duration: number
  /** Epoch milliseconds at which it is wished to begin; undefined: at once when approved. */
  readonly from: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  readonly by: Person
  /** The groups of the person when they asked, and whether their provider is external. */
  readonly groups: readonly string[]
  readonly external: boolean
  /** From where it was asked: what an approver may want to know. */
  readonly device: string | undefined
  readonly address: string | undefined
  /** Epoch milliseconds. After `lapsesAt` nobody can approve it any more. */
  readonly askedAt: number
  readonly lapsesAt: number
  /** The grant it would prolong. */
  readonly extends: string | undefined
  /** Self-activated: approved by nobody, reviewed afterwards. */
  readonly emergency: boolean
  /** Approvals needed, as the configuration said when it was asked. */
  readonly needed: number
  /** Each may lessen what was asked; the least of all counts. */
  readonly approvals: readonly Approval[]
  readonly state: RequestState
  /** Epoch milliseconds, by whom and why it is no longer open. */
  readonly closed:
    { readonly at: number; readonly by: Person | undefined; readonly comment: string | undefined } | undefined
  /** What was approved in the end. Written with the approval, so that whoever finds it can carry it out. */
  readonly terms: Terms | undefined
  /** The grant that came of it, or that it prolonged. */
  readonly grant: string | undefined
  /** The terms are carried out; until then every node sees to it. */
  readonly settled: boolean
  /** Epoch milliseconds until which somebody has to review it; only of an emergency. */
  readonly reviewBy: number | undefined
  readonly reviewed: { readonly at: number; readonly by: Person; readonly comment: string | undefined } | undefined
}

/** Epoch milliseconds, both. */
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
