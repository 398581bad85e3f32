// Who looks at a page of ours, and from where.

import { sessionCookie } from '../../identity/session/cookies.ts'
import { StoreUnreachable } from '../../store/store.ts'
import type { Actor, Origin } from '../../audit/event.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from './dependencies.ts'
import type { PageRequest } from './reply.ts'

/**
 * The live session of this browser on this host. Throws `StoreUnreachable` when nobody can say whether there is one:
 * taking that for "none" would send people to a provider they could not come back from.
 */
export async function viewerOf(
  parts: Pick<WebDependencies, 'sessions'>,
  request: PageRequest,
): Promise<Session | undefined> {
  const cookie = sessionCookie(request.header('cookie'))
  if (cookie === undefined) return undefined
  const found = await parts.sessions.find(cookie, request.host)
  if (found.state === 'unreachable') throw new StoreUnreachable(undefined)
  return found.state === 'live' ? found.session : undefined
}

export function origin(request: PageRequest): Origin {
  return {
    requestId: request.id,
    address: request.address,
    port: request.port,
    userAgent: request.header('user-agent'),
  }
}

export function actor(session: Session): Actor {
  const { provider, sub, email, name, groups } = session.subject
  return { kind: 'person', provider, sub, email, name, groups, session: session.id }
}
