// Answers what never gets as far as a decision: malformed requests and hosts we do not serve.

import { badRequest, unknownHost } from '../web/errors/error-pages.ts'
import { askerOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Parts } from './dependencies.ts'
import { write } from './send-reply.ts'

export interface Refused {
  readonly id: string
  readonly status: 400 | 404 | 417 | 421 | 431 | 501
  readonly detail: string
}

/** Never throws. A malformed request ends its connection: nobody knows where the next one would begin. */
export function refuse(parts: Parts, exchange: Exchange, refused: Refused): void {
  const { received, answer } = exchange
  parts.log.info(
    { request: refused.id, address: received.address, status: refused.status, detail: refused.detail },
    'request rejected',
  )
  const asker = askerOf(received, refused.id)
  const { status } = refused
  const reply = status === 404 || status === 421 ? unknownHost(asker, status) : badRequest(asker, status)
  const ends = status === 404 || received.version === '2' ? [] : ['Connection', 'close']
  try {
    write(answer, { ...reply, headers: [...reply.headers, ...ends] })
  } catch (error) {
    parts.log.warn({ request: refused.id, err: error }, 'a refusal could not be written')
    answer.destroy()
  }
}
