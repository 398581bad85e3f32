// From a page of ours to the sign-in and back to that very page, with what was typed.

import { keepDraft, type DraftFields } from './form-drafts.ts'
import { failedPage } from './sign-in-page.ts'
import { redirectPage } from './redirect-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import type { Session } from '../../identity/session/session.ts'
import type { StepUp } from '../../identity/oidc/return-context.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

export interface StepUpRequest {
  /** Path and query on the gateway's host: written by us, never taken from a form. */
  readonly back: string
  /** Kept, and found again as `draft` in the query of `back`. */
  readonly typed?: DraftFields
  readonly stepUp?: StepUp & { readonly session: Session }
}

export async function redirectToStepUp(
  deps: WebDependencies,
  request: PageRequest,
  { back, typed, stepUp }: StepUpRequest,
): Promise<Reply> {
  const { gateway } = deps.config()
  // A link preview or a script of a stranger gets no way of its own: nothing is kept for whoever merely asks.
  if (request.method === 'HEAD' || !request.navigation) return redirect(request, '/sign-in')
  // Each way and each draft is kept for a while: strangers may not fill the store with them.
  if (!deps.signIn.mayStart(request.address)) {
    return failedPage(request, { code: 'throttled', again: back, signedIn: stepUp !== undefined })
  }
  const draft = typed && (await keepDraft(deps, typed))
  const { id } = await deps.signIn.createReturnContext(
    {
      origin: gateway.origin,
      host: gateway.host,
      target: draft === undefined ? back : `${back}${back.includes('?') ? '&' : '?'}draft=${draft}`,
      app: undefined,
      stepUp: stepUp && { level: stepUp.level, maxAge: stepUp.maxAge },
      provider: stepUp?.session.subject.provider,
    },
    undefined,
  )
  const location = `${gateway.origin}/sign-in?journey=${id}`
  return request.method === 'POST'
    ? redirectPage(request, { location, reason: 'sign_in' })
    : redirect(request, location)
}

/** A step-up proven this recently is not asked for once more: asking again would bring nothing new. */
const freshProofWindow = 15_000

/** Whether the second factor is as fresh as wanted. `maxAge`: milliseconds, undefined: none is needed. */
export function isFresh(session: Session, maxAge: number | undefined, now: number): boolean {
  if (maxAge === undefined) return true
  const { mfa, authTime } = session.authentication
  return mfa && authTime !== undefined && now - authTime <= Math.max(maxAge, freshProofWindow)
}
