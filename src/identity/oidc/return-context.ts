// Return context of a sign-in: the target to return to, and the step-up to prove on the way.

/** What a step-up must prove; checked against the returned claims, never assumed. */
export interface StepUp {
  /** `any`: any new authentication within `maxAge`. */
  readonly level: 'any' | 'mfa' | 'phishing_resistant'
  /** Milliseconds. */
  readonly maxAge: number | undefined
}

/** Kept in the store, 15 minutes. */
export interface ReturnContext {
  readonly id: string
  /** App host and the exact target there, or the gateway's own host and one of its paths. */
  readonly origin: string
  readonly host: string
  readonly target: string
  readonly app: string | undefined
  /** SHA-256 of the nonce cookie set on the app host before the redirect; undefined for targets on the gateway host. */
  readonly nonceHash: string | undefined
  readonly stepUp: StepUp | undefined
  /** Provider that must be used: a step-up stays with the provider of the session. */
  readonly provider: string | undefined
}
