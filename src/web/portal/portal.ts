// `/` on the gateway host: portal with the user's applications, grants and sessions; ends sessions.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { clearSessionCookie } from '../../identity/session/cookies.ts'
import { requestStatusOf, type RequestStatus } from '../requests/request-status.ts'
import { readForm } from '../kit/form.ts'
import { badForm } from '../errors/error-pages.ts'
import { flashMessageOf } from '../kit/flash-message.ts'
import { portalPage, type GrantLine } from './portal-page.ts'
import { maxExtension } from '../requests/extension.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { actor, origin, viewerOf } from '../kit/viewer.ts'
import { navigationOf } from '../kit/current-page.ts'
import { grantsOf } from '../requests/requests.ts'
import type { Device } from '../../policy/device.ts'
import type { Session } from '../../identity/session/session.ts'
import type { AppView, WebDependencies } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

export async function portal(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, '/sign-in')
  const [apps, sessions] = await Promise.all([deps.appsFor(session, request), ownSessions(deps, session)])
  const { gateway } = deps.config()
  const asking = (app: string) => requestStatusOf(deps, session.subject, app, gateway.origin, deps.now())
  return portalPage(request, {
    session,
    nav: navigationOf(deps, session, 'apps'),
    notice: flashMessageOf(request),
    apps: apps.map((app) => ({ ...app, asking: asking(app.name) })).filter(isVisible),
    sessions,
    devices: await devicesOf(deps, sessions),
    grants: grantLines(deps, session),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

/** `POST /sessions/end`, field `session`: id of one of the user's own sessions, or `others`. */
export async function endSessions(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, '/sign-in')
  const wanted = form.fields('session')
  // Searches the user's own sessions only (IDOR): the id of another user's session matches nothing.
  const ended = (await ownSessions(deps, session)).filter((own) =>
    wanted === 'others' ? own.id !== session.id : own.id === wanted,
  )
  for (const own of ended) await deps.sessions.end(own.id, 'session_revoked', actor(session), origin(request))
  if (!ended.some((own) => own.id === session.id)) return redirect(request, '/')
  return redirect(request, '/signed-out', ['Set-Cookie', clearSessionCookie()])
}

/**
 * Hides apps that this user cannot open at all, because listing them would reveal what the company runs. Shown are open
 * apps, and those that a sign-in, a later time, another device, another network or a grant would open.
 */
function isVisible({ decision, asking }: AppView & { readonly asking: RequestStatus }): boolean {
  const { effect, remedy } = decision
  if (remedy?.kind === 'request_access') {
    return asking.ask !== undefined || asking.emergency !== undefined || asking.pending !== undefined
  }
  if (effect !== 'deny') return true
  switch (remedy?.kind) {
    case 'wait':
      return remedy.until !== undefined
    case 'use_other_device':
    case 'use_other_network':
    case 'try_again':
    case 'sign_in':
    case 'step_up':
      return true
    case 'ask_owner':
    case undefined:
      return false
    default:
      return never(remedy)
  }
}

async function ownSessions(deps: WebDependencies, session: Session): Promise<readonly Session[]> {
  const all = await deps.sessions.ofSubject(session.subject.provider, session.subject.sub)
  const now = deps.now()
  return all
    .filter((own) => own.ended === undefined && own.endsAt > now)
    .toSorted((a, b) => Number(b.id === session.id) - Number(a.id === session.id) || b.createdAt - a.createdAt)
}

function grantLines(deps: WebDependencies, session: Session): readonly GrantLine[] {
  const { subject } = session
  const now = deps.now()
  const { apps } = deps.config()
  return grantsOf(deps, session)
    .filter((grant) => grant.revokedAt === undefined && grant.until > now)
    .map((grant) => ({
      ...grant,
      title: apps.get(grant.app)!.title,
      request: deps.requests.of(subject).find((one) => one.grant === grant.id && one.extends === undefined)?.id,
      mayAsk: maxExtension(apps.get(grant.app), grant, now) !== undefined,
    }))
    .toSorted((a, b) => a.until - b.until)
}

async function devicesOf(deps: WebDependencies, sessions: readonly Session[]): Promise<ReadonlyMap<string, Device>> {
  const known = new Map<string, Device>()
  for (const { device, subject } of sessions) {
    if (device !== undefined && !known.has(device)) known.set(device, await deps.deviceOf(device, subject))
  }
  return known
}
