// Step-up authentication (RFC 9470) and sign-in from a built-in page, returning to it with the form draft.

import { redirectPage } from './redirect-page.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import type { DraftFields } from '../../identity/oidc/form-drafts.ts'
import type { Session } from '../../identity/session/session.ts'
import type { StepUp } from '../../identity/oidc/return-context.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

export interface StepUpRequest {
  /** Path and query on the gateway host; never from user input (open redirect). */
  readonly back: string
  /** Form content, kept under the id added as `draft` to the query of `back`; it never travels in a URL. */
  readonly typed?: DraftFields
  readonly stepUp?: StepUp & { readonly session: Session }
}

export async function redirectToStepUp(
  deps: WebDependencies,
  request: PageRequest,
  { back, typed, stepUp }: StepUpRequest,
): Promise<Reply> {
  const { gateway } = deps.config()
  // Link previews and scripts come back nowhere.
  if (request.method === 'HEAD' || !request.navigation) return redirect(request, '/sign-in')
  const cookies = request.header('cookie')
  const owner = { signedIn: stepUp !== undefined, address: request.client, cookies }
  const draft = typed && (await deps.signIn.drafts.keep(typed, owner))
  const { journey } = deps.signIn.returnContexts.create(
    {
      origin: gateway.origin,
      host: gateway.host,
      target: draft === undefined ? back : `${back}${back.includes('?') ? '&' : '?'}draft=${draft.id}`,
      app: undefined,
      stepUp: stepUp && { level: stepUp.level, maxAge: stepUp.maxAge },
      provider: stepUp?.session.subject.provider,
    },
    undefined,
  )
  const location = `${gateway.origin}/sign-in?journey=${journey}`
  const headers = setCookies(draft?.cookies ?? [])
  return request.method === 'POST'
    ? redirectPage(request, { location, reason: 'sign_in' }, headers)
    : redirect(request, location, headers)
}

/** Milliseconds: a step-up this recent is not repeated even if `maxAge` is shorter, which prevents a redirect loop. */
const freshProofWindow = 15_000

/** Whether the second factor is recent enough. `maxAge`: milliseconds; undefined: no second factor is needed. */
export function isFresh(session: Session, maxAge: number | undefined, now: number): boolean {
  if (maxAge === undefined) return true
  const { mfa, authTime } = session.authentication
  return mfa && authTime !== undefined && now - authTime <= Math.max(maxAge, freshProofWindow)
}
