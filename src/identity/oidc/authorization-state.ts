// Stored state of an authorization request (state, nonce, PKCE verifier): one use, ten minutes, bound to one browser.

import type { StepUp } from './return-context.ts'
import { createOneTimeRecords, type OneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'

/** Kept under the SHA-256 of `state`. */
export interface AuthorizationState {
  /** Name of the provider, and the issuer of its metadata: a response from another issuer is rejected (RFC 9700 4.4). */
  readonly provider: string
  readonly issuer: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
  readonly redirectUri: string
  /** SHA-256 of the browser-binding cookie. */
  readonly bindingHash: string
  readonly journey: string | undefined
  readonly stepUp: StepUp | undefined
  /** Seconds, as sent in `max_age`. */
  readonly maxAge: number | undefined
  /** Epoch milliseconds. */
  readonly begunAt: number
}

export type AuthorizationStates = OneTimeRecords<AuthorizationState>

export function createAuthorizationStates(options: Pick<OneTimeRecordsOptions, 'store' | 'seal'>): AuthorizationStates {
  return createOneTimeRecords<AuthorizationState>({ ...options, purpose: 'transaction', ttl: 10 * 60_000 })
}
