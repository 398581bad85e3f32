// Decision of the policy engine: effect, reasons, remedy. It is a lease, reusable until `validUntil` and no longer.

import type { ReasonCode } from './reasons.ts'

/** Machine-readable reason; pages, logs and `explain` turn it into a sentence. */
export interface Reason {
  readonly code: ReasonCode
  /** Fills the placeholders of the reason's text, e.g. `{posture: 'company_laptop', attribute: 'disk_encrypted'}`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** What the user can do about it. Only a challenge has `sign_in`, `step_up` or `request_access`. */
export type Remedy =
  | { readonly kind: 'sign_in'; readonly provider: string | undefined }
  | {
      readonly kind: 'step_up'
      readonly level: 'any' | 'mfa' | 'phishing_resistant'
      readonly maxAge: number | undefined
    }
  | { readonly kind: 'request_access' }
  | { readonly kind: 'wait'; /** Epoch milliseconds, undefined when never. */ readonly until: number | undefined }
  | { readonly kind: 'use_other_device' }
  | { readonly kind: 'use_other_network' }
  | { readonly kind: 'ask_owner' }
  | { readonly kind: 'try_again' }

export interface Limits {
  /** Bytes; undefined means unlimited. */
  readonly download: number | undefined
  readonly upload: number | undefined
}

export type Effect = 'allow' | 'challenge' | 'deny'

export interface Decision {
  readonly effect: Effect
  /** The rule that decided; undefined for the default denial and for a failure before any rule was evaluated. */
  readonly rule: string | undefined
  /** Never empty for challenge and deny; most important first. */
  readonly reasons: readonly Reason[]
  readonly remedy: Remedy | undefined
  readonly limits: Limits
  /** Epoch milliseconds: the next moment at which time alone could change a verdict this rests on. */
  readonly validUntil: number
  /** The grant the allow rests on, for the assertion and the log. */
  readonly grant: string | undefined
  /** Of a request with a destination: another grant, on which access to the source rests. Absent: none. */
  readonly sourceGrant?: string
  /** Set in `mode: monitor`, where `effect` is always allow: the effect that enforcement would have had. */
  readonly monitored: Effect | undefined
  /** Rules in `mode: monitor` that would have decided; they had no influence on `effect`. Absent: none. */
  readonly observed?: readonly ObservedRule[]
}

/** An allow rule that is met together with the requirements, or a deny rule that is met or unknown. */
export interface ObservedRule {
  readonly rule: string
  readonly effect: 'allow' | 'deny'
  /** Why a deny rule would deny; empty for an allow. */
  readonly reasons: readonly Reason[]
}
