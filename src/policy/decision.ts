// What the policy engine answers. A decision is a lease: it may be reused until `validUntil`, and not a moment longer.

import type { ReasonCode } from './reasons.ts'

/** Why, in a form that pages, logs and `explain` can put into words. */
export interface Reason {
  readonly code: ReasonCode
  /** Fills the placeholders of the reason's text, e.g. `{posture: 'company_laptop', attribute: 'disk_encrypted'}`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** What the person can do about it now. Only a challenge has one of the first three. */
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
  /** The rule that decided; undefined for the default denial and for what failed before any rule. */
  readonly rule: string | undefined
  /** Never empty for challenge and deny; most important first. */
  readonly reasons: readonly Reason[]
  readonly remedy: Remedy | undefined
  readonly limits: Limits
  /** Epoch milliseconds: the next moment at which time alone could change any verdict looked at. */
  readonly validUntil: number
  /** The grant the allow rests on, for the assertion and the log. */
  readonly grant: string | undefined
  /** The app is in `mode: monitor`, so this is an allow: what enforcement would have answered, `allow` included. */
  readonly monitored: Effect | undefined
  /** Rules in `mode: monitor` that match (a deny also when that cannot be known). They decided nothing. */
  readonly observed?: readonly { readonly rule: string; readonly effect: 'allow' | 'deny' }[]
}
