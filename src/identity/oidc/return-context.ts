// Where somebody wanted to go when we sent them to sign in, and what they have to prove on the way.

/** What a step-up has to prove; checked against the claims that come back, never assumed. */
export interface StepUp {
  /** `any`: only that it was done again, within `maxAge`. */
  readonly level: 'any' | 'mfa' | 'phishing_resistant'
  /** Milliseconds. */
  readonly maxAge: number | undefined
}

/** Kept in the store, 15 minutes. */
export interface ReturnContext {
  readonly id: string
  /** App host and the exact target there, or the gateway's own host and a path of ours. */
  readonly origin: string
  readonly host: string
  readonly target: string
  readonly app: string | undefined
  /** SHA-256 of the nonce cookie set on the app host before leaving; undefined for journeys on the gateway host. */
  readonly nonceHash: string | undefined
  readonly stepUp: StepUp | undefined
  /** Provider the person must use (step-up stays with the one they came from). */
  readonly provider: string | undefined
}
