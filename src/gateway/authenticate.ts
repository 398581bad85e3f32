// Authenticates a request: session cookie -> live session, recently revalidated at the identity provider.

import { andThen } from '../async/and-then.ts'
import { sessionCookie } from '../identity/session/cookies.ts'
import { asOf } from '../identity/session/earlier-sign-ins.ts'
import type { Found } from '../identity/session/sessions.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { RevalidationSettings, AuthenticationResult } from './idp-freshness.ts'
import type { Dependencies } from './dependencies.ts'
import type { Target } from './route.ts'

const noSession: AuthenticationResult = { state: 'none', absence: 'no_session' }

/**
 * Returns a plain value, not a promise, unless store or identity provider had to be queried: the normal case. Public
 * paths read no cookie.
 */
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
  return andThen(found, (result) => {
    const fresh = withFreshSession(deps, result, settings)
    // Without waiting it is the session that was found.
    if (!(fresh instanceof Promise) || result.state !== 'live') return fresh
    return fresh.then((revalidated) => sameSignIn(result.session.generation, revalidated))
  })
}

/**
 * Re-authenticates an open connection by session id, as of the sign-in whose cookie opened it. Does not count as activity.
 */
export function authenticateAgain(
  deps: Dependencies,
  session: string,
  generation: number | undefined,
  settings: RevalidationSettings,
): AuthenticationResult | Promise<AuthenticationResult> {
  const found = deps.sessions.read(session)
  const fresh = andThen(found, (result) => withFreshSession(deps, result, settings))
  return generation === undefined ? fresh : andThen(fresh, (result) => sameSignIn(generation, result))
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

/** The revalidated session is the current one: a cookie from before a stronger sign-in still opens what it opened then. */
function sameSignIn(generation: number, result: AuthenticationResult): AuthenticationResult {
  if (result.state !== 'live' || result.session.generation === generation) return result
  const session = asOf(result.session, generation)
  return session === undefined ? noSession : { state: 'live', session }
}
