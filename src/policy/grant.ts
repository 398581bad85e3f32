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
  /** Declared in YAML, or given at run time by whom. */
  readonly origin: 'configuration' | 'runtime'
  readonly givenBy: string
  /** Epoch milliseconds at which it was revoked; a revoked grant never counts again. */
  readonly revokedAt: number | undefined
}
