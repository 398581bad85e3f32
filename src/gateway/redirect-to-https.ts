// Answers requests of the plain listener of `gateway.http: redirect`: 308 to the same target over https, for known hosts only,
// and challenges of `gateway.acme`.

import { browserTarget } from '../http/browser-target.ts'
import { hostName } from '../http/host-name.ts'
import { redirect } from '../web/kit/reply.ts'
import { canonicalize } from './canonical/canonical-request.ts'
import { challengeAnswer } from './challenge-answer.ts'
import type { Dependencies } from './dependencies.ts'
import type { Exchange } from '../http/exchange.ts'
import { internalError } from './internal-error.ts'
import { reject } from './reject.ts'
import { sendReply } from './send-reply.ts'

/**
 * Never throws. Only GET and HEAD, which lose nothing: the body and the credentials of any other request have already
 * crossed the network in the clear, and a client that is refused is configured correctly sooner than one that is redirected.
 */
export function redirectToHttps(deps: Dependencies, exchange: Exchange): void {
  const config = deps.activeConfig()
  const view = canonicalize(exchange, config.rules)
  if (view.kind === 'rejected') return reject(deps, exchange, view)
  const { request } = view
  try {
    const proof = challengeAnswer(deps, request)
    if (proof !== undefined) return void sendReply(exchange.response, proof)
    // A trusted proxy that received the request over https would be sent back here forever.
    const origin = request.scheme === 'http' ? config.secureOrigins.get(hostName(request.host)) : undefined
    if (origin === undefined) return reject(deps, exchange, { id: request.id, status: 404, detail: 'host' })
    const reading = request.method === 'GET' || request.method === 'HEAD'
    if (!reading || exchange.kind === 'upgrade') {
      return reject(deps, exchange, { id: request.id, status: 404, detail: 'scheme' })
    }
    // RFC 9110 15.4.9. The origin is the configured one, so that no target, `//host` included, leads elsewhere.
    sendReply(exchange.response, redirect(request, origin + browserTarget(request.target), [], 308))
  } catch (error) {
    internalError(deps, exchange, request.id, error)
  }
}
