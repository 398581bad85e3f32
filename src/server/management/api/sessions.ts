// Sessions at the admin socket: who is signed in, and ending it.

import type { Session } from '../../../identity/session/session.ts'
import { adminActor, ok, rejected, type ApiHandler, type ApiResponse, type Input } from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

export const sessionRoutes: Readonly<Record<string, ApiHandler>> = {
  'GET /sessions': async (parts) => ok((await parts.sessions.all()).map(sessionView)),
  'POST /sessions/end': endSessions,
}

async function endSessions(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const { id, user } = input
  if ((typeof id === 'string') === (typeof user === 'string')) return rejected(400, 'name either a session or a user')
  const open = (await deps.sessions.all()).filter((session) => session.id === id || belongsTo(session, user))
  const ended: string[] = []
  for (const session of open) {
    if (await deps.sessions.end(session.id, 'session_revoked', adminActor)) ended.push(session.id)
  }
  return ended.length === 0
    ? rejected(404, `${String(id ?? user)}: no open session fits; "einlass sessions list" shows them`)
    : ok({ ended })
}

function belongsTo(session: Session, user: unknown): boolean {
  if (typeof user !== 'string') return false
  const { provider, sub, email } = session.subject
  return user === `${provider}|${sub}` || (email !== undefined && user.toLowerCase() === email)
}

/** Never the tokens. */
function sessionView(session: Session): unknown {
  const { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address } = session
  return { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address }
}
