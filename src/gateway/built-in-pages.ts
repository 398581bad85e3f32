// Serves the built-in pages: sign-in, portal, requests, approvals, admin.

import type { Session } from '../identity/session/session.ts'
import { closesAt } from '../policy/next-closing.ts'
import type { AppView, WebParts } from '../web/kit/dependencies.ts'
import { appReply, gatewayReply } from '../web/routes.ts'
import { externalAccess } from './external-access.ts'
import { buildAccessRequest } from './access-context.ts'
import type { Site } from './active-config.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { Exchange } from '../http/exchange.ts'
import { authorize } from './authorize.ts'
import type { Parts } from './dependencies.ts'
import { write } from './send-reply.ts'

/** `site`: the app on whose host the page is asked for; undefined on the gateway's own host. */
export async function serveBuiltInPage(
  parts: Parts,
  site: Site | undefined,
  request: CanonicalRequest,
  exchange: Exchange,
): Promise<void> {
  const web = webParts(parts, request)
  const reply = await (site === undefined ? gatewayReply(web, request) : appReply(web, request, site.app))
  write(exchange.answer, reply)
}

function webParts(parts: Parts, request: CanonicalRequest): WebParts {
  return {
    signIn: parts.signIn,
    sessions: parts.sessions,
    grants: parts.grants,
    requests: parts.requests,
    emergency: parts.emergency,
    reviews: parts.reviews,
    external: () => externalAccess(parts),
    config: () => parts.applied().configuration,
    appsFor: (session) => appsFor(parts, session, request),
    deviceOf: (id, person) => parts.devices.current(id, person),
    lastUsed: parts.people.lastUsed,
    jwks: () => parts.assertions.jwks(),
    now: parts.now,
    timeZone: parts.timeZone,
  }
}

/** Milliseconds: further ahead nobody wants to know on which day their access ends. */
const month = 30 * 86_400_000

/** Every app as `GET /` would be decided now, from this device and network. Records nothing: nobody asked to enter. */
async function appsFor(parts: Parts, session: Session, request: CanonicalRequest): Promise<readonly AppView[]> {
  const front = { ...request, method: 'GET', path: '/', target: '/' }
  return Promise.all(
    [...parts.applied().sites.values()].map(async (site) => {
      const who = { state: 'live', session } as const
      const { access } = await buildAccessRequest(parts, site, who, front)
      const decision = authorize(parts, { kind: 'app', site, publicPath: false }, who, access, undefined)
      const { name, title, origin, owner } = site.app
      return {
        name,
        title,
        origin,
        owner,
        decision,
        closesAt: closesAt(site.policy, access, month),
        timeZone: undefined,
      }
    }),
  )
}
