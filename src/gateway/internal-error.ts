// Where everything unforeseen ends: an incident id for the person, the cause for the log, and nothing passes.

import { StoreUnreachable } from '../store/store.ts'
import { internalServerError, unavailable } from '../web/errors/error-pages.ts'
import { requesterOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import { sendReply } from './send-reply.ts'

/** The last resort of one exchange: never throws, always closes it. */
export function internalError(deps: Dependencies, exchange: Exchange, id: string, error: unknown): void {
  const { answer } = exchange
  const known = error instanceof StoreUnreachable
  if (known) deps.log.warn({ incident: id, err: error }, 'the store did not answer')
  else deps.log.error({ incident: id, err: error }, 'unhandled error while handling request')
  try {
    if (answer.headersSent || answer.closed) return answer.destroy()
    const requester = requesterOf(exchange.received, id)
    sendReply(answer, known ? unavailable(requester, undefined) : internalServerError(requester))
  } catch (cause) {
    deps.log.error({ incident: id, err: cause }, 'the error page could not be written')
    answer.destroy()
  }
}
