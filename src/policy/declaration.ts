// Declared (uncompiled) access rules of an app: the input of the policy compiler.

import type { GrantLevel } from './grant.ts'
import type { RiskLevel } from './device.ts'

/** Conditions of a rule as written; durations in milliseconds, lists mean any of. */
export interface ConditionSet {
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  readonly roles?: readonly string[]
  readonly providers?: readonly string[]
  /** Domains of verified e-mail addresses, in ASCII and lower case. */
  readonly domains?: readonly string[]
  /** Accepted values by claim; a list alone means that an absent claim is unknown. */
  readonly claims?: Readonly<Record<string, readonly string[] | ClaimRequirement>>
  readonly mfa?: true | { readonly maxAge?: number; readonly level?: 'mfa' | 'phishing_resistant' }
  readonly device?: string
  readonly networks?: readonly string[]
  readonly schedule?: readonly string[]
  readonly grant?: 'required'
  readonly actions?: readonly ('read' | 'write')[]
  readonly methods?: readonly string[]
  readonly paths?: readonly string[]
  readonly any?: readonly ConditionSet[]
  readonly not?: ConditionSet
  readonly riskAtMost?: RiskLevel
}

export interface ClaimRequirement {
  readonly values: readonly string[]
  /** What the absence of the claim means. */
  readonly absent: 'met' | 'unmet' | 'unknown'
}

export function claimRequirement(wanted: readonly string[] | ClaimRequirement): ClaimRequirement {
  return 'absent' in wanted ? wanted : { values: wanted, absent: 'unknown' }
}

export interface RuleDeclaration {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  readonly when: ConditionSet
  readonly mode: 'enforce' | 'monitor'
  readonly limits: { readonly download: number | undefined; readonly upload: number | undefined }
}

export interface AppDeclaration {
  readonly name: string
  /** Display name in reasons; defaults to `name`. */
  readonly title?: string
  readonly mode: 'enforce' | 'monitor'
  readonly require: ConditionSet
  readonly rules: readonly RuleDeclaration[]
  /** Milliseconds. */
  readonly lease: number
  /**
   * Who may request access, and up to which level. For all other subjects (with false: for all) a missing grant is a
   * denial with the remedy `ask_owner`, never a challenge. Absent means true: every subject, at every level.
   */
  readonly requests?: boolean | { readonly by: ConditionSet; readonly level: GrantLevel }
}
