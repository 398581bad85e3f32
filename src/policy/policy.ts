// Compiled policy of one app, built at configuration reload: rules, conditions and their verdicts.

import type { AccessRequest } from './access-request.ts'
import type { GrantLevel } from './grant.ts'
import type { Limits, Reason, Remedy } from './decision.ts'

/**
 * Result of one condition in three-valued logic (Kleene). `unknown` (groups withheld, posture not reported) never meets
 * an allow rule and never disables a deny rule; `not` of unknown is unknown.
 */
export interface Verdict {
  readonly state: 'met' | 'unmet' | 'unknown'
  /** Why it is unmet or unknown; for `met` inside a deny rule, what matched. */
  readonly reasons: readonly Reason[]
  /** What would make it met. */
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
  /** Whether reports show the condition for this request. Absent: always. */
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
  /** Display name in reasons. */
  readonly title: string
  readonly mode: 'enforce' | 'monitor'
  /** `baseline` and `require`: what every allow needs on top of its rule. */
  readonly required: readonly Condition[]
  readonly rules: readonly Rule[]
  /** Class key of a request. Within a class, verdicts depend on identity, device, network, grants and time alone. */
  classify(method: string, path: string): string
  /** Highest level that may be requested. */
  readonly grantable?: GrantLevel
  /** Milliseconds: longest validity of a decision. */
  readonly lease: number
}
