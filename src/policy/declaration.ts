// What policy needs to know of an app: conditions as the configuration states them, before compiling.

import type { GrantLevel } from './grant.ts'
import type { RiskLevel } from './device.ts'

/** Conditions of a rule as written; durations in milliseconds, lists mean any of. */
export interface ConditionSet {
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  readonly roles?: readonly string[]
  readonly providers?: readonly string[]
  readonly claims?: Readonly<Record<string, readonly string[]>>
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

export interface RuleDeclaration {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  readonly when: ConditionSet
  readonly mode: 'enforce' | 'monitor'
  readonly limits: { readonly download: number | undefined; readonly upload: number | undefined }
}

export interface AppDeclaration {
  readonly name: string
  /** As people call it, in reasons; the name when absent. */
  readonly title?: string
  readonly mode: 'enforce' | 'monitor'
  readonly require: ConditionSet
  readonly rules: readonly RuleDeclaration[]
  /** Milliseconds. */
  readonly lease: number
  /**
   * Who may ask for access, and for how much at most. For everybody else - with false for all - a missing grant is a
   * denial with "ask the owner", never a challenge that leads nowhere. Absent means true: everybody, for everything.
   */
  readonly requests?: boolean | { readonly by: ConditionSet; readonly level: GrantLevel }
}
