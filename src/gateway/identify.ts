// Cookie -> a live session that the provider has confirmed recently, or none and why.

import { andThen } from '../async/and-then.ts'
import { sessionCookie } from '../identity/cookie.ts'
import type { Found } from '../identity/sessions.ts'
import type { CanonicalRequest } from './canonical.ts'
import type { Asking, Confirmed } from './confirm.ts'
import type { Parts } from './parts.ts'
import type { Target } from './route.ts'

const nobody: Confirmed = { state: 'none', absence: 'no_session' }

/** A plain value when nothing had to be asked: the normal case. What is declared public knows nobody. */
export function identify(
  parts: Parts,
  target: Extract<Target, { kind: 'app' }>,
  request: CanonicalRequest,
): Confirmed | Promise<Confirmed> {
  const header = target.open ? undefined : request.header('cookie')
  const cookie = header === undefined ? undefined : sessionCookie(header)
  if (cookie === undefined) return nobody
  const { session: settings } = target.site.app
  return andThen(parts.sessions.find(cookie, request.host), (found) => confirmed(parts, found, settings))
}

/** For open connections: the same question, by id. Does not count as activity. */
export function identifyAgain(parts: Parts, session: string, settings: Asking): Confirmed | Promise<Confirmed> {
  return andThen(parts.sessions.read(session), (found) => confirmed(parts, found, settings))
}

function confirmed(parts: Parts, found: Found, settings: Asking): Confirmed | Promise<Confirmed> {
  if (found.state === 'none') return { state: 'none', absence: found.reason }
  if (found.state === 'unreachable') return { state: 'unreachable', code: 'store_unreachable' }
  return parts.confirmation.confirm(found.session, settings)
}
