// A failed ACME exchange: a problem document of the authority (RFC 8555 6.7), or why there was no usable answer.

import { UnacceptableExchange } from '../net/bounded-http.ts'

/** Ours, besides the error types of RFC 8555 6.7. */
export type OwnFailure =
  | 'unreachable'
  | 'untrusted'
  | 'unusable_answer'
  | 'no_challenge'
  | 'too_slow'
  | 'wrong_certificate'
  | 'store'
  | 'internal'

export class AcmeFailure extends Error {
  /** `OwnFailure`, or the error type without its prefix: `unauthorized`, `rateLimited`. Any text of the authority. */
  readonly code: string
  /** Epoch milliseconds before which the authority wants no other attempt. */
  readonly notBefore: number | undefined

  constructor(
    code: OwnFailure | string,
    message: string,
    options: { notBefore?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.notBefore = options.notBefore
  }
}

const prefix = 'urn:ietf:params:acme:error:'

/** Of an answer with an error status, which should hold a problem document. Its detail is text of the authority; `subproblems` (RFC 8555 6.7.1) say more where there are any. */
export function failureOf(
  problem: unknown,
  { status, notBefore }: { status?: number; notBefore?: number | undefined } = {},
): AcmeFailure {
  const { type, detail, subproblems } = (problem ?? {}) as Readonly<Record<string, unknown>>
  const inner: unknown = Array.isArray(subproblems) ? subproblems[0] : undefined
  const innerDetail = (inner as { readonly detail?: unknown } | undefined)?.detail
  const other = status !== undefined && status >= 500 ? 'serverInternal' : 'unusable_answer'
  const code = typeof type === 'string' && type.startsWith(prefix) ? type.slice(prefix.length) : other
  const texts = [detail, innerDetail].filter((one) => typeof one === 'string')
  return new AcmeFailure(
    code,
    shortText(texts.join(': ')) || (status === undefined ? 'no detail' : `status ${status}`),
    { notBefore },
  )
}

/** For an error of the HTTP client. */
export function exchangeFailure(error: unknown, url: string): AcmeFailure {
  if (error instanceof AcmeFailure) return error
  const { code, message, name } = (error ?? {}) as Readonly<Record<string, unknown>>
  const host = URL.parse(url)?.host ?? 'the directory'
  const known = typeof code === 'string' ? code : String(name ?? 'unknown')
  const certificate =
    known.includes('CERT') || known.startsWith('ERR_TLS_') || known === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  if (certificate)
    return new AcmeFailure('untrusted', `the certificate of ${host} is not accepted (${known})`, { cause: error })
  if (error instanceof UnacceptableExchange || known === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new AcmeFailure('unusable_answer', `${host}: ${shortText(String(message))}`, { cause: error })
  }
  return new AcmeFailure('unreachable', `no answer from ${host} (${known})`, { cause: error })
}

/** One line of at most 300 characters. */
export function shortText(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}

/** Whatever a step of an order rejects with. */
export function asFailure(error: unknown): AcmeFailure {
  if (error instanceof AcmeFailure) return error
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  const own: OwnFailure = code === 'store_unreachable' ? 'store' : 'internal'
  return new AcmeFailure(own, shortText(String(message ?? error)), { cause: error })
}
