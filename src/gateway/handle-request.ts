// Request pipeline: canonicalize, route, authenticate, build the access request, authorize, enforce.
// Each step is the file of the same name. Normally every step is synchronous: no promise is created before forwarding.

import { andThen } from '../async/and-then.ts'
import { buildAccessRequest } from './access-context.ts'
import { canonicalize, type CanonicalRequest } from './canonical/canonical-request.ts'
import { isToBeSentAgain, sendFormAgain } from './cross-site-post.ts'
import { withEmbedder } from './embedder.ts'
import { enforce } from './enforce.ts'
import type { Exchange } from '../http/exchange.ts'
import { internalError } from './internal-error.ts'
import { authenticate } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { serveBuiltInPage } from './built-in-pages.ts'
import type { Dependencies } from './dependencies.ts'
import { requestSource } from './origin-check.ts'
import { reject } from './reject.ts'
import { route } from './route.ts'
import { sendReply } from './send-reply.ts'
import { redirect } from '../web/kit/reply.ts'

/** Handles one exchange, now or later. Never throws: unexpected errors end in `internal-error.ts`. */
export function handleRequest(deps: Dependencies, exchange: Exchange): void {
  const config = deps.activeConfig()
  const view = canonicalize(exchange, config.rules) // one reading of the message, or 400, 417, 426, 431, 501
  if (view.kind === 'rejected') return reject(deps, exchange, view)
  const received = view.request
  if (received.addressGap !== undefined) deps.unknownAddresses.add(received.peer, received.addressGap)
  guarded(deps, exchange, received, () => {
    const target = route(config, received) // an app, a built-in page, or 308, 400, 404, 421, 501
    if (target.kind === 'none') return reject(deps, exchange, { ...target, id: received.id })
    if (target.kind === 'redirect') {
      return void sendReply(exchange.response, redirect(received, target.location, [], 308))
    }
    if (target.kind === 'built-in') return serveBuiltInPage(deps, target.app, received, exchange)
    const { app } = target
    const request = withEmbedder(app.config, config.configuration.gateway.origin, received) // a frame, or as received
    const source = requestSource(request)
    // a form of another site: it comes again from a page of ours
    if (isToBeSentAgain(target, request, source)) return sendFormAgain(deps, app.config, request, source, exchange)
    // cookie -> session, recently revalidated at the identity provider
    return andThen(authenticate(deps, target, request), (who) =>
      // device, grants, network, time; no side effect
      andThen(buildAccessRequest(deps, app, who, request, target.webDav?.destination), ({ access, deviceToBind }) => {
        const session = who.state === 'live' ? who.session : undefined
        // pre-policy checks, then policy through the decision cache
        const decision = authorize(deps, target, who, access, source)
        // forwards, challenges or denies; records
        return enforce(deps, { exchange, request, target, who, session, access, decision, source }, deviceToBind)
      }),
    )
  })
}

/** Passes what `step` throws or rejects with to `internalError`: the request fails closed. */
function guarded(
  deps: Dependencies,
  exchange: Exchange,
  request: CanonicalRequest,
  step: () => void | Promise<void>,
): void {
  try {
    step()?.catch((error: unknown) => internalError(deps, exchange, request.id, error, request))
  } catch (error) {
    internalError(deps, exchange, request.id, error, request)
  }
}
