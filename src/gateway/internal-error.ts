// Handles unexpected errors, failing closed: an incident id for the user, the cause for the log.

import { StoreUnreachable } from '../store/store.ts'
import { internalServerError, unavailable } from '../web/errors/error-pages.ts'
import { requesterOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import { sendReply } from './send-reply.ts'

/** Never throws, always ends the exchange: with an error page, or by closing the connection. */
export function internalError(deps: Dependencies, exchange: Exchange, id: string, error: unknown): void {
  const { response } = exchange
  const known = error instanceof StoreUnreachable
  if (known) deps.log.warn({ incident: id, err: error }, 'store unreachable')
  else deps.log.error({ incident: id, err: error }, 'unhandled error while handling request')
  try {
    if (response.headersSent || response.closed) return response.destroy()
    const requester = requesterOf(exchange.received, id, deps.activeConfig().rules)
    sendReply(response, known ? unavailable(requester, undefined) : internalServerError(requester))
  } catch (cause) {
    deps.log.error({ incident: id, err: cause }, 'writing the error page failed')
    response.destroy()
  }
}
