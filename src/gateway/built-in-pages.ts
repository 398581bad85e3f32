// Serves the built-in pages: sign-in, portal, requests, approvals, admin.

import type { Session } from '../identity/session/session.ts'
import { nextClosing } from '../policy/next-closing.ts'
import type { AppView, WebDependencies } from '../web/kit/dependencies.ts'
import { appReply, gatewayReply } from '../web/routes.ts'
import { externalAccess } from './external-access.ts'
import { buildAccessRequest } from './access-context.ts'
import type { AppRuntime } from './active-config.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { Exchange } from '../http/exchange.ts'
import { authorize } from './authorize.ts'
import type { Dependencies } from './dependencies.ts'
import { sendReply } from './send-reply.ts'

/** `app`: the app on whose host the page was requested; undefined on the gateway's own host. */
export async function serveBuiltInPage(
  deps: Dependencies,
  app: AppRuntime | undefined,
  request: CanonicalRequest,
  exchange: Exchange,
): Promise<void> {
  const web = webDependencies(deps, request)
  const reply = await (app === undefined ? gatewayReply(web, request) : appReply(web, request, app.config))
  sendReply(exchange.response, reply)
}

function webDependencies(deps: Dependencies, request: CanonicalRequest): WebDependencies {
  return {
    signIn: deps.signIn,
    sessions: deps.sessions,
    grants: deps.grants,
    requests: deps.requests,
    emergency: deps.emergency,
    reviews: deps.reviews,
    external: () => externalAccess(deps),
    config: () => deps.activeConfig().configuration,
    appsFor: (session) => appsFor(deps, session, request),
    deviceOf: (id, person) => deps.devices.current(id, person),
    lastUsed: deps.users.lastUsed,
    jwks: () => deps.assertions.jwks(),
    now: deps.now,
    timeZone: deps.timeZone,
  }
}

/** Milliseconds: the portal shows the end of access only within this window. */
const month = 30 * 86_400_000

/** Evaluates `GET /` of every app for this device and network. Records nothing: no access was requested. */
async function appsFor(deps: Dependencies, session: Session, request: CanonicalRequest): Promise<readonly AppView[]> {
  const homeRequest = { ...request, method: 'GET', path: '/', target: '/' }
  return Promise.all(
    [...deps.activeConfig().apps.values()].map(async (app) => {
      const who = { state: 'live', session } as const
      const { access } = await buildAccessRequest(deps, app, who, homeRequest)
      const decision = authorize(deps, { app, publicPath: false }, who, access, undefined)
      const { name, title, origin, owner } = app.config
      return {
        name,
        title,
        origin,
        owner,
        decision,
        closesAt: nextClosing(app.policy, access, month),
        timeZone: undefined,
      }
    }),
  )
}
