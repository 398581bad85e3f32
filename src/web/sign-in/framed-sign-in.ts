// Sign-in in a frame: answered by a small page that opens a tab, and by one that waits until the tab is done.

import type { App } from '../../config/configuration.ts'
import type { ReturnContext } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from '../kit/dependencies.ts'
import { fieldsOf } from '../kit/form.ts'
import type { PageRequest, Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { journeyOf, maySkipSignIn } from './destination.ts'
import { framedSignInPage, waitingPage } from './framed-sign-in-page.ts'
import { signInPath } from './sign-in-page.ts'

/** Milliseconds from the sign-in's beginning during which the frame looks for a session by itself. */
const patience = 15 * 60_000

/**
 * Answer to `GET /sign-in` in a frame, without a session that suffices. No provider is asked in a frame, and no page with a choice
 * or a form is shown there: the only thing to click opens a tab. Only pages in the app's `frame_ancestors` may show it.
 */
export function framedSignIn(
  deps: WebDependencies,
  request: PageRequest,
  returnContext: ReturnContext | undefined,
): Reply {
  const app = appOf(deps, returnContext)
  return framedSignInPage(inFrameOf(request, app?.frameAncestors), {
    app,
    stepUp: returnContext?.stepUp !== undefined,
    inTab: signInPath(returnContext && journeyOf(deps, inWindow(deps, returnContext))),
    waiting: returnContext && `/sign-in/waiting?journey=${journeyOf(deps, returnContext)}`,
  })
}

/** `GET /sign-in/waiting?journey=`: loads itself again until the session suffices, then has the frame around it go on. */
export async function waitForSignIn(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const returnContext = deps.signIn.returnContexts.open(fieldsOf(request.query)('journey'))
  const ancestors = appOf(deps, returnContext)?.frameAncestors
  // Browsers compare all pages around it, the small page of this host among them.
  const inFrame = inFrameOf(request, ancestors && [deps.config().gateway.origin, ...ancestors])
  const session = returnContext && (await viewerOf(deps, request))
  const journey = journeyOf(deps, returnContext)
  if (session && sufficesInFrame(session, returnContext)) return waitingPage(inFrame, 'signed_in', journey)
  const waits = returnContext !== undefined && deps.now() - returnContext.at < patience
  return waitingPage(inFrame, waits ? 'waits' : 'gave_up', journey)
}

/**
 * A silent step-up, after which the provider states its facts again, happened in the tab and may prove nothing new: the app then
 * decides again.
 */
export function sufficesInFrame(session: Session, returnContext: ReturnContext | undefined): boolean {
  if (maySkipSignIn(session, returnContext)) return true
  return returnContext?.stepUp?.silent === true && session.validatedAt > returnContext.at
}

/** The sign-in in the tab ends on the gateway's own host, with a page that says so. */
function inWindow(deps: WebDependencies, { app, stepUp, provider, at }: ReturnContext): ReturnContext {
  const { origin, host } = deps.config().gateway
  return { origin, host, target: '/signed-in', app, stepUp, provider, page: undefined, at }
}

function appOf(deps: WebDependencies, returnContext: ReturnContext | undefined): App | undefined {
  return returnContext?.app === undefined ? undefined : deps.config().apps.get(returnContext.app)
}

function inFrameOf(request: PageRequest, embedders: readonly string[] = []): PageRequest {
  return { ...request, navigation: true, frame: embedders.length === 0 ? undefined : { embedders, otherSite: false } }
}
