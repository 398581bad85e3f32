// The way of a person through signing in: depart from an app, choose a provider, come back, arrive where they wanted to go.

import type { Origin } from '../audit/event.ts'
import type { Session } from './session.ts'

/** What a step-up has to prove; checked against the claims that come back, never assumed. */
export interface StepUp {
  readonly level: 'mfa' | 'phishing_resistant'
  /** Milliseconds. */
  readonly maxAge: number | undefined
}

/** Where somebody wanted to go when we sent them to sign in. Kept in the store, 15 minutes. */
export interface Journey {
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

export type SignInFailureCode =
  /** The transaction is unknown, used, too old, or was begun in another browser. */
  | 'transaction_unknown'
  | 'browser_mismatch'
  /** The person or the provider said no: `error` of the authorization response. */
  | 'provider_refused'
  | 'cancelled'
  /** A check of the answer or of the tokens failed; `detail` names which. */
  | 'token_invalid'
  /** Signed in, but what the step-up asked for was not proven. */
  | 'step_up_not_proven'
  | 'provider_unreachable'
  | 'store_unreachable'
  | 'throttled'

export interface SignInFailure {
  readonly code: SignInFailureCode
  /** For the log and the audit; never shown to the person. */
  readonly detail: string
}

export type Begun =
  | { readonly state: 'redirect'; readonly location: string; readonly binding: string }
  | { readonly state: 'failed'; readonly failure: SignInFailure }

export type Returned =
  | { readonly state: 'signed_in'; readonly session: Session; readonly journey: Journey | undefined }
  | { readonly state: 'failed'; readonly failure: SignInFailure; readonly journey: Journey | undefined }

export type Arrived =
  { readonly state: 'arrived'; readonly cookie: string; readonly target: string } | { readonly state: 'refused' }

export interface SignIn {
  /**
   * Keeps a journey. `nonce`: the value of the nonce cookie the browser already has on that host; when it is missing
   * or malformed a new one is made. Returns the nonce to set.
   */
  depart(journey: Omit<Journey, 'id' | 'nonceHash'>, nonce: string | undefined): Promise<{ id: string; nonce: string }>
  journey(id: string): Promise<Journey | undefined>
  choices(): readonly { readonly name: string; readonly title: string }[]
  /** Home realm discovery: the provider whose `domains` hold the address's domain. */
  providerOf(email: string): string | undefined
  /** `binding`: value of the browser-binding cookie on the gateway host, reused when well-formed so that parallel tabs work. */
  authorize(start: {
    provider: string
    journey: string | undefined
    stepUp: StepUp | undefined
    loginHint: string | undefined
    binding: string | undefined
  }): Promise<Begun>
  /** `query`: the query string of the callback, with its `?`. */
  callback(answer: {
    provider: string
    query: string
    binding: string | undefined
    previous: Session | undefined
    origin: Origin
  }): Promise<Returned>
  /** A one-time ticket (30 s, bound to host and nonce); returns the absolute URL on the app host that redeems it. */
  ticket(session: Session, journey: Journey): Promise<string>
  arrive(arrival: { ticket: string; host: string; nonce: string | undefined }): Promise<Arrived>
  /** Where to send the browser after a local sign-out; undefined when the provider has no end_session_endpoint. */
  logoutUrl(session: Session): Promise<string | undefined>
  /** OIDC Back-Channel Logout 1.0: ends what the token names. */
  backchannelLogout(
    provider: string,
    form: string,
  ): Promise<{ status: 200 | 400 | 501 | 503; error: string | undefined }>
}
