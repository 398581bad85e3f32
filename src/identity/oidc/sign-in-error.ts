// Why a sign-in failed, and what openid-client's errors mean in those words.

import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { isUnescapedWord } from '../../http/field-syntax.ts'
import { ProviderUnreachable } from './provider-http.ts'

export type SignInErrorCode =
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

export interface SignInError {
  readonly code: SignInErrorCode
  /** For the log and the audit; never shown to the person. */
  readonly detail: string
}

/** What a call to the provider came to when it did not succeed. */
export type ProviderError =
  /** It cannot be asked, or answers with what is no answer: may heal. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** It said no, with an error code of RFC 6749. */
  | { readonly kind: 'refused'; readonly error: string; readonly status: number }
  /** It answered, but the answer does not stand up to its checks. */
  | { readonly kind: 'invalid'; readonly detail: string }

/** Codes that speak of the provider's own state, not of the request (RFC 6749 section 4.1.2.1, RFC 8628). */
const temporaryErrors = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])

/** Never decides on an error's text, only on classes, codes and status. */
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
    // A status without an OAuth error body is a proxy's or a broken server's, and says nothing about the person.
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

/** An `error` as a provider sent it (RFC 6749 4.1.2.1), for logs and audit: one word of at most 64 characters. */
export function printableError(error: string): string {
  return error.length <= 64 && isUnescapedWord(error) ? error : 'unprintable_error'
}

function oauthErrorDetail(error: string, status: number): ProviderError {
  const printable = printableError(error)
  if (temporaryErrors.has(printable) || status === 429 || status === 408)
    return { kind: 'unreachable', detail: printable }
  return { kind: 'refused', error: printable, status }
}

// The claim an openid-client check was about, when it says so: worth having in the audit.
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
