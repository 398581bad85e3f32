// Rejects requests before any decision: malformed ones (400, 417, 426, 431, 501) and unknown hosts (404, 421).

import { badRequest, notFound, tooManyCookies, unknownHost } from '../web/errors/error-pages.ts'
import { requesterOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import { sendReply } from './send-reply.ts'

export interface RejectedRequest {
  readonly id: string
  readonly status: 400 | 404 | 417 | 421 | 426 | 431 | 501
  readonly detail: string
}

/** Never throws. A malformed request ends its connection: where the next one begins is undefined (request smuggling). */
export function reject(deps: Dependencies, exchange: Exchange, rejected: RejectedRequest): void {
  const { received, response } = exchange
  deps.log.info(
    { request: rejected.id, address: received.address, status: rejected.status, detail: rejected.detail },
    'request rejected',
  )
  const requester = requesterOf(received, rejected.id, deps.activeConfig().rules)
  const { status } = rejected
  const reply =
    rejected.detail === 'path'
      ? notFound(requester, `${deps.activeConfig().configuration.gateway.origin}/`)
      : status === 404 || status === 421
        ? unknownHost(requester, status)
        : rejected.detail === 'cookie_size'
          ? tooManyCookies(requester)
          : badRequest(requester, status)
  // RFC 6455 4.2.2, RFC 9110 15.5.22: the version and protocol that would be accepted.
  const accepts = status === 426 ? ['Sec-WebSocket-Version', '13', 'Upgrade', 'websocket'] : []
  const close = status === 426 ? 'close, Upgrade' : 'close'
  const ends = status === 404 || received.version === '2' ? [] : ['Connection', close]
  try {
    sendReply(response, { ...reply, headers: [...reply.headers, ...accepts, ...ends] })
  } catch (error) {
    deps.log.warn({ request: rejected.id, err: error }, 'writing the rejection failed')
    response.destroy()
  }
}
