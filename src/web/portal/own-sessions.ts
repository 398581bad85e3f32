// `/sessions` on the gateway host: the user's own sessions; `POST /sessions/end` ends one or all others.

import { clearSessionCookie } from '../../identity/session/cookies.ts'
import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { badForm } from '../errors/error-pages.ts'
import { navigationOf } from '../kit/current-page.ts'
import type { WebDependencies } from '../kit/dependencies.ts'
import { readForm } from '../kit/form.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { actor, origin, viewerOf } from '../kit/viewer.ts'
import { sessionsPage } from './sessions-page.ts'
import type { Device } from '../../policy/device.ts'
import type { Session } from '../../identity/session/session.ts'

export async function ownSessions(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, '/sign-in')
  const sessions = await sessionsOf(deps, session)
  return sessionsPage(request, {
    session,
    nav: navigationOf(deps, session, 'sessions'),
    sessions,
    devices: await devicesOf(deps, sessions),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

/** Field `session`: id of one of the user's own sessions, or `others`. */
export async function endSessions(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, '/sign-in')
  const wanted = form.fields('session')
  // Searches the user's own sessions only (IDOR): the id of another user's session matches nothing.
  const ended = (await sessionsOf(deps, session)).filter((own) =>
    wanted === 'others' ? own.id !== session.id : own.id === wanted,
  )
  for (const own of ended) await deps.sessions.end(own.id, 'session_revoked', actor(session), origin(request))
  if (!ended.some((own) => own.id === session.id)) return redirect(request, '/sessions')
  return redirect(request, '/signed-out', ['Set-Cookie', clearSessionCookie()])
}

async function sessionsOf(deps: WebDependencies, session: Session): Promise<readonly Session[]> {
  const all = await deps.sessions.ofSubject(session.subject.provider, session.subject.sub)
  const now = deps.now()
  return all
    .filter((own) => own.ended === undefined && own.endsAt > now)
    .toSorted((a, b) => Number(b.id === session.id) - Number(a.id === session.id) || b.createdAt - a.createdAt)
}

async function devicesOf(deps: WebDependencies, sessions: readonly Session[]): Promise<ReadonlyMap<string, Device>> {
  const known = new Map<string, Device>()
  for (const { device, subject } of sessions) {
    if (device !== undefined && !known.has(device)) known.set(device, await deps.deviceOf(device, subject))
  }
  return known
}
