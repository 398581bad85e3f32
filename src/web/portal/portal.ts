// `/` on the gateway host: portal with the user's applications and grants.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { requestStatusOf, type RequestStatus } from '../requests/request-status.ts'
import { fieldsOf } from '../kit/form.ts'
import { flashMessageOf } from '../kit/flash-message.ts'
import type { GrantLine } from './grant-table.ts'
import { portalPage } from './portal-page.ts'
import { maxExtension } from '../requests/extension.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { maxQuery } from '../kit/word-search.ts'
import { navigationOf } from '../kit/current-page.ts'
import { grantsOf } from '../requests/requests.ts'
import type { Session } from '../../identity/session/session.ts'
import type { AppView, WebDependencies } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

export async function portal(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirect(request, '/sign-in')
  const { gateway } = deps.config()
  const asking = (app: string) => requestStatusOf(deps, session.subject, app, gateway.origin, deps.now())
  const apps = (await deps.appsFor(session, request))
    .map((app) => ({ ...app, asking: asking(app.name) }))
    .filter(isVisible)
  return portalPage(request, {
    session,
    nav: navigationOf(deps, session, 'apps'),
    notice: flashMessageOf(request),
    query: (fieldsOf(request.query)('q') ?? '').trim().slice(0, maxQuery),
    apps: await Promise.all(apps.map(async (app) => ({ ...app, lastUsed: await lastUsed(deps, session, app.name) }))),
    grants: grantLines(deps, session),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

/** Only the order depends on it: without an answer of the store it is unknown. */
function lastUsed(deps: WebDependencies, { subject }: Session, app: string): Promise<number | undefined> {
  return deps.lastUsed(subject, app).catch(() => undefined)
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
      mayAsk: maxExtension(deps, subject, grant) !== undefined,
    }))
    .toSorted((a, b) => a.until - b.until)
}
