// Looks up the session of a page request, and builds audit actor and origin from it.

import { sessionCookie } from '../../identity/session/cookies.ts'
import { StoreUnreachable } from '../../store/store.ts'
import type { Actor, Origin } from '../../audit/event.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from './dependencies.ts'
import type { PageRequest } from './reply.ts'

/**
 * The live session of this browser on this host. Throws `StoreUnreachable` when the store cannot be read: treating that
 * as "no session" would send users to a provider from which they could not return.
 */
export async function viewerOf(
  deps: Pick<WebDependencies, 'sessions'>,
  request: PageRequest,
): Promise<Session | undefined> {
  const cookie = sessionCookie(request.header('cookie'))
  if (cookie === undefined) return undefined
  const found = await deps.sessions.find(cookie, request.host)
  if (found.state === 'unreachable') throw new StoreUnreachable(undefined)
  return found.state === 'live' ? found.session : undefined
}

/**
 * The session the cookie of this host was issued for, also when a stronger sign-in in another tab replaced the cookie: a sign-in
 * continues it, a sign-out ends it. Throws like `viewerOf`.
 */
export async function sessionOfBrowser(
  deps: Pick<WebDependencies, 'sessions'>,
  request: PageRequest,
): Promise<Session | undefined> {
  const cookie = sessionCookie(request.header('cookie'))
  return cookie === undefined ? undefined : deps.sessions.owned(cookie, request.host)
}

export function origin(request: PageRequest): Origin {
  return {
    requestId: request.id,
    address: request.client,
    port: request.port,
    userAgent: request.header('user-agent'),
  }
}

export function actor(session: Session): Actor {
  const { provider, sub, email, name, groups } = session.subject
  return { kind: 'person', provider, sub, email, name, groups, session: session.id }
}
