// Sessions at the admin socket: who is signed in, and ending it.

import type { Session } from '../../../identity/session/session.ts'
import { administrator, done, refused, type Act, type Answered, type Input } from './response.ts'
import type { Parts } from '../../../gateway/dependencies.ts'

export const sessionActs: Readonly<Record<string, Act>> = {
  'GET /sessions': async (parts) => done((await parts.sessions.all()).map(described)),
  'POST /sessions/end': endSessions,
}

async function endSessions(parts: Parts, input: Input): Promise<Answered> {
  const { id, user } = input
  if ((typeof id === 'string') === (typeof user === 'string')) return refused(400, 'name either a session or a user')
  const open = (await parts.sessions.all()).filter((session) => session.id === id || belongsTo(session, user))
  const ended: string[] = []
  for (const session of open) {
    if (await parts.sessions.end(session.id, 'session_revoked', administrator)) ended.push(session.id)
  }
  return ended.length === 0
    ? refused(404, `${String(id ?? user)}: no open session fits; "einlass sessions list" shows them`)
    : done({ ended })
}

function belongsTo(session: Session, user: unknown): boolean {
  if (typeof user !== 'string') return false
  const { provider, sub, email } = session.subject
  return user === `${provider}|${sub}` || (email !== undefined && user.toLowerCase() === email)
}

/** Never the tokens. */
function described(session: Session): unknown {
  const { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address } = session
  return { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address }
}
