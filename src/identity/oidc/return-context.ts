// Return context of a sign-in: the target to return to, and the step-up to prove on the way.

/** What a step-up must prove; checked against the returned claims, never assumed. */
export interface StepUp {
  /** `any`: any new authentication within `maxAge`; without `maxAge`, new claims are enough. */
  readonly level: 'any' | 'mfa' | 'phishing_resistant'
  /** Milliseconds. */
  readonly maxAge: number | undefined
  /** Only to have the provider state its claims again: without interaction (`prompt=none`) at first. */
  readonly silent?: true
  /**
   * Generation of the session as the app's host sees it: a newer one on the gateway's host is handed over first, before anybody is
   * asked for anything.
   */
  readonly from?: number
}

/** What a sign-in is for. Nothing of it is stored: it travels sealed, in a URL parameter and in cookies. */
export interface Destination {
  /** Of the app, or of the gateway itself. */
  readonly origin: string
  readonly host: string
  /** Path and query on that host. */
  readonly target: string
  readonly app: string | undefined
  readonly stepUp: StepUp | undefined
  /** Provider that must be used: a step-up stays with the provider of the session. */
  readonly provider: string | undefined
}

/** As opened from the parameter `journey` on the gateway's host. */
export interface ReturnContext extends Destination {
  /** '/' for an app: its host keeps the target in the browser, in the cookie that `page` names. */
  readonly target: string
  /** Cookie of the app host: its id and the SHA-256 of its value; undefined for targets on the gateway's host. */
  readonly page: { readonly id: string; readonly hash: string } | undefined
  /** Epoch milliseconds at which it was created. */
  readonly at: number
}
