// Causes of a failed call to a provider, found by error code, status and class: in words for the log, audit and `status`.

import { CircuitOpen } from '../../async/circuit-breaker.ts'
import { UnacceptableExchange } from '../../net/bounded-http.ts'
import { ProviderUnreachable } from './provider-http.ts'

export type ProviderFailureCause =
  | 'name_not_resolved'
  | 'connection_refused'
  | 'no_connection'
  | 'connection_closed'
  | 'no_answer'
  | 'tls_unknown_ca'
  | 'tls_certificate_expired'
  | 'tls_other_name'
  | 'tls_failed'
  | 'address_refused'
  | 'plain_http'
  | 'status'
  | 'not_json'
  | 'unacceptable_answer'
  | 'issuer_mismatch'
  | 'metadata_incomplete'
  | 'not_asked'
  | 'unknown'

export interface ProviderFailure {
  readonly cause: ProviderFailureCause
  /** `CAUSE: what was seen`, at most 300 characters. */
  readonly detail: string
}

/** An answer of the provider that Einlass itself found wrong. */
export class ProviderAnswerWrong extends ProviderUnreachable {
  readonly failure: ProviderFailureCause
  constructor(failure: ProviderFailureCause, detail: string) {
    super(detail)
    this.failure = failure
  }
}

export function providerFailureOf(error: unknown): ProviderFailure {
  const chain = causesOf(error)
  for (const one of chain) {
    const cause = causeOf(one)
    if (cause !== undefined) return { cause, detail: detailOf(cause, seen(one), chain) }
  }
  return { cause: 'unknown', detail: detailOf('unknown', '', chain) }
}

const byCode: Readonly<Record<string, ProviderFailureCause>> = {
  ENOTFOUND: 'name_not_resolved',
  EAI_AGAIN: 'name_not_resolved',
  EAI_FAIL: 'name_not_resolved',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'no_connection',
  ENETUNREACH: 'no_connection',
  EACCES: 'no_connection',
  EPERM: 'no_connection',
  ETIMEDOUT: 'no_connection',
  UND_ERR_CONNECT_TIMEOUT: 'no_connection',
  ECONNRESET: 'connection_closed',
  EPIPE: 'connection_closed',
  UND_ERR_SOCKET: 'connection_closed',
  UND_ERR_HEADERS_TIMEOUT: 'no_answer',
  UND_ERR_BODY_TIMEOUT: 'no_answer',
  UND_ERR_ABORTED: 'no_answer',
  OAUTH_TIMEOUT: 'no_answer',
  OAUTH_ABORT: 'no_answer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_unknown_ca',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_unknown_ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_unknown_ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_unknown_ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_unknown_ca',
  CERT_HAS_EXPIRED: 'tls_certificate_expired',
  CERT_NOT_YET_VALID: 'tls_certificate_expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_other_name',
  ADDRESS_REFUSED: 'address_refused',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'unacceptable_answer',
  OAUTH_PARSE_ERROR: 'not_json',
  OAUTH_RESPONSE_IS_NOT_JSON: 'not_json',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'status',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'issuer_mismatch',
  OAUTH_INVALID_RESPONSE: 'metadata_incomplete',
}

function causeOf(error: object): ProviderFailureCause | undefined {
  if (error instanceof ProviderAnswerWrong) return error.failure
  if (error instanceof CircuitOpen) return 'not_asked'
  if (error instanceof SyntaxError) return 'not_json'
  if (error instanceof UnacceptableExchange) {
    if (error.code === 'plain_http') return 'plain_http'
    return error.code === 'special_address' ? 'address_refused' : 'unacceptable_answer'
  }
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return 'no_answer'
  if (typeof code !== 'string') return undefined
  return byCode[code] ?? (/^(ERR_SSL_|ERR_TLS_|CERT_|EPROTO$)/.test(code) ? 'tls_failed' : undefined)
}

/** What makes the cause concrete: the two issuers, the status, or the error code. */
function seen(error: object): string {
  if (error instanceof ProviderAnswerWrong) return error.message
  const { code, message, cause } = error as {
    code?: unknown
    message?: unknown
    cause?: {
      message?: unknown
      expected?: unknown
      body?: { issuer?: unknown }
      status?: unknown
      cause?: { status?: unknown }
    }
  }
  if (cause?.expected !== undefined) return `configured ${text(cause.expected)}, stated ${text(cause.body?.issuer)}`
  const status = cause?.status ?? cause?.cause?.status
  if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM') return `status ${text(status)}`
  if (code === 'OAUTH_INVALID_RESPONSE') return text(cause?.message ?? message)
  return text(code ?? '')
}

function detailOf(cause: ProviderFailureCause, what: string, chain: readonly object[]): string {
  // The outermost message of ours names the host or the endpoint.
  const ours = chain.find((one) => one instanceof ProviderUnreachable && one.cause !== undefined) as Error | undefined
  const where = ours === undefined || ours.message === 'discovery failed' ? innerMessage(chain, ours) : ours.message
  const parts = [what, where].filter((part) => part !== undefined && part !== '' && part !== cause)
  return `${cause}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`.slice(0, 300)
}

function innerMessage(chain: readonly object[], outer: Error | undefined): string | undefined {
  const inner = chain.find((one) => one instanceof ProviderUnreachable && one !== outer) as Error | undefined
  return inner instanceof ProviderAnswerWrong ? undefined : inner?.message
}

/** Breadth first, so that the attempts of one connection to several addresses (AggregateError) are found as well. */
function causesOf(error: unknown): readonly object[] {
  const found: object[] = []
  const next: unknown[] = [error]
  while (next.length > 0 && found.length < 16) {
    const one = next.shift()
    if (!(one instanceof Error)) continue
    found.push(one)
    next.push(one.cause, ...(one instanceof AggregateError ? (one.errors as unknown[]) : []))
  }
  return found
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 120) : typeof value === 'number' ? String(value) : 'unknown'
}
