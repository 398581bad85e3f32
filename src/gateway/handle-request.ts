// The path of a request, top to bottom; each step is the file of the same name.
// In the usual case every step answers at once, and no promise is made before the request is on its way to the app.

import { andThen } from '../async/and-then.ts'
import { buildAccessRequest } from './access-context.ts'
import { canonical } from './canonical/canonical-request.ts'
import { enforce } from './enforce.ts'
import type { Exchange } from '../http/exchange.ts'
import { fail } from './internal-error.ts'
import { authenticate } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { serveBuiltInPage } from './built-in-pages.ts'
import type { Parts } from './dependencies.ts'
import { refuse } from './reject.ts'
import { route } from './route.ts'
import { webSocketHandshake } from './websocket-origin.ts'

/** Answers one exchange, now or later. Never throws: what is unexpected ends in `internal-error.ts`. */
export function handleRequest(parts: Parts, exchange: Exchange): void {
  const config = parts.applied()
  const view = canonical(exchange, config.rules) // one reading of the message, or 400, 417, 431, 501
  if (view.kind === 'refused') return refuse(parts, exchange, view)
  const { request } = view
  guarded(parts, exchange, request.id, () => {
    const target = route(config, request) // an app, a built-in page, or 404, 421
    if (target.kind === 'nothing') return refuse(parts, exchange, { id: request.id, ...target })
    if (target.kind === 'own') return serveBuiltInPage(parts, target.site, request, exchange)
    const { site } = target
    // cookie -> session, confirmed at the identity provider lately
    return andThen(authenticate(parts, target, request), (who) =>
      // device, grants, network, time; no side effect
      andThen(buildAccessRequest(parts, site, who, request), ({ access, deviceToBind }) => {
        const webSocket = webSocketHandshake(request)
        const session = who.state === 'live' ? who.session : undefined
        // the table of what is settled before any rule, then policy under its lease
        const decision = authorize(parts, target, who, access, webSocket)
        // forwards, challenges or denies; records
        return enforce(parts, { exchange, request, target, who, session, access, decision, webSocket }, deviceToBind)
      }),
    )
  })
}

/** Whatever `step` throws or rejects with ends in the one place for the unexpected: nothing passes. */
function guarded(parts: Parts, exchange: Exchange, id: string, step: () => void | Promise<void>): void {
  try {
    step()?.catch((error: unknown) => fail(parts, exchange, id, error))
  } catch (error) {
    fail(parts, exchange, id, error)
  }
}
