// Response to a denied or challenged request: redirect to sign-in, step-up challenge (RFC 9470), or denial.

import { deniedPage, type DeniedView } from './denied-page.ts'
import { frameOfOtherSite, sessionEnded } from './error-pages.ts'
import { problem } from '../kit/problem-details.ts'
import { isUnescapedWord } from '../../http/field-syntax.ts'
import { signInChallenge } from '../kit/sign-in-challenge.ts'
import { title } from '../../policy/reasons.ts'
import { reasonMessage, statusFor } from './reasons.ts'
import { language, redirect, type Requester, type Reply } from '../kit/reply.ts'
import type { Remedy } from '../../policy/decision.ts'

export interface ChallengedDecision extends DeniedView {
  /** `acr_values` of the step-up, as requested from the user's provider; empty when it has none. */
  readonly acrValues: readonly string[]
  /** Of a denial; default: that of its first reason. */
  readonly status?: number | undefined
  /** `Set-Cookie` values needed for sign-in: the nonce cookie. */
  readonly cookies: readonly string[]
}

/** A decision other than `allow`, as a page or as problem details (RFC 9457). `method`: of the denied request. */
export function challenge(requester: Requester, method: string, refused: ChallengedDecision): Reply {
  const { decision, signIn, app } = refused
  const cookies = refused.cookies.flatMap((cookie) => ['Set-Cookie', cookie])
  const remedy = decision.effect === 'challenge' ? decision.remedy : undefined
  const signsIn = signIn !== undefined && (remedy?.kind === 'sign_in' || remedy?.kind === 'step_up')
  if (!signsIn) return denied(requester, refused)
  if (!requester.navigation) return unauthorized(requester, refused, remedy, signIn, cookies)
  if (requester.frame?.otherSite) return frameOfOtherSite(requester, app, refused.again)
  // A signed-in user sent to sign in at any provider would come straight back: a page instead of a redirect loop.
  const circular = refused.viewer !== undefined && remedy.kind === 'sign_in' && remedy.provider === undefined
  if (circular) return deniedPage(requester, 403, { ...refused, signIn: undefined })
  if (method === 'GET' || method === 'HEAD') return redirect(requester, signIn, cookies, 302)
  // The form content would be lost in a redirect; the browser keeps it while the sign-in happens in another tab.
  const ended = decision.reasons[0]?.code !== 'no_session'
  if (refused.viewer === undefined) return sessionEnded(requester, app, signIn, cookies, ended)
  return deniedPage(requester, 403, { ...refused, formDiscarded: true }, cookies)
}

function denied(requester: Requester, refused: ChallengedDecision): Reply {
  // A challenge that sign-in cannot satisfy (requesting access) is a denial for now.
  const status = refused.status ?? statusFor({ ...refused.decision, effect: 'deny' })
  const headers = retryAfter(refused)
  if (requester.navigation) return deniedPage(requester, status, { ...refused, signIn: undefined }, headers)
  return problem(requester, { status, ...problemReply(requester, refused), decision: refused.decision }, headers)
}

/** 401 for scripts, WebSockets and other clients that cannot show a sign-in page. */
function unauthorized(
  requester: Requester,
  refused: ChallengedDecision,
  remedy: Remedy | undefined,
  signIn: string,
  cookies: readonly string[],
): Reply {
  return problem(requester, { status: 401, ...problemReply(requester, refused), decision: refused.decision, signIn }, [
    ...(remedy?.kind === 'step_up' ? stepUpChallenge(remedy, refused.acrValues) : signInChallenge(signIn)),
    ...cookies,
  ])
}

/** RFC 9470 section 3; `max_age` in seconds. */
function stepUpChallenge(
  remedy: Extract<Remedy, { kind: 'step_up' }>,
  acrValues: readonly string[],
): readonly string[] {
  const parameters = ['error="insufficient_user_authentication"', 'error_description="A stronger sign-in is required"']
  // quoted-string (RFC 9110 section 5.6.4): values that would need escaping are left out
  const values = acrValues.filter(isUnescapedWord)
  if (values.length > 0) parameters.push(`acr_values="${values.join(' ')}"`)
  if (remedy.maxAge !== undefined) parameters.push(`max_age=${Math.floor(remedy.maxAge / 1000)}`)
  return ['WWW-Authenticate', `Bearer ${parameters.join(', ')}`]
}

function problemReply(
  requester: Requester,
  refused: DeniedView,
): { code: string; title: string; detail?: string; app: string } {
  const first = refused.decision.reasons[0]
  const app = refused.app.title
  if (!first) return { code: 'denied', title: titles[language(requester)], app }
  const detail = reasonMessage(first, { language: language(requester), timeZone: refused.timeZone, app })
  return { code: first.code, title: title(first.code, language(requester)), detail, app }
}

const titles = { en: 'Access denied', de: 'Zugang verweigert' } as const

/** Retry-After (RFC 9110 section 10.2.3) for temporary conditions; seconds, at least one. */
function retryAfter(refused: DeniedView): readonly string[] {
  const remedy = refused.decision.remedy
  if (remedy?.kind === 'wait' && remedy.until !== undefined && remedy.until > refused.now) {
    return ['Retry-After', String(Math.max(1, Math.ceil((remedy.until - refused.now) / 1000)))]
  }
  return remedy?.kind === 'try_again' ? ['Retry-After', '10'] : []
}
