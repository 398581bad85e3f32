// Serves the built-in pages: sign-in, portal, requests, approvals, admin.

import type { Session } from '../identity/session/session.ts'
import { nextClosing } from '../policy/next-closing.ts'
import type { AppView, WebDependencies } from '../web/kit/dependencies.ts'
import type { Reply } from '../web/kit/reply.ts'
import { appReply, gatewayReply } from '../web/routes.ts'
import { externalAccess } from './external-access.ts'
import { buildAccessRequest } from './access-context.ts'
import type { AppRoute, AppRuntime } from './active-config.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { Exchange } from '../http/exchange.ts'
import { authorize } from './authorize.ts'
import { withCorsHeaders } from './cors-headers.ts'
import type { Dependencies } from './dependencies.ts'
import { withEmbedder } from './embedder.ts'
import { findRoute } from './find-route.ts'
import { sendReply } from './send-reply.ts'

/** `app`: the app on whose host the page was requested; undefined on the gateway's own host. */
export async function serveBuiltInPage(
  deps: Dependencies,
  app: AppRuntime | undefined,
  request: CanonicalRequest,
  exchange: Exchange,
): Promise<void> {
  const web = webDependencies(deps, request)
  const { hosts, configuration } = deps.activeConfig()
  const routes = hosts.get(request.host)
  const own = app && (appOfReferrer(routes, request) ?? app)
  const reply = await (own === undefined
    ? gatewayReply(web, request)
    : appReply(web, withEmbedder(own.config, configuration.gateway.origin, request), own.config))
  sendReply(exchange.response, own === undefined ? reply : readableByOwnHosts(own, request, reply))
}

/** Scripts on the other hosts of the app may ask who is signed in on this one; those of `trusted_origins` may not. */
function readableByOwnHosts({ config }: AppRuntime, request: CanonicalRequest, reply: Reply): Reply {
  if (request.path !== '/.einlass/session') return reply
  return withCorsHeaders({ addresses: config.addresses, trustedOrigins: [] }, request, reply)
}

/** Apps that share a host share its built-in pages: which one is meant, the page that leads to them says. */
function appOfReferrer(routes: readonly AppRoute[] | undefined, request: CanonicalRequest): AppRuntime | undefined {
  if (routes === undefined || routes.length < 2) return undefined
  const page = URL.parse(request.header('referer') ?? '')
  return page?.origin === routes[0]!.address.origin ? findRoute(routes, page.pathname)?.app : undefined
}

function webDependencies(deps: Dependencies, request: CanonicalRequest): WebDependencies {
  return {
    signIn: deps.signIn,
    guests: deps.guests,
    passkeys: deps.passkeys,
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
    timeZone: deps.activeConfig().configuration.gateway.timeZone,
  }
}

/** Milliseconds: the portal shows the end of access only within this window. */
const month = 30 * 86_400_000

/** Evaluates the first page of every app for this device and network. Records nothing: no access was requested. */
async function appsFor(deps: Dependencies, session: Session, request: CanonicalRequest): Promise<readonly AppView[]> {
  return Promise.all(
    [...deps.activeConfig().apps.values()].map(async (app) => {
      const who = { state: 'live', session } as const
      const [address] = app.config.addresses
      const home = `${address.path}/`
      const homeRequest = { ...request, method: 'GET', path: home, target: home, normalTarget: home }
      const { access } = await buildAccessRequest(deps, app, who, homeRequest)
      const decision = authorize(deps, { app, publicPath: false }, who, access, undefined)
      const { name, title, owner, portal } = app.config
      const closesAt = nextClosing(app.policy, access, month)
      return {
        name,
        title,
        origin: address.origin,
        path: address.path,
        owner,
        portal,
        decision,
        closesAt,
        timeZone: access.grants.find(({ until }) => until === closesAt)?.timeZone,
      }
    }),
  )
}
