// Where everything unforeseen ends: an incident id for the person, the cause for the log, and nothing passes.

import { StoreUnreachable } from '../store/store.ts'
import { incident, unavailable } from '../web/errors/error-pages.ts'
import { askerOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Parts } from './dependencies.ts'
import { write } from './send-reply.ts'

/** The last resort of one exchange: never throws, always closes it. */
export function fail(parts: Parts, exchange: Exchange, id: string, error: unknown): void {
  const { answer } = exchange
  const known = error instanceof StoreUnreachable
  if (known) parts.log.warn({ incident: id, err: error }, 'the store did not answer')
  else parts.log.error({ incident: id, err: error }, 'unhandled error while handling request')
  try {
    if (answer.begun || answer.closed) return answer.destroy()
    const asker = askerOf(exchange.received, id)
    write(answer, known ? unavailable(asker, undefined) : incident(asker))
  } catch (cause) {
    parts.log.error({ incident: id, err: cause }, 'the error page could not be written')
    answer.destroy()
  }
}
