// Access for a reason and until a moment: one person, one app, one level.

export type GrantLevel = 'read' | 'full'

export interface Grant {
  readonly id: string
  /** `provider|sub`, or `provider|mailto:address` of a named provider before the first sign-in. */
  readonly who: string
  readonly app: string
  readonly level: GrantLevel
  /** Epoch milliseconds; the grant counts in `[from, until)`. */
  readonly from: number
  readonly until: number
  /** Name of a schedule the grant is further limited to. */
  readonly schedule: string | undefined
  readonly sponsor: string | undefined
  readonly reason: string | undefined
  /** Number of the contract it is given under. */
  readonly contract?: string | undefined
  /** Declared in YAML, or given at run time by whom. */
  readonly origin: 'configuration' | 'runtime'
  readonly givenBy: string
  /** Epoch milliseconds at which it was revoked; a revoked grant never counts again. */
  readonly revokedAt: number | undefined
  /** Why it was taken back, where the system did. */
  readonly revokedFor?: string | undefined
  /** Set when it came of a request. */
  readonly basis?: GrantBasis | undefined
  /** Ids of the requests that prolonged it, each once. */
  readonly extensions?: readonly string[] | undefined
}

/** What a grant from a request rests on: when the configuration no longer offers that to this person, it is over. */
export interface GrantBasis {
  readonly request: string
  readonly entitlement: 'requests' | 'emergency' | 'codes'
  /** The person as they were when they asked, to be held against every later configuration. */
  readonly email: string | undefined
  readonly groups: readonly string[]
  readonly external: boolean
}
