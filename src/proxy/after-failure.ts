// What follows a failed attempt: another server, a new connection, or the end of the exchange.

import type { Attempt } from './attempt.ts'
import type { ForwardRequest } from './upstream.ts'
import { errorKindOf } from './upstream-error.ts'

export type AfterFailure =
  /** Nothing was sent: another server is tried where there is one. */
  | 'other_server'
  /** The same server is tried again on a new connection, of HTTP/2 perhaps on another stream. */
  | 'new_connection'
  /** The state of a private connection is gone, and the request means nothing without it. */
  | 'lost'
  | 'fail'

/**
 * RFC 9110 9.2.2, and the safe methods of RFC 4918, 3253, 5323 and 10008. Not MKCOL, COPY, MOVE and UNLOCK, though they are
 * registered as idempotent: the answer to the second of two tells the client that it failed.
 */
const idempotent: ReadonlySet<string> = new Set(
  'GET HEAD OPTIONS PUT DELETE TRACE PROPFIND REPORT SEARCH QUERY'.split(' '),
)

/** `mayRetry`: the limit of attempts is not reached. `bodyIntact`: whatever was sent of the body can be sent again. */
export function afterFailure(
  { sent, stale, established }: Attempt,
  error: Error,
  request: ForwardRequest,
  isUpgrade: boolean,
  mayRetry: boolean,
  bodyIntact: boolean,
): AfterFailure {
  const kind = errorKindOf(error)
  // RFC 9110 9.2.2: the keep-alive connection was being closed. The upstream may have processed the request, so only
  // an idempotent one without a body is retried.
  const repeatable = !request.hasBody && idempotent.has(request.method) && !isUpgrade
  const wasClosing = stale && kind === 'closed'
  if (established && (!sent || wasClosing)) {
    // Credentials answer a challenge of the closed connection; anything else is challenged again on a new one.
    return request.headers.credentials === undefined && (!sent || repeatable) ? 'new_connection' : 'lost'
  }
  if (kind === 'unprocessed') return mayRetry && bodyIntact ? 'new_connection' : 'fail'
  if (!sent && kind !== 'refused_by_us') return 'other_server'
  return wasClosing && repeatable && mayRetry ? 'new_connection' : 'fail'
}
