// The compiled policy of one app: what configuration becomes at reload, so that deciding only evaluates.

import type { AccessRequest } from './access-request.ts'
import type { GrantLevel } from './grant.ts'
import type { Limits, Reason, Remedy } from './decision.ts'

/**
 * One condition's answer. `unknown` (groups withheld, posture not reported) never satisfies an allow and never
 * disarms a deny: three-valued logic, so `not` of unknown stays unknown.
 */
export interface Verdict {
  readonly state: 'met' | 'unmet' | 'unknown'
  /** Why not, or why it cannot be known; for `met` inside a deny, what matched. */
  readonly reasons: readonly Reason[]
  /** What would mend it, where the person can. */
  readonly remedy: Remedy | undefined
  /** Epoch milliseconds at which time alone could change this verdict; Infinity when it cannot. */
  readonly until: number
  /** Set by the `grant` condition when met. */
  readonly grant?: string
}

export interface Condition {
  /** Its key in the configuration: `groups`, `mfa`, `schedule`, `not` ... */
  readonly name: string
  /** As written, for `explain`: `finance, hr`. */
  readonly summary: string
  evaluate(access: AccessRequest): Verdict
  /** Absent: it concerns everybody. Whom it does not concern it is not told. */
  applies?(access: AccessRequest): boolean
}

export interface Rule {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  /** All must hold. */
  readonly conditions: readonly Condition[]
  readonly mode: 'enforce' | 'monitor'
  readonly limits: Limits
}

export interface Policy {
  readonly app: string
  /** As people call it, in reasons. */
  readonly title: string
  readonly mode: 'enforce' | 'monitor'
  /** `baseline` and `require`: what every allow needs on top of its rule. */
  readonly required: readonly Condition[]
  readonly rules: readonly Rule[]
  /** Requests of one class get the same verdicts from everything but identity, device, network, grants and time. */
  classify(method: string, path: string): string
  /** The most that may be asked for, by whoever may ask. */
  readonly grantable?: GrantLevel
  /** Milliseconds: no decision lives longer. */
  readonly lease: number
}
