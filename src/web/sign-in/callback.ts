// `/callback/PROVIDER`: authorization response (RFC 6749 section 4.1.2), on the gateway host.

import { setProviderCookie, setSessionCookie } from '../../identity/session/cookies.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { journeyOf, maySkipSignIn } from './destination.ts'
import { toDestination } from './other-hosts.ts'
import { signInFailedPage, signInPath } from './sign-in-page.ts'
import { origin, sessionOfBrowser, viewerOf } from '../kit/viewer.ts'
import type { CallbackResult, ReturnContext } from '../../identity/oidc/sign-in.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

type Failed = Extract<CallbackResult, { state: 'failed' }>

export async function callback(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const { gateway } = deps.config()
  const returned = await deps.signIn.callback({
    provider: matched.parameters['provider']!,
    query: request.query,
    cookies: request.header('cookie'),
    previous: await sessionOfBrowser(deps, request),
    origin: origin(request),
  })
  if (returned.state === 'failed') return (await onward(deps, request, returned)) ?? failedPage(deps, request, returned)
  const { session } = returned
  const cookie = await deps.sessions.issueCookie(session, gateway.host, 'replaceable')
  const chosen = deps.signIn.providerChoices().length > 1 ? [setProviderCookie(session.subject.provider)] : []
  const headers = setCookies([setSessionCookie(cookie), ...returned.cookies, ...chosen])
  return toDestination(deps, request, session, returned.returnContext, headers)
}

/** A failure that is not shown, because the sign-in goes on; undefined for others. Nothing of the response is believed. */
async function onward(deps: WebDependencies, request: PageRequest, failed: Failed): Promise<Reply | undefined> {
  const { failure, returnContext, cookies } = failed
  const again = needsInteraction(failed)
  if (again) return redirect(request, signInPath(journeyOf(deps, again)), setCookies(cookies))
  if (failure.code !== 'transaction_unknown') return undefined
  // Used, too late, or of a tab whose cookie is gone; by now the browser has a session of its own. The return context is only
  // known from a sealed cookie of this browser: the sender of a link to this address chooses no page.
  const viewer = await viewerOf(deps, request)
  if (viewer && maySkipSignIn(viewer, returnContext)) return toDestination(deps, request, viewer, returnContext)
  // The provider's page was left open: this browser began the sign-in, so it begins anew.
  if (failure.detail === 'expired')
    return redirect(request, signInPath(journeyOf(deps, returnContext)), setCookies(cookies))
  return undefined
}

/** The cookie of the sign-in stays, so that the page can be loaded again without losing where it leads. */
async function failedPage(deps: WebDependencies, request: PageRequest, failed: Failed): Promise<Reply> {
  return signInFailedPage(request, {
    code: failed.failure.code,
    again: signInPath(journeyOf(deps, failed.returnContext)),
    signedIn: (await viewerOf(deps, request)) !== undefined,
    sealed: deps.emergency.offered(),
  })
}

/** Errors of OIDC Core 3.1.2.6 for `prompt=none`. */
const interactionErrors = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

/** The return context of a sign-in with interaction, after one without it did not work; undefined for other failures. */
function needsInteraction({ failure, returnContext }: Failed): ReturnContext | undefined {
  if (!returnContext?.stepUp?.silent || failure.code !== 'provider_error') return undefined
  if (!interactionErrors.has(failure.detail)) return undefined
  return { ...returnContext, stepUp: { level: 'any', maxAge: undefined } }
}
