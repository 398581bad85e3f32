// Who counts as of another organisation, as the configuration says it.

export interface Externals {
  /** Names of providers marked `external: true`. */
  readonly providers: ReadonlySet<string>
  /** Addresses, `provider|sub` or `provider|mailto:address`. */
  readonly people: readonly string[]
}
