// `/requests`: what I have asked for; withdrawing it; and giving access back that I have.

import { acting } from '../kit/acting.ts'
import { detour } from '../sign-in/step-up.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { backTo, noticeOf } from '../kit/flash-message.ts'
import { longestExtension } from './extension.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { requestPage, requestsPage } from './requests-page.ts'
import type { RequestView } from './request-view.ts'
import { actor, viewerOf } from '../kit/viewer.ts'
import { navOf } from '../kit/current-page.ts'
import { RequestRefused, type GrantRequest } from '../../grants/requests/repository.ts'
import { GrantRefused } from '../../grants/grants.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Grant } from '../../policy/grant.ts'
import type { Matched, WebParts } from '../kit/dependencies.ts'

export async function myRequests(parts: WebParts, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: '/requests' })
  return requestsPage(request, {
    session,
    nav: navOf(parts, session, 'requests'),
    requests: parts.requests.of(session.subject).map((one) => viewOf(parts, one)),
    mayAsk: [...parts.config().apps.keys()].some((app) => parts.requests.offer(session.subject, app) !== undefined),
    timeZone: parts.timeZone,
    now: parts.now(),
  })
}

export async function myRequest(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: request.path })
  const found = mine(parts, session, matched)
  if (!found) return forApprovers(parts, request, session, matched)
  return showRequest(parts, request, session, found, noticeOf(request))
}

/** `found`: one of this person's own. */
export function showRequest(
  parts: WebParts,
  request: PageRequest,
  session: Session,
  found: GrantRequest,
  notice: string | undefined,
): Reply {
  const { subject } = session
  const app = parts.config().apps.get(found.app)
  const view = viewOf(parts, found)
  const offer = app && parts.requests.offer(subject, app.name)
  const prolonging = parts.requests
    .of(subject)
    .find((one) => one.state === 'open' && one.extends !== undefined && one.extends === view.grant?.id)
  return requestPage(request, {
    ...view,
    session,
    nav: navOf(parts, session, 'requests'),
    notice,
    origin: app?.origin,
    mayAsk: offer !== undefined && offer.levels.length > 0,
    mayProlong: view.grant !== undefined && longestExtension(app, view.grant, parts.now()) !== undefined,
    prolonging: prolonging?.id === found.id ? undefined : prolonging?.id,
    following: fieldsOf(request.query)('follow') === '1',
    timeZone: parts.timeZone,
    now: parts.now(),
  })
}

/** `POST /requests/ID/withdraw` */
export async function withdrawRequest(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const form = await readForm(request, parts.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(parts, request)
  const back = `/requests/${matched.parameters['id']!}`
  if (!session) return detour(parts, request, { back })
  const found = mine(parts, session, matched)
  if (!found) return notFound(request)
  try {
    await parts.requests.withdraw(found.id, acting(session, request))
    return backTo(request, back, 'withdrawn')
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error
    return backTo(request, back, error.code)
  }
}

/** `POST /grants/end`, field `grant`: only one's own, and only one that runs or will. */
export async function giveBack(parts: WebParts, request: PageRequest): Promise<Reply> {
  const form = await readForm(request, parts.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: '/' })
  const wanted = form.fields('grant')
  const grant = grantsOf(parts, session).find((own) => own.id === wanted)
  if (!grant) return notFound(request)
  const from = parts.requests.of(session.subject).find((one) => one.grant === grant.id && one.state === 'approved')
  const back = from === undefined ? '/' : `/requests/${from.id}`
  try {
    const ended = await parts.grants.revoke(grant.id, actor(session))
    return backTo(request, back, ended ? 'returned' : 'not_returned')
  } catch (error) {
    if (!(error instanceof GrantRefused)) throw error
    return backTo(request, back, 'not_returned')
  }
}

/** A request with what a page says about it beside what stands in it. */
export function viewOf(parts: Pick<WebParts, 'config' | 'grants'>, request: GrantRequest): RequestView {
  const id = request.grant ?? request.extends
  return {
    request,
    // An app that left the configuration has only its name left.
    title: parts.config().apps.get(request.app)?.title ?? request.app,
    grant: id === undefined ? undefined : grantsOf(parts, { subject: request.by }).find((grant) => grant.id === id),
  }
}

/** All that count for this person and app, also those that are over or begin later. */
export function grantsOf(
  parts: Pick<WebParts, 'config' | 'grants'>,
  { subject }: { readonly subject: Pick<Session['subject'], 'provider' | 'sub' | 'email'> },
): readonly Grant[] {
  return [...parts.config().apps.keys()].flatMap((app) => parts.grants.of(subject, app))
}

/** An approver who opens the link of whoever asked finds the page of those who decide. */
function forApprovers(parts: WebParts, request: PageRequest, { subject }: Session, matched: Matched): Reply {
  const found = parts.requests.get(matched.parameters['id']!)
  if (!found || !parts.requests.concerns(subject, found)) return notFound(request)
  return redirect(request, `/approvals/${found.id}`)
}

/** An id of somebody else's request finds nothing, like one that never was. */
function mine(parts: WebParts, { subject }: Session, matched: Matched): GrantRequest | undefined {
  return parts.requests.of(subject).find((one) => one.id === matched.parameters['id'])
}
