// What the repository of requests for access offers, and why it refuses; `requests.ts` makes one.

import type { Authentication, Subject } from '../../policy/subject.ts'
import type { GrantLevel } from '../../policy/grant.ts'
import type { GrantRequest } from './request.ts'

export type { Approval, GrantRequest, Person, RequestState, Terms } from './request.ts'

/** Who acts, as their session proves it; `administrator` acts by the admin socket. */
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
  /** Epoch milliseconds; undefined: as soon as approved. */
  readonly from: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  /** Id of an own grant to prolong. */
  readonly extends: string | undefined
  readonly emergency: boolean
}

/** Why an act was not done: nothing was changed then. Each has its own sentence in the pages and at the command line. */
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
  | 'approved_already'
  | 'longer_than_asked'
  | 'more_than_asked'
  | 'request_closed'
  | 'request_lapsed'
  | 'text_too_long'
  | 'no_review_due'

/** What the configuration offers one person for one app. Without `levels` there is only the emergency. */
export interface Offer {
  readonly app: string
  readonly levels: readonly GrantLevel[]
  /** Milliseconds. */
  readonly minDuration: number
  readonly defaultDuration: number
  readonly maxDuration: number
  /** Milliseconds from now within which it may begin. */
  readonly beginWithin: number
  readonly reason: 'required' | 'optional'
  readonly ticket: 'required' | 'optional' | 'none'
  /** Regular expression the whole ticket has to match, where there is one. */
  readonly ticketPattern: string | undefined
  readonly approvals: number
  /** Milliseconds a second factor may be old when asking; undefined: none is needed. */
  readonly freshMfa: number | undefined
  /** The same, with the words of an emergency: at once, loud, reviewed. */
  readonly emergency:
    | {
        readonly maxDuration: number
        readonly level: GrantLevel
        /** The proof it takes: how strong, and how many milliseconds old at most. */
        readonly mfa: { readonly level: 'mfa' | 'phishing_resistant'; readonly maxAge: number }
        /** Milliseconds within which an approver has to look at it afterwards. */
        readonly reviewWithin: number
      }
    | undefined
}

export interface GrantRequests {
  /** What this person may ask for now; undefined: nothing for this app. From memory. */
  offerFor(subject: Subject, app: string): Offer | undefined
  /** Rejects with `RequestRefused`, or when the store cannot be asked; nothing was changed then. */
  create(access: WantedAccess, acting: ActingUser): Promise<GrantRequest>
  /** `level` and `duration` may be less than asked. Two approvers at the same moment make one grant. */
  approve(
    id: string,
    lesser: { readonly level?: GrantLevel; readonly duration?: number; readonly comment?: string },
    acting: ActingUser,
  ): Promise<GrantRequest>
  deny(id: string, comment: string | undefined, acting: ActingUser): Promise<GrantRequest>
  withdraw(id: string, acting: ActingUser): Promise<GrantRequest>
  /** Ends the grant that came of it: the requester themself, an approver, or an administrator. */
  revoke(id: string, acting: ActingUser): Promise<GrantRequest>
  /** An approver has looked at an emergency afterwards; never the person who took it. */
  review(id: string, comment: string | undefined, acting: ActingUser): Promise<GrantRequest>
  /** All from memory, newest first. A lapsed one says so, whatever is stored. */
  get(id: string): GrantRequest | undefined
  of(subject: Subject): readonly GrantRequest[]
  /** Open ones this person may decide; never their own. */
  awaitingDecision(subject: Subject): readonly GrantRequest[]
  /** Emergencies this person may review and nobody has yet. */
  unreviewed(subject: Subject): readonly GrantRequest[]
  /** Whether this person is an approver of anything. */
  approves(subject: Subject): boolean
  /** Whether this person is among those who decide it (or decided it), open or not: who may look at it. Never their own. */
  concerns(subject: Subject, request: GrantRequest): boolean
  all(): readonly GrantRequest[]
  load(): Promise<void>
  stop(): void
}

/** `code` is the refusal; `detail` fills its sentence: the longest possible, who approved already, since when. */
export class RequestRejected extends Error {
  readonly code: RejectionReason
  readonly detail: Readonly<Record<string, string | number>>
  constructor(code: RejectionReason, message: string, detail: Readonly<Record<string, string | number>> = {}) {
    super(message)
    this.code = code
    this.detail = detail
  }
}
