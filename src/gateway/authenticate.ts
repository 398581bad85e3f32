// Authenticates a request: session cookie -> a live session confirmed at the identity provider lately, or none and why.

import { andThen } from '../async/and-then.ts'
import { sessionCookie } from '../identity/session/cookies.ts'
import type { Found } from '../identity/session/sessions.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { Asking, Confirmed } from './idp-freshness.ts'
import type { Parts } from './dependencies.ts'
import type { Target } from './route.ts'

const noSession: Confirmed = { state: 'none', absence: 'no_session' }

/** A plain value when neither store nor provider had to be asked: the normal case. Public paths read no cookie. */
export function authenticate(
  parts: Parts,
  target: Extract<Target, { kind: 'app' }>,
  request: CanonicalRequest,
): Confirmed | Promise<Confirmed> {
  const header = target.publicPath ? undefined : request.header('cookie')
  const cookie = header === undefined ? undefined : sessionCookie(header)
  if (cookie === undefined) return noSession
  const found = parts.sessions.find(cookie, request.host)
  const { session: settings } = target.site.app
  return andThen(found, (answer) => confirmed(parts, answer, settings))
}

/** For open connections: the same by session id. Does not count as activity. */
export function authenticateAgain(parts: Parts, session: string, settings: Asking): Confirmed | Promise<Confirmed> {
  const found = parts.sessions.read(session)
  return andThen(found, (answer) => confirmed(parts, answer, settings))
}

function confirmed(parts: Parts, found: Found, settings: Asking): Confirmed | Promise<Confirmed> {
  if (found.state === 'none') return { state: 'none', absence: found.reason }
  if (found.state === 'unreachable') return { state: 'unreachable', code: 'store_unreachable' }
  return parts.confirmation.confirm(found.session, settings)
}
