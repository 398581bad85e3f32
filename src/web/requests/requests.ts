// `/requests`: the user's own access requests; withdraws requests and gives grants back.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { actingUser } from '../kit/acting.ts'
import { redirectToStepUp } from '../sign-in/step-up.ts'
import { readForm } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { redirectBack, flashMessageOf } from '../kit/flash-message.ts'
import { maxExtension } from './extension.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { requestPage, requestsPage } from './requests-page.ts'
import type { RequestView } from './request-view.ts'
import { actor, viewerOf } from '../kit/viewer.ts'
import { navigationOf } from '../kit/current-page.ts'
import { RequestRejected, type GrantRequest } from '../../grants/requests/repository.ts'
import { GrantRejected } from '../../grants/grants.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Grant } from '../../policy/grant.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

export async function myRequests(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: '/requests' })
  return requestsPage(request, {
    session,
    nav: navigationOf(deps, session, 'requests'),
    requests: deps.requests.of(session.subject).map((one) => viewOf(deps, one)),
    mayAsk: [...deps.config().apps.keys()].some((app) => deps.requests.offerFor(session.subject, app) !== undefined),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

export async function myRequest(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: request.path })
  const found = ownRequest(deps, session, matched)
  if (!found) return forApprovers(deps, request, session, matched)
  return showRequest(deps, request, session, found, flashMessageOf(request))
}

/** `found`: one of the user's own requests. */
export function showRequest(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  found: GrantRequest,
  notice: string | undefined,
): Reply {
  const { subject } = session
  const app = deps.config().apps.get(found.app)
  const view = viewOf(deps, found)
  const offer = app && deps.requests.offerFor(subject, app.name)
  const prolonging = deps.requests
    .of(subject)
    .find((one) => one.state === 'open' && one.extends !== undefined && one.extends === view.grant?.id)
  return requestPage(request, {
    ...view,
    session,
    nav: navigationOf(deps, session, 'requests'),
    notice,
    origin: app?.origin,
    path: app?.addresses[0].path,
    mayAsk: offer !== undefined && offer.levels.length > 0,
    mayExtend: view.grant !== undefined && maxExtension(deps, subject, view.grant) !== undefined,
    extendPath: prolonging?.id === found.id ? undefined : prolonging?.id,
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

/** `POST /requests/ID/withdraw` */
export async function withdrawRequest(
  deps: WebDependencies,
  request: PageRequest,
  matched: RouteMatch,
): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  const back = `/requests/${matched.parameters['id']!}`
  if (!session) return redirectToStepUp(deps, request, { back })
  const found = ownRequest(deps, session, matched)
  if (!found) return notFound(request)
  try {
    await deps.requests.withdraw(found.id, actingUser(session, request))
    return redirectBack(request, back, 'withdrawn')
  } catch (error) {
    if (!(error instanceof RequestRejected)) throw error
    return redirectBack(request, back, error.code)
  }
}

/** `POST /grants/end`, field `grant`: id of one of the user's own current or future grants. */
export async function giveBack(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: '/' })
  const wanted = form.fields('grant')
  const grant = grantsOf(deps, session).find((own) => own.id === wanted)
  if (!grant) return notFound(request)
  const from = deps.requests.of(session.subject).find((one) => one.grant === grant.id && one.state === 'approved')
  const back = from === undefined ? '/' : `/requests/${from.id}`
  try {
    const ended = await deps.grants.revoke(grant.id, actor(session))
    return redirectBack(request, back, ended ? 'returned' : 'not_returned')
  } catch (error) {
    if (!(error instanceof GrantRejected)) throw error
    return redirectBack(request, back, 'not_returned')
  }
}

/** A request with app title and grant, as pages show it. */
export function viewOf(parts: Pick<WebDependencies, 'config' | 'grants'>, request: GrantRequest): RequestView {
  const id = request.grant ?? request.extends
  return {
    request,
    // An app removed from the configuration has no title.
    title: parts.config().apps.get(request.app)?.title ?? request.app,
    grant: id === undefined ? undefined : grantsOf(parts, { subject: request.by }).find((grant) => grant.id === id),
  }
}

/** All grants of this user for configured apps, including ended and future ones. */
export function grantsOf(
  parts: Pick<WebDependencies, 'config' | 'grants'>,
  { subject }: { readonly subject: Pick<Session['subject'], 'provider' | 'sub' | 'email'> },
): readonly Grant[] {
  return [...parts.config().apps.keys()].flatMap((app) => parts.grants.of(subject, app))
}

/** An approver who opens the requester's link is redirected to the approval page. */
function forApprovers(deps: WebDependencies, request: PageRequest, { subject }: Session, matched: RouteMatch): Reply {
  const found = deps.requests.get(matched.parameters['id']!)
  if (!found || !deps.requests.mayView(subject, found)) return notFound(request)
  return redirect(request, `/approvals/${found.id}`)
}

/** Undefined for another user's request, just as for an unknown id (no enumeration). */
function ownRequest(deps: WebDependencies, { subject }: Session, matched: RouteMatch): GrantRequest | undefined {
  return deps.requests.of(subject).find((one) => one.id === matched.parameters['id'])
}
