// Route table of the built-in pages: on the gateway host, and under `/.einlass/` on the host of each app.

import { approval, approvals, decide } from './approvals/approvals.ts'
import { redeemHandoff } from './sign-in/handoff.ts'
import { joinHost, ticketsForHosts } from './sign-in/other-hosts.ts'
import { assetAt } from './kit/assets.ts'
import { backchannelLogout } from './sign-in/backchannel-logout.ts'
import { emergency, useCode } from './requests/emergency-code.ts'
import { external, externalAsCsv, externalAsJson } from './admin/external.ts'
import { askAddress, enterCode, sendCode, useGuestCode } from './guests/guest-sign-in.ts'
import { addPasskey, askPasskey, passkeys, removePasskey, usePasskey } from './guests/passkeys.ts'
import { methodNotAllowed, notFound, unavailable } from './errors/error-pages.ts'
import { endSessions, ownSessions } from './portal/own-sessions.ts'
import { portal } from './portal/portal.ts'
import { file, json, type PageRequest, type Reply } from './kit/reply.ts'
import { grant } from './requests/grant.ts'
import { newRequest, sendRequest } from './requests/new-request.ts'
import { giveBack, myRequest, myRequests, withdrawRequest } from './requests/requests.ts'
import { review, reviews } from './admin/reviews.ts'
import { saveReview, signReview } from './admin/sign-review.ts'
import { sessionStatus } from './sign-in/session-status.ts'
import { callback } from './sign-in/callback.ts'
import { chooseLanguage, chooseRefresh } from './preferences/preferences.ts'
import { languagePath } from './kit/language-choice.ts'
import { refreshPath } from './kit/waiting.ts'
import { waitForSignIn } from './sign-in/framed-sign-in.ts'
import { signedIn, signedInAtApp, signedInPath } from './sign-in/signed-in.ts'
import { signIn, signInByEmail } from './sign-in/sign-in.ts'
import { askSignOut, leadToSignOut, signOut } from './sign-in/sign-out.ts'
import { clearAppStorage, signedOut } from './sign-in/signed-out.ts'
import type { App } from '../config/configuration.ts'
import type { Handler, WebDependencies } from './kit/dependencies.ts'

export interface Route {
  /** Matched exactly on the canonical path; `:name` is one segment that is not empty. */
  readonly path: string
  readonly GET?: Handler
  readonly POST?: Handler
  /** GET consumes a ticket or `state`, so HEAD, which link previews send, is not answered as GET. */
  readonly once?: true
}

/** On every host. */
const preferenceRoutes: readonly Route[] = [
  { path: languagePath, POST: chooseLanguage },
  { path: refreshPath, POST: chooseRefresh },
]

export const gatewayRoutes: readonly Route[] = [
  { path: '/', GET: portal },
  { path: '/sign-in', GET: signIn, POST: signInByEmail, once: true },
  { path: '/sign-in/hosts', GET: ticketsForHosts, once: true },
  { path: '/sign-in/waiting', GET: waitForSignIn },
  { path: '/sign-in/guest', GET: askAddress, POST: sendCode },
  { path: '/sign-in/guest/code', GET: enterCode, POST: useGuestCode },
  { path: '/sign-in/passkey', GET: askPasskey, POST: usePasskey },
  { path: '/account/passkeys', GET: passkeys, POST: addPasskey },
  { path: '/account/passkeys/remove', POST: removePasskey },
  { path: '/signed-in', GET: signedIn },
  { path: '/callback/:provider', GET: callback, once: true },
  { path: '/sign-out', GET: askSignOut, POST: signOut },
  { path: '/signed-out', GET: signedOut },
  { path: '/sessions', GET: ownSessions },
  { path: '/sessions/end', POST: endSessions },
  { path: '/grants/end', POST: giveBack },
  { path: '/grants/:id', GET: grant },
  { path: '/requests', GET: myRequests },
  { path: '/requests/new', GET: newRequest, POST: sendRequest },
  { path: '/requests/:id', GET: myRequest },
  { path: '/requests/:id/withdraw', POST: withdrawRequest },
  { path: '/emergency', GET: emergency, POST: useCode },
  { path: '/approvals', GET: approvals },
  { path: '/approvals/:id', GET: approval, POST: decide },
  { path: '/admin/external', GET: external },
  { path: '/admin/external.csv', GET: externalAsCsv },
  { path: '/admin/external.json', GET: externalAsJson },
  { path: '/admin/reviews', GET: reviews },
  { path: '/admin/reviews/:app', GET: review, POST: signReview },
  { path: '/admin/reviews/:app/draft', POST: saveReview },
  { path: '/backchannel-logout/:provider', POST: backchannelLogout },
  { path: '/.well-known/einlass/jwks.json', GET: jwks },
  ...preferenceRoutes,
]

export const appRoutes: readonly Route[] = [
  { path: '/.einlass/arrive', GET: redeemHandoff, once: true },
  { path: '/.einlass/join', GET: joinHost, once: true },
  { path: '/.einlass/session', GET: sessionStatus },
  { path: signedInPath, GET: signedInAtApp },
  { path: '/.einlass/sign-out', GET: leadToSignOut, POST: signOut },
  { path: '/.einlass/signed-out', GET: clearAppStorage },
  ...preferenceRoutes,
]

/** Path prefix of the built-in pages on the host of each app; every other path belongs to the app. */
export const prefix = '/.einlass/'

/** Handles a request to the gateway host. Rejects on an unexpected error: the caller logs it and answers 500. */
export function gatewayReply(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return answer(gatewayRoutes, deps, request, undefined)
}

/** Handles a request under `prefix` on the host of an app. Rejects like `gatewayReply`. */
export function appReply(deps: WebDependencies, request: PageRequest, app: App): Promise<Reply> {
  return answer(appRoutes, deps, request, app)
}

async function answer(
  routes: readonly Route[],
  deps: WebDependencies,
  request: PageRequest,
  app: App | undefined,
): Promise<Reply> {
  const asset = assetAt(request.path) ?? request.face?.assets.get(request.path)
  const found = asset ? undefined : match(routes, request.path)
  if (!asset && !found) return notFound(request, app && `${deps.config().gateway.origin}/`)
  const allow = asset ? ['GET', 'HEAD'] : methodsOf(found!.route)
  if (!allow.includes(request.method)) return methodNotAllowed(request, allow)
  if (asset) return file(request, asset)

  const { route, parameters } = found!
  // HEAD is answered as GET (RFC 9110 section 9.3.2); the response writer omits the body.
  const handler = request.method === 'POST' ? route.POST! : route.GET!
  try {
    return await handler(deps, request, { parameters, app })
  } catch (error) {
    // A temporary condition with a page of its own. Every other error is an incident, reported by the caller.
    if ((error as { code?: unknown }).code !== 'store_unreachable') throw error
    return unavailable(request, request.method === 'GET' ? request.path + request.query : undefined)
  }
}

function methodsOf(route: Route): readonly string[] {
  return [...(route.GET ? (route.once ? ['GET'] : ['GET', 'HEAD']) : []), ...(route.POST ? ['POST'] : [])]
}

function match(
  routes: readonly Route[],
  path: string,
): { readonly route: Route; readonly parameters: Readonly<Record<string, string>> } | undefined {
  const segments = path.split('/')
  for (const route of routes) {
    const wanted = route.path.split('/')
    if (wanted.length !== segments.length) continue
    const parameters: Record<string, string> = Object.create(null)
    const matches = wanted.every((part, index) => {
      const segment = segments[index]!
      if (!part.startsWith(':')) return part === segment
      parameters[part.slice(1)] = segment
      return segment !== ''
    })
    if (matches) return { route, parameters }
  }
  return undefined
}

/** Public keys, cacheable for five minutes, so that clients learn a new key well before the old one is retired. */
async function jwks(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return json(request, 200, deps.jwks(), ['Cache-Control', 'public, max-age=300'])
}
