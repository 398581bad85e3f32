// `/.einlass/session` on every app host: user, session and access decision as JSON, for the app's own scripts.

import type { App } from '../../config/configuration.ts'
import { fieldsOf } from '../kit/form.ts'
import { sessionCookie } from '../../identity/session/cookies.ts'
import { problem } from '../kit/problem-details.ts'
import { signInChallenge } from '../kit/sign-in-challenge.ts'
import { title } from '../../policy/reasons.ts'
import { reasonTexts } from '../errors/reasons.ts'
import { json, language, type PageRequest, type Reply } from '../kit/reply.ts'
import { signedInPath } from './signed-in.ts'
import type { Found } from '../../identity/session/sessions.ts'
import type { ReasonCode } from '../../policy/reasons.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

export async function sessionStatus(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const app = appOf(deps, request, matched)
  const cookie = sessionCookie(request.header('cookie'))
  const found: Found =
    cookie === undefined ? { state: 'none', reason: 'no_session' } : await deps.sessions.find(cookie, request.host)
  if (found.state === 'unreachable') return refused(request, 503, 'store_unreachable', undefined)
  // Only a page navigation can keep a return context: a window that the script opens, or the page itself.
  if (found.state === 'none')
    return refused(request, 401, found.reason, `${request.scheme}://${request.host}${signedInPath}`)

  const { session } = found
  const view = (await deps.appsFor(session, request)).find((candidate) => candidate.name === app.name)
  const { subject, authentication } = session
  return json(request, 200, {
    subject: {
      provider: subject.provider,
      sub: subject.sub,
      name: subject.name,
      email: subject.email,
      username: subject.username,
    },
    session: {
      id: session.id,
      created_at: iso(session.createdAt),
      ends_at: iso(session.endsAt),
      idle_seconds: Math.floor(session.idle / 1000),
    },
    authentication: {
      acr: authentication.acr,
      amr: authentication.amr,
      auth_time: authentication.authTime === undefined ? undefined : iso(authentication.authTime),
      mfa: authentication.mfa,
    },
    app: { name: app.name, title: app.title },
    access: view && {
      effect: view.decision.effect,
      rule: view.decision.rule,
      valid_until: iso(view.decision.validUntil),
      closes_at: view.closesAt === undefined ? undefined : iso(view.closesAt),
      reasons: reasonTexts(view.decision, { language: language(request), app: app.title }).map(
        ({ code, message, remedy }) => ({ code, message, remedy }),
      ),
    },
  })
}

/** Of several apps on this host the one named by `?app=`, else that of the page that asks. */
function appOf(deps: WebDependencies, request: PageRequest, { app }: RouteMatch): App {
  const named = deps.config().apps.get(fieldsOf(request.query)('app') ?? '')
  return named?.addresses.some(({ host }) => host === request.host) === true ? named : app!
}

function refused(request: PageRequest, status: number, code: ReasonCode, signIn: string | undefined): Reply {
  const reason = { code, parameters: {} }
  return problem(
    request,
    {
      status,
      code,
      title: title(code, language(request)),
      decision: { reasons: [reason], remedy: undefined },
      signIn,
    },
    status === 401 ? signInChallenge(signIn) : ['Retry-After', '10'],
  )
}

function iso(at: number): string | undefined {
  return Number.isFinite(at) ? new Date(at).toISOString() : undefined
}
