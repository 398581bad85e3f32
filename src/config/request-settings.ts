// Settings of access requests and emergency access of one app, after loading.

import type { ConditionSet } from '../policy/declaration.ts'
import type { GrantLevel } from '../policy/grant.ts'

/** Durations in milliseconds. `eligible` and `approvers` contain conditions on the user only. */
export interface RequestSettings {
  readonly eligible: ConditionSet
  readonly approvers: ConditionSet
  readonly approvals: number
  readonly levels: readonly GrantLevel[]
  readonly minDuration: number
  readonly defaultDuration: number
  readonly maxDuration: number
  readonly reason: 'required' | 'optional'
  readonly ticket: 'required' | 'optional' | 'none'
  /** Regular expression the whole ticket must match (`linear-pattern.ts`). */
  readonly ticketPattern: string | undefined
  readonly lapseAfter: number
  readonly beginWithin: number
  readonly maxExtensions: number
  readonly maxTotal: number
  /** Maximum age of the second factor; undefined: not required. */
  readonly freshMfa: { readonly ask: number | undefined; readonly approve: number | undefined }
  readonly openPerPerson: number
}

export interface EmergencySettings {
  readonly eligible: ConditionSet
  readonly reviewers: ConditionSet
  readonly maxDuration: number
  readonly level: GrantLevel
  readonly freshMfa: number
  readonly reviewWithin: number
  /** Allows one-time emergency codes, for use while the identity provider is down. */
  readonly codes: boolean
}
