// Timing of calls to a provider: how long an answer, a signing key and a directory are waited for.

/** Milliseconds. */
export interface ProviderTiming {
  /** One request, with its whole response; half of it for a connection. */
  readonly request: number
  /**
   * For a key that the provider signs with but does not publish yet, as with a key set from a cache. A refresh begins half
   * a minute before its result is needed.
   */
  readonly keyAtSignIn: number
  readonly keyAtRefresh: number
  /** From one reread of the key set to the next for the same token, doubled each time. */
  readonly keyPause: number
  /** One lookup of groups, all pages and the token together. A sign-in waits for it, and a refresh under its lock. */
  readonly directory: number
}

export const providerTiming: ProviderTiming = {
  request: 10_000,
  keyAtSignIn: 5000,
  keyAtRefresh: 12_000,
  keyPause: 1000,
  directory: 5000,
}
