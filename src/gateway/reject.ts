// Rejects requests before any decision: malformed ones (400, 417, 426, 431, 501) and unknown hosts (404, 421).

import { badRequest, methodNotAccepted, tooManyCookies, unknownHost } from '../web/errors/error-pages.ts'
import type { UnsupportedMethod } from './methods.ts'
import { requesterOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import { sendReply } from './send-reply.ts'

export interface RejectedRequest {
  readonly id: string
  readonly status: 400 | 404 | 417 | 421 | 426 | 431 | 501
  readonly detail: string
  /** The app does not accept the method: what it was, for the log and the page. */
  readonly unsupported?: UnsupportedMethod | undefined
}

/** Never throws. A malformed request ends its connection: where the next one begins is undefined (request smuggling). */
export function reject(deps: Dependencies, exchange: Exchange, rejected: RejectedRequest): void {
  const { received, response } = exchange
  deps.log.info(
    {
      request: rejected.id,
      address: received.address,
      status: rejected.status,
      detail: rejected.detail,
      ...(rejected.unsupported && logged(rejected.unsupported)),
    },
    'request rejected',
  )
  const requester = requesterOf(received, rejected.id, deps.activeConfig().rules)
  const { status, unsupported } = rejected
  const reply =
    status === 404 || status === 421
      ? unknownHost(requester, status)
      : rejected.detail === 'cookie_size'
        ? tooManyCookies(requester)
        : unsupported === undefined
          ? badRequest(requester, status)
          : methodNotAccepted(requester, unsupported.method, unsupported.app)
  // RFC 6455 4.2.2, RFC 9110 15.5.22: the version and protocol that would be accepted.
  const accepts = status === 426 ? ['Sec-WebSocket-Version', '13', 'Upgrade', 'websocket'] : []
  const close = status === 426 ? 'close, Upgrade' : 'close'
  const wellFormed = status === 404 || unsupported !== undefined
  const ends = wellFormed || received.version === '2' ? [] : ['Connection', close]
  try {
    sendReply(response, { ...reply, headers: [...reply.headers, ...accepts, ...ends] })
  } catch (error) {
    deps.log.warn({ request: rejected.id, err: error }, 'writing the rejection failed')
    response.destroy()
  }
}

function logged({ method, app }: UnsupportedMethod): Record<string, string> {
  return { app: app.name, method, mend: `name it in apps.${app.name}.methods, or set webdav or all` }
}
