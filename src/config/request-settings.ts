// Who may ask for access to an app, agree to it and let themselves in, as the rest of the house sees it.

import type { ConditionSet } from '../policy/declaration.ts'
import type { GrantLevel } from '../policy/grant.ts'

/** Milliseconds, all durations. `eligible` and `approvers` say only who somebody is. */
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
  /** Regular expression for the whole ticket. */
  readonly ticketPattern: string | undefined
  readonly lapseAfter: number
  readonly beginWithin: number
  readonly maxExtensions: number
  readonly maxTotal: number
  /** How old a second factor may be; undefined: none is needed. */
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
  /** One-time codes open this app while the provider is down. */
  readonly codes: boolean
}
