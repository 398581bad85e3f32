// Audit events as recorded internally: access, authentication, grants, requests, configuration; `ocsf.ts` maps them to OCSF.

import { isIP } from 'node:net'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'

/** Acting party; `administrator`: through the admin socket, `stranger`: an unauthenticated client. */
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
  /** Correlation id: equals `X-Request-Id` and the id on error pages. */
  readonly requestId: string
  /** The client's address, `unknown via` a proxy's, or empty. */
  readonly address: string
  readonly port?: number
  readonly userAgent?: string
}

/** The address of an origin; undefined when it is unknown. */
export function addressOf({ address }: Origin): string | undefined {
  return isIP(address) === 0 ? undefined : address
}

/** Recipients of notifications about an event: mail addresses, and the page about it (which requires sign-in). */
export interface NotificationTarget {
  readonly approvers: readonly string[]
  readonly requester: string | undefined
  readonly sponsor: string | undefined
  /** Display names for the text. */
  readonly person: string
  readonly app: string
  /** Absolute URL without secrets. */
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
        /** `answered`: by the gateway itself; `cut`: terminated by the gateway because access ended. */
        readonly end: 'complete' | 'answered' | 'client_gone' | 'upstream_failed' | 'cut'
        /** Reason code when access ended during the exchange. */
        readonly reason?: string
        readonly upstream: string | undefined
      }
    }
  | {
      readonly kind: 'authentication'
      readonly at: number
      readonly origin: Origin
      readonly actor: Actor
      /**
       * `token_revoked`: a refresh token that no session uses any more, at its provider. `code_sent`: a one-time code, to a guest.
       */
      readonly activity:
        'sign_in' | 'step_up' | 'sign_out' | 'session_ended' | 'refresh' | 'token_revoked' | 'code_sent'
      readonly outcome: 'success' | 'failure'
      /** A reason code, or for a failed sign-in the error code of the token validation. */
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
      /** `ending`: warning before the end. `ended`: expired without revocation. */
      readonly activity: 'given' | 'revoked' | 'extended' | 'ending' | 'ended'
      readonly grant: {
        readonly id: string
        readonly who: string
        readonly app: string
        readonly level: string
        /** Epoch milliseconds; absent for a grant without a beginning. */
        readonly from?: number
        readonly until: number
        /** IANA name of the zone in which its times were written; see `Grant.timeZone`. */
        readonly timeZone?: string
        readonly reason: string | undefined
        readonly sponsor: string | undefined
        readonly contract?: string
        /** From self-activated access or an emergency code. */
        readonly emergency?: true
        /** As in `request`. */
        readonly statedName?: string
        /** Reason when revoked by the system: `app_gone`, `entitlement_gone` ... */
        readonly revokedFor?: string
      }
      readonly tell?: NotificationTarget
    }
  | {
      readonly kind: 'request'
      readonly at: number
      readonly actor: Actor
      /**
       * `supported`: one of several approvals. An emergency is `opened` with its grant already active, and later `reviewed`
       * by a reviewer, or `unreviewed` when the deadline passes.
       */
      readonly activity:
        'opened' | 'supported' | 'approved' | 'denied' | 'withdrawn' | 'lapsed' | 'reviewed' | 'unreviewed'
      readonly request: {
        readonly id: string
        readonly app: string
        readonly who: string
        readonly level: string
        /** Requested milliseconds. */
        readonly duration: number
        readonly reason: string | undefined
        readonly ticket: string | undefined
        /** Id of the grant to extend. */
        readonly extends: string | undefined
        /** Self-activated without approval. */
        readonly emergency: boolean
        /** Name stated with an emergency code: a stranger's text, not verified. */
        readonly statedName?: string
        /** Id of the resulting grant. */
        readonly grant?: string
        readonly comment?: string
      }
      readonly tell?: NotificationTarget
    }
  | {
      /** Signed access review of an app. */
      readonly kind: 'review'
      readonly at: number
      readonly actor: Actor
      readonly review: {
        readonly app: string
        /** Name of the reviewer, as signed. */
        readonly by: string
        /** File name in the folder `reviews` next to the audit file. */
        readonly file: string
        readonly sha256: string
        readonly kept: number
        readonly ended: number
        /** Of `ended`: lines that must still be removed from the configuration. */
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

/** Records an event; never throws, never blocks the caller. */
export type Recorder = (event: AuditEvent) => void
