// Configuration of external subjects: external providers and individually listed users.

export interface Externals {
  /** Names of providers marked `external: true`. */
  readonly providers: ReadonlySet<string>
  /** Addresses, `provider|sub` or `provider|mailto:address`. */
  readonly people: readonly string[]
}
