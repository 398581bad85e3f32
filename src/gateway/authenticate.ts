// Authenticates a request: session cookie -> a live session confirmed at the identity provider lately, or none and why.

import { andThen } from '../async/and-then.ts'
import { sessionCookie } from '../identity/session/cookies.ts'
import type { Found } from '../identity/session/sessions.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { RevalidationSettings, AuthenticationResult } from './idp-freshness.ts'
import type { Dependencies } from './dependencies.ts'
import type { Target } from './route.ts'

const noSession: AuthenticationResult = { state: 'none', absence: 'no_session' }

/** A plain value when neither store nor provider had to be asked: the normal case. Public paths read no cookie. */
export function authenticate(
  deps: Dependencies,
  target: Extract<Target, { kind: 'app' }>,
  request: CanonicalRequest,
): AuthenticationResult | Promise<AuthenticationResult> {
  const header = target.publicPath ? undefined : request.header('cookie')
  const cookie = header === undefined ? undefined : sessionCookie(header)
  if (cookie === undefined) return noSession
  const found = deps.sessions.find(cookie, request.host)
  const { session: settings } = target.app.config
  return andThen(found, (answer) => withFreshSession(deps, answer, settings))
}

/** For open connections: the same by session id. Does not count as activity. */
export function authenticateAgain(
  deps: Dependencies,
  session: string,
  settings: RevalidationSettings,
): AuthenticationResult | Promise<AuthenticationResult> {
  const found = deps.sessions.read(session)
  return andThen(found, (answer) => withFreshSession(deps, answer, settings))
}

function withFreshSession(
  deps: Dependencies,
  found: Found,
  settings: RevalidationSettings,
): AuthenticationResult | Promise<AuthenticationResult> {
  if (found.state === 'none') return { state: 'none', absence: found.reason }
  if (found.state === 'unreachable') return { state: 'unreachable', code: 'store_unreachable' }
  return deps.idpFreshness.ensureFresh(found.session, settings)
}
