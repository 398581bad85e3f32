// From a page of ours to the sign-in and back to that very page, with what was typed.

import { keepDraft, type Typed } from './form-drafts.ts'
import { failedPage } from './sign-in-page.ts'
import { onward } from './redirect-page.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import type { Session } from '../../identity/session/session.ts'
import type { StepUp } from '../../identity/oidc/return-context.ts'
import type { WebParts } from '../kit/dependencies.ts'

export interface Detour {
  /** Path and query on the gateway's host: written by us, never taken from a form. */
  readonly back: string
  /** Kept, and found again as `draft` in the query of `back`. */
  readonly typed?: Typed
  readonly stepUp?: StepUp & { readonly session: Session }
}

export async function detour(parts: WebParts, request: PageRequest, { back, typed, stepUp }: Detour): Promise<Reply> {
  const { gateway } = parts.config()
  // A link preview or a script of a stranger gets no way of its own: nothing is kept for whoever merely asks.
  if (request.method === 'HEAD' || !request.navigation) return redirect(request, '/sign-in')
  // Each way and each draft is kept for a while: strangers may not fill the store with them.
  if (!parts.signIn.mayDepart(request.address)) {
    return failedPage(request, { code: 'throttled', again: back, signedIn: stepUp !== undefined })
  }
  const draft = typed && (await keepDraft(parts, typed))
  const { id } = await parts.signIn.depart(
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
  return request.method === 'POST' ? onward(request, { location, reason: 'sign_in' }) : redirect(request, location)
}

/** A step-up proven this recently is not asked for once more: asking again would bring nothing new. */
const justProven = 15_000

/** Whether the second factor is as fresh as wanted. `maxAge`: milliseconds, undefined: none is needed. */
export function isFresh(session: Session, maxAge: number | undefined, now: number): boolean {
  if (maxAge === undefined) return true
  const { mfa, authTime } = session.authentication
  return mfa && authTime !== undefined && now - authTime <= Math.max(maxAge, justProven)
}
