// Handles unexpected errors, failing closed: an incident id for the user, the cause for the log.

import { StoreUnreachable } from '../store/store.ts'
import { internalServerError, unavailable } from '../web/errors/error-pages.ts'
import { faceOfHost } from './known-host.ts'
import { requesterOf } from './requester.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { withCorsHeaders } from './cors-headers.ts'
import type { App } from '../config/configuration.ts'
import type { ActiveConfig } from './active-config.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import { route } from './route.ts'
import { sendReply } from './send-reply.ts'

/** Never throws, always ends the exchange: with an error page, or by closing the connection. */
export function internalError(
  deps: Dependencies,
  exchange: Exchange,
  id: string,
  error: unknown,
  request?: CanonicalRequest,
): void {
  const { response } = exchange
  const known = error instanceof StoreUnreachable
  if (known) deps.log.warn({ incident: id, err: error }, 'store unreachable')
  else deps.log.error({ incident: id, err: error }, 'unhandled error while handling request')
  try {
    if (response.headersSent || response.closed) return response.destroy()
    const config = deps.activeConfig()
    const requester = requesterOf(exchange.received, id, config.rules, faceOfHost(config, exchange.received))
    const reply = known ? unavailable(requester, undefined) : internalServerError(requester)
    const app = request && appOf(config, request)
    sendReply(response, app === undefined ? reply : withCorsHeaders(app, requester, reply))
  } catch (cause) {
    deps.log.error({ incident: id, err: cause }, 'writing the error page failed')
    response.destroy()
  }
}

/** Undefined also where routing is what failed. */
function appOf(config: ActiveConfig, request: CanonicalRequest): App | undefined {
  try {
    const target = route(config, request)
    return target.kind === 'app' ? target.app.config : undefined
  } catch {
    return undefined
  }
}
