// Error codes of a failed sign-in, and the mapping from openid-client's errors to them.

import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { isUnescapedWord } from '../../http/field-syntax.ts'
import { never } from '../../policy/never.ts'
import { ProviderUnreachable } from './provider-http.ts'

export type SignInErrorCode =
  /** This browser has no such sign-in pending: it was used, expired, or began in another browser. */
  | 'transaction_unknown'
  /** The browser sent none of our cookies. */
  | 'browser_mismatch'
  /** The URL of the callback is no response of the provider: tampered with, ambiguous, or of another issuer. */
  | 'response_invalid'
  /** The callback carries an `error`, or says that the user cancelled. Any holder of the URL could have written that. */
  | 'provider_error'
  | 'cancelled'
  /** The provider does not permit the requested scopes. */
  | 'scope_refused'
  /** The token endpoint refused. */
  | 'provider_refused'
  /** The account belongs to another organisation (`hosted_domain`). */
  | 'account_not_allowed'
  /** A check of the tokens failed; `detail` names which. */
  | 'token_invalid'
  /** Not asked: the configuration has nothing with which this provider could be asked for a stronger sign-in. */
  | 'step_up_unavailable'
  /** Signed in, but the claims do not prove the step-up. */
  | 'step_up_not_proven'
  | 'provider_unreachable'
  | 'store_unreachable'
  | 'throttled'

/**
 * Codes that a browser alone can cause, without any fault of the provider or the gateway: counted as rejected, so that
 * strangers cannot raise an alarm about a provider.
 */
export function isCausedByBrowser({ code, detail }: SignInError): boolean {
  switch (code) {
    case 'transaction_unknown':
    case 'browser_mismatch':
    case 'response_invalid':
    case 'provider_error':
    case 'cancelled':
    case 'scope_refused':
    case 'step_up_not_proven':
    case 'step_up_unavailable':
    case 'account_not_allowed':
    case 'throttled':
      return true
    case 'provider_refused':
      // RFC 6749 section 5.2: the code of the callback is invalid.
      return detail === 'invalid_grant'
    case 'token_invalid':
    case 'provider_unreachable':
    case 'store_unreachable':
      return false
    default:
      return never(code)
  }
}

export interface SignInError {
  readonly code: SignInErrorCode
  /** For the log and the audit; never shown to the user. */
  readonly detail: string
}

/** Failed call to the provider. */
export type ProviderError =
  /** Not reachable, or the response is unusable: temporary. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** An OAuth error response (RFC 6749 section 5.2). */
  | { readonly kind: 'refused'; readonly error: string; readonly status: number }
  /** A response that fails validation. */
  | { readonly kind: 'invalid'; readonly detail: string }

/** Codes about the state of the provider, not about the request (RFC 6749 section 4.1.2.1, RFC 8628). */
const temporaryErrors = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])

/** Classifies by class, code and status, never by the text of an error. */
export function providerErrorOf(error: unknown): ProviderError {
  const unreachable = causeChain(error).find((one) => one instanceof ProviderUnreachable)
  if (unreachable) return { kind: 'unreachable', detail: unreachable.message }
  if (error instanceof AuthorizationResponseError) return oauthErrorDetail(error.error, 0)
  if (error instanceof ResponseBodyError) return oauthErrorDetail(error.error, error.status)
  if (error instanceof WWWAuthenticateChallengeError) {
    return oauthErrorDetail(error.cause[0]?.parameters.error ?? 'invalid_client', error.status)
  }
  if (error instanceof ClientError) {
    const { code, cause } = error
    // A status without an OAuth error body comes from a proxy or a broken server, and says nothing about the user.
    if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM') {
      return {
        kind: 'unreachable',
        detail: `status ${(cause as { status?: number } | undefined)?.status ?? 'unknown'}`,
      }
    }
    if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT') return { kind: 'unreachable', detail: 'timed out' }
    if (code !== undefined) return { kind: 'invalid', detail: describe(code, cause) }
  }
  return { kind: 'invalid', detail: error instanceof Error ? error.name : 'unknown' }
}

/** An `error` code of a provider (RFC 6749 4.1.2.1) for logs and audit: one word of at most 64 characters. */
export function printableError(error: string): string {
  return error.length <= 64 && isUnescapedWord(error) ? error : 'unprintable_error'
}

function oauthErrorDetail(error: string, status: number): ProviderError {
  const printable = printableError(error)
  if (temporaryErrors.has(printable) || status === 429 || status === 408)
    return { kind: 'unreachable', detail: printable }
  return { kind: 'refused', error: printable, status }
}

// Adds the claim that failed the check, when openid-client names it: for the audit.
function describe(code: string, cause: unknown): string {
  const inner = (cause as { cause?: { claim?: unknown; attribute?: unknown; reason?: unknown } } | undefined)?.cause
  const about = [inner?.claim, inner?.attribute].find((name) => typeof name === 'string')
  const short = code.replace(/^OAUTH_/, '').toLowerCase()
  return about === undefined ? short : `${short}: ${about}`
}

function causeChain(error: unknown): unknown[] {
  const found: unknown[] = []
  for (let one = error; one instanceof Error && found.length < 8; one = one.cause) found.push(one)
  return found
}

/** Thrown by the steps of a callback. */
export class SignInFailed extends Error {
  readonly code: SignInErrorCode
  constructor(code: SignInErrorCode, detail: string) {
    super(detail)
    this.code = code
  }
}
