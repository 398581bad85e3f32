// Parameters of an authorization response: syntax, issuer, error (RFC 6749, RFC 9207). The browser brings them; nothing is trusted.

import type { Connection } from './provider.ts'
import { issuerHashOf, type PendingSignIn } from './pending-sign-ins.ts'
import { printableError, SignInFailed } from './sign-in-error.ts'

const maxQueryLength = 16_384

/** Empty when the query is longer than `checkSyntax` accepts. */
export function readParameters(query: string): URLSearchParams {
  return new URLSearchParams(query.length > maxQueryLength ? '' : query)
}

/**
 * Any holder of the URL can write it: what does not read as a response of a provider says nothing about the provider (400, and
 * no outage).
 */
export function checkSyntax(query: string, parameters: URLSearchParams): void {
  if (query.length > maxQueryLength) throw new SignInFailed('response_invalid', 'query_too_long')
  // RFC 6749 section 3.1: no parameter more than once; two parsers could otherwise use different values.
  for (const name of ['state', 'code', 'iss', 'error', 'response', 'id_token']) {
    if (parameters.getAll(name).length > 1) throw new SignInFailed('response_invalid', `${name}_repeated`)
  }
}

export function checkIssuer(
  parameters: URLSearchParams,
  { metadata }: Connection,
  pending: Pick<PendingSignIn, 'issuerHash'>,
): void {
  // Another issuer is configured since the departure.
  if (issuerHashOf(metadata) !== pending.issuerHash) throw new SignInFailed('transaction_unknown', 'issuer_changed')
  // RFC 9207 section 2.4: required when the metadata announces it; another issuer is always rejected.
  const iss = parameters.get('iss')
  if (iss === null && metadata.authorization_response_iss_parameter_supported === true) {
    throw new SignInFailed('response_invalid', 'iss_missing')
  }
  if (iss !== null && iss !== metadata.issuer) throw new SignInFailed('response_invalid', 'iss_mismatch')
}

/** An error the browser brings. It is not authenticated, so it counts as no outage of the provider. */
export function authorizationError(error: string): SignInFailed {
  const code = printableError(error)
  if (code === 'invalid_scope') return new SignInFailed('scope_refused', code)
  if (code === 'access_denied') return new SignInFailed('cancelled', code)
  // OpenID Connect Core Unmet Authentication Requirements 1.0.
  if (code === 'unmet_authentication_requirements') return new SignInFailed('step_up_not_proven', code)
  return new SignInFailed('provider_error', code)
}
