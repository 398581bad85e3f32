// Admin API for sessions: list and end.

import type { Session } from '../../../identity/session/session.ts'
import { adminActor, ok, rejected, type ApiRoutes, type ApiResponse, type Input } from './response.ts'
import { subjectKey } from '../../../policy/subject.ts'
import { emergencyStatuses, type EmergencyStatus } from '../status.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

export const sessionRoutes: ApiRoutes = {
  'GET /sessions': {
    describes: 'Open sessions.',
    input: {},
    output:
      'list of `{id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address, emergency}`; `emergency`: the running emergency access of its subject, as in `GET /status`, else null',
    errors: {},
    handle: async (deps) => {
      const emergencies = new Map(emergencyStatuses(deps).map((one) => [one.who, one]))
      const view = (session: Session) => sessionView(session, emergencies.get(subjectKey(session.subject)))
      return ok((await deps.sessions.all()).map(view))
    },
  },
  'POST /sessions/end': {
    describes: 'Ends one session, or all sessions of a user, on every node; connections open under them are closed.',
    input: {
      id: 'text: id of one session; or',
      user: 'text: all sessions of this user, as an e-mail address or `PROVIDER|SUBJECT`',
    },
    output: '`{ended: [id, ...]}`',
    errors: { 400: 'neither or both of `id` and `user`', 404: 'no open session fits' },
    handle: endSessions,
  },
}

async function endSessions(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const { id, user } = input
  if ((typeof id === 'string') === (typeof user === 'string'))
    return rejected(400, 'id, user: exactly one of them is required')
  const open = (await deps.sessions.all()).filter((session) => session.id === id || belongsTo(session, user))
  const ended: string[] = []
  for (const session of open) {
    if (await deps.sessions.end(session.id, 'session_revoked', adminActor)) ended.push(session.id)
  }
  return ended.length === 0
    ? rejected(404, `${String(id ?? user)}: no such session; see "einlass sessions list"`)
    : ok({ ended })
}

function belongsTo(session: Session, user: unknown): boolean {
  if (typeof user !== 'string') return false
  const { provider, sub, email } = session.subject
  return user === `${provider}|${sub}` || (email !== undefined && user.toLowerCase() === email)
}

/** Without the tokens. */
function sessionView(session: Session, emergency: EmergencyStatus | undefined): unknown {
  const { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address } = session
  const described = { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address }
  return { ...described, emergency: emergency ?? null }
}
