// Interface of the repository of access requests, with the reasons of rejection; implemented in `requests.ts`.

import type { Authentication, Subject } from '../../policy/subject.ts'
import type { Grant, GrantLevel } from '../../policy/grant.ts'
import type { GrantRequest } from './request.ts'

export type { Approval, GrantRequest, Person, RequestState, Terms } from './request.ts'

/** Acting user, authenticated by its session; `administrator`: through the admin socket. */
export type ActingUser =
  | {
      readonly kind: 'person'
      readonly subject: Subject
      readonly authentication: Authentication
      readonly session: string
      readonly device: string | undefined
      readonly address: string | undefined
    }
  | { readonly kind: 'administrator'; readonly name: string }

export interface WantedAccess {
  readonly app: string
  readonly level: GrantLevel
  /** Milliseconds. */
  readonly duration: number
  /** Epoch milliseconds; undefined: from the approval on. */
  readonly from: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  /** Id of an own grant to extend. */
  readonly extends: string | undefined
  readonly emergency: boolean
}

/** Why an action was rejected; nothing was changed. Pages and command line have a sentence for each. */
export type RejectionReason =
  | 'app_unknown'
  | 'requests_closed'
  | 'not_eligible'
  | 'level_not_offered'
  | 'too_long'
  | 'too_short'
  | 'ends_before_it_begins'
  | 'begins_too_late'
  | 'reason_missing'
  | 'ticket_missing'
  | 'ticket_malformed'
  | 'too_many_requests'
  | 'already_requested'
  | 'already_granted'
  | 'grant_unknown'
  | 'grant_over'
  | 'extension_too_often'
  | 'mfa_needed'
  | 'request_unknown'
  | 'not_an_approver'
  | 'own_request'
  | 'same_person_unclear'
  | 'approved_already'
  | 'longer_than_asked'
  | 'more_than_asked'
  | 'request_closed'
  | 'request_lapsed'
  | 'text_too_long'
  | 'no_review_due'

/** What the configuration offers one user for one app. With empty `levels` only emergency access is offered. */
export interface Offer {
  readonly app: string
  readonly levels: readonly GrantLevel[]
  /** Milliseconds. */
  readonly minDuration: number
  readonly defaultDuration: number
  readonly maxDuration: number
  /** Milliseconds from now within which access may begin. */
  readonly beginWithin: number
  readonly reason: 'required' | 'optional'
  readonly ticket: 'required' | 'optional' | 'none'
  /** Regular expression that the whole ticket number must match. */
  readonly ticketPattern: string | undefined
  readonly approvals: number
  /** Maximum age of the second factor in milliseconds; undefined: none is needed. */
  readonly freshMfa: number | undefined
  /** Emergency access (break-glass): effective at once, notified, reviewed afterwards. */
  readonly emergency:
    | {
        readonly maxDuration: number
        readonly level: GrantLevel
        /** Required second factor; `maxAge` in milliseconds. */
        readonly mfa: { readonly level: 'mfa' | 'phishing_resistant'; readonly maxAge: number }
        /** Milliseconds within which it must be reviewed. */
        readonly reviewWithin: number
      }
    | undefined
}

/** `lapseAfter`: milliseconds without a decision; `sponsor`: address of who decides, else the approvers of the app. */
export interface FollowUpOffer extends Offer {
  readonly lapseAfter: number
  readonly sponsor: string | undefined
}

export interface GrantRequests {
  /** What this user may request now; undefined: nothing for this app. Read from memory. */
  offerFor(subject: Subject, app: string): Offer | undefined
  /** What its holder may request as a follow-up of this grant now, if it is extended by one; see `follow-up.ts`. */
  followUpFor(subject: Subject, grant: Grant): FollowUpOffer | undefined
  /** Whether this user is that sponsor of a grant. */
  isSponsor(subject: Subject, sponsor: string): boolean
  /** Rejects with `RequestRejected`, or when the store is unreachable; then nothing was changed. */
  create(access: WantedAccess, acting: ActingUser): Promise<GrantRequest>
  /** `level` and `duration` may be lower than requested. Concurrent approvals create one grant. */
  approve(
    id: string,
    reduced: { readonly level?: GrantLevel; readonly duration?: number; readonly comment?: string },
    acting: ActingUser,
  ): Promise<GrantRequest>
  deny(id: string, comment: string | undefined, acting: ActingUser): Promise<GrantRequest>
  withdraw(id: string, acting: ActingUser): Promise<GrantRequest>
  /** Revokes the resulting grant. Permitted for the requester, an administrator, and users who `mayEnd`. */
  revoke(id: string, acting: ActingUser): Promise<GrantRequest>
  /** Marks an emergency as reviewed; never permitted for its requester. */
  review(id: string, comment: string | undefined, acting: ActingUser): Promise<GrantRequest>
  /** Read from memory, newest first. An expired open request has the state lapsed even before that is stored. */
  get(id: string): GrantRequest | undefined
  of(subject: Subject): readonly GrantRequest[]
  /** Open requests that this user may decide; never its own. */
  awaitingDecision(subject: Subject): readonly GrantRequest[]
  /** Unreviewed emergencies that this user may review. */
  unreviewed(subject: Subject): readonly GrantRequest[]
  /** Whether this user is an approver or reviewer of any app. */
  isApprover(subject: Subject): boolean
  /** Whether this user may view the request as an approver or reviewer (an emergency: as an admin too); never its own. */
  mayView(subject: Subject, request: GrantRequest): boolean
  /** Whether this user may end the access that resulted from the request of another user. */
  mayEnd(subject: Subject, request: GrantRequest): boolean
  all(): readonly GrantRequest[]
  load(): Promise<void>
  stop(): void
}

/** `code`: the reason; `detail`: parameters of its sentence, such as the maximum duration. */
export class RequestRejected extends Error {
  readonly code: RejectionReason
  readonly detail: Readonly<Record<string, string | number>>
  constructor(code: RejectionReason, message: string, detail: Readonly<Record<string, string | number>> = {}) {
    super(message)
    this.code = code
    this.detail = detail
  }
}
