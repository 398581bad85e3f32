// What is worth recording, in the house's own terms; `ocsf.ts` puts it into OCSF words.

import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'

/** Who did it: a person, an administrator at the socket, or the system itself. */
export type Actor =
  | {
      readonly kind: 'person'
      readonly provider: string
      readonly sub: string
      readonly email?: string
      readonly name?: string
      readonly groups?: readonly string[]
      readonly session?: string
    }
  | { readonly kind: 'administrator'; readonly name: string }
  | { readonly kind: 'system' }
  | { readonly kind: 'stranger' }

export interface Origin {
  /** Correlates with `X-Request-Id` and the id on the page. */
  readonly requestId: string
  readonly address: string
  readonly port?: number
  readonly userAgent?: string
}

/** Whom an event concerns, for sinks that tell people: addresses, and our page about it (which asks for sign-in). */
export interface NotificationTarget {
  readonly approvers: readonly string[]
  readonly requester: string | undefined
  readonly sponsor: string | undefined
  /** Names as people know them, for the text. */
  readonly person: string
  readonly app: string
  /** Absolute, without any secret in it. */
  readonly link: string
}

export type AuditEvent =
  | {
      readonly kind: 'access'
      readonly at: number
      readonly origin: Origin
      readonly actor: Actor
      readonly app: string
      readonly decision: Decision
      readonly input: AccessRequest
      readonly configuration: string
      readonly request: {
        readonly method: string
        readonly host: string
        readonly path: string
        readonly scheme: string
        readonly version: string
        readonly upgrade: string | undefined
      }
      readonly result: {
        readonly status: number
        readonly bytesIn: number
        readonly bytesOut: number
        /** Milliseconds. */
        readonly duration: number
        /** How it ended: complete, the client went, the upstream broke, or we cut it. */
        readonly end: 'complete' | 'answered' | 'client_gone' | 'upstream_failed' | 'cut'
        /** Why access ended while it was under way: a reason code. */
        readonly reason?: string
        readonly upstream: string | undefined
      }
    }
  | {
      readonly kind: 'authentication'
      readonly at: number
      readonly origin: Origin
      readonly actor: Actor
      readonly activity: 'sign_in' | 'step_up' | 'sign_out' | 'session_ended' | 'refresh'
      readonly outcome: 'success' | 'failure'
      /** A reason code, or a token check's code for a failed sign-in. */
      readonly reason: string | undefined
      readonly detail: string | undefined
      readonly provider: string
      readonly session: string | undefined
      readonly mfa: boolean
    }
  | {
      readonly kind: 'grant'
      readonly at: number
      readonly actor: Actor
      /** `ending`: it will end soon, told a while before. `ended`: its time was over, nobody took it back. */
      readonly activity: 'given' | 'revoked' | 'extended' | 'ending' | 'ended'
      readonly grant: {
        readonly id: string
        readonly who: string
        readonly app: string
        readonly level: string
        readonly from: number
        readonly until: number
        readonly reason: string | undefined
        readonly sponsor: string | undefined
        readonly contract?: string
        /** Why the system took it back: `app_gone`, `entitlement_gone` ... */
        readonly revokedFor?: string
      }
      readonly tell?: NotificationTarget
    }
  | {
      readonly kind: 'request'
      readonly at: number
      readonly actor: Actor
      /**
       * `supported`: one of several approvals. An emergency is `opened` and nothing else, with the grant that is in
       * force already; `reviewed` by an approver afterwards, or `unreviewed` when nobody did in time.
       */
      readonly activity:
        'opened' | 'supported' | 'approved' | 'denied' | 'withdrawn' | 'lapsed' | 'reviewed' | 'unreviewed'
      readonly request: {
        readonly id: string
        readonly app: string
        readonly who: string
        readonly level: string
        /** Milliseconds asked for. */
        readonly duration: number
        readonly reason: string | undefined
        readonly ticket: string | undefined
        /** The grant it would prolong. */
        readonly extends: string | undefined
        /** Self-activated: nobody approved it beforehand. */
        readonly emergency: boolean
        /** What came of it. */
        readonly grant?: string
        readonly comment?: string
      }
      readonly tell?: NotificationTarget
    }
  | {
      /** Somebody reviewed who can reach an app, and signed. */
      readonly kind: 'review'
      readonly at: number
      readonly actor: Actor
      readonly review: {
        readonly app: string
        /** Name of the reviewer, as signed. */
        readonly by: string
        /** In the folder `reviews` beside the audit. */
        readonly file: string
        readonly sha256: string
        readonly kept: number
        readonly ended: number
        /** Of those ended: what is left to be taken out of the configuration. */
        readonly takeOut: number
      }
    }
  | {
      readonly kind: 'configuration'
      readonly at: number
      readonly actor: Actor
      readonly outcome: 'applied' | 'refused'
      readonly hash: string
      readonly previous: string | undefined
      readonly detail: string
    }
  | {
      readonly kind: 'device'
      readonly at: number
      readonly actor: Actor
      readonly device: string
      readonly source: string
      readonly activity: 'observed' | 'changed' | 'conflict' | 'mismatch'
      readonly detail: string
    }
  | {
      readonly kind: 'finding'
      readonly at: number
      readonly actor: Actor
      readonly origin: Origin | undefined
      readonly title: string
      readonly detail: string
      readonly severity: 'low' | 'medium' | 'high' | 'critical'
    }

/** Hands an event over; never throws, never blocks the caller. Every repository takes one. */
export type Recorder = (event: AuditEvent) => void
