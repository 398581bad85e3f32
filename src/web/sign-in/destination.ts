// Where a sign-in leads: the page it began at, through a ticket on another host, or the portal.

import type { ReturnContext } from '../../identity/oidc/sign-in.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** Absolute URL or path, only from the sealed return context, never from the request (open redirect). */
export async function destination(
  deps: WebDependencies,
  session: Session,
  returnContext: ReturnContext | undefined,
): Promise<string> {
  const { gateway } = deps.config()
  if (!returnContext) return '/'
  // The origin is written out, so that a target like `//elsewhere` stays a path of this host.
  if (returnContext.host === gateway.host) return gateway.origin + returnContext.target
  return deps.signIn.ticket(session, returnContext)
}

/**
 * An existing session suffices unless the return context demands a step-up or another provider. Policy decided that,
 * and it is not evaluated again here: two differing results could cause a redirect loop.
 */
export function maySkipSignIn(session: Session, returnContext: ReturnContext | undefined): boolean {
  if (!returnContext) return true
  const { stepUp } = returnContext
  // A tab of another app was first: its proof is handed over, and policy decides again. Once only: the cookie is then as new.
  if (stepUp) return stepUp.from !== undefined && session.generation > stepUp.from
  return returnContext.provider === undefined || returnContext.provider === session.subject.provider
}

/** URL parameter of the return context; a sign-in without one ends on the portal. */
export function journeyOf(deps: WebDependencies, returnContext: ReturnContext | undefined): string | undefined {
  return returnContext && deps.signIn.returnContexts.seal(returnContext)
}
