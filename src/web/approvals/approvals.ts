// `/approvals`: the approver's inbox; approving or denying a request, revoking its grant, reviewing an emergency.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { actingUser } from '../kit/acting.ts'
import {
  approvalForm,
  commentOf,
  isAction,
  reducedAccess,
  fieldForRejection,
  type ApprovalForm,
  type FieldErrors,
} from './approval-form.ts'
import { approvalPage } from './approval-page.ts'
import { approvalsPage } from './approvals-page.ts'
import { redirectToStepUp } from '../sign-in/step-up.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { redirectBack, flashMessageOf } from '../kit/flash-message.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { grantsOf, viewOf } from '../requests/requests.ts'
import { viewerOf } from '../kit/viewer.ts'
import { navigationOf } from '../kit/current-page.ts'
import { RequestRejected, type GrantRequest, type Person } from '../../grants/requests/repository.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Device } from '../../policy/device.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

export async function approvals(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: '/approvals' })
  const { subject } = session
  const reviews = deps.requests.unreviewed(subject)
  const since = deps.now() - recentWindow
  const decided = deps.requests.all().filter((one) => {
    if (one.state === 'open' || (one.closed?.at ?? one.askedAt) < since) return false
    return deps.requests.mayView(subject, one) && !reviews.some(({ id }) => id === one.id)
  })
  return approvalsPage(request, {
    session,
    nav: navigationOf(deps, session, 'approvals'),
    waiting: deps.requests.awaitingDecision(subject).map((one) => viewOf(deps, one)),
    reviews: reviews.map((one) => viewOf(deps, one)),
    decided: decided.slice(0, 30).map((one) => viewOf(deps, one)),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

export async function approval(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const session = await viewerOf(deps, request)
  const fields = fieldsOf(request.query)
  if (!session) return redirectToStepUp(deps, request, { back: request.path })
  const found = requestFor(deps, session, matched)
  if (!found) return redirectRequester(deps, request, session, matched)
  const typed = await deps.signIn.drafts.find(fields('draft'), request.header('cookie'))
  const act = typed?.['act']
  const form = typed && isAction(act) ? approvalForm(act, (name) => typed[name]) : undefined
  const notice = form ? (typed?.['notice'] === 'proven' ? 'proven' : 'resumed') : flashMessageOf(request)
  return show(deps, request, session, found, { form, errors: {}, notice })
}

/** `POST /approvals/ID`, field `act`. */
export async function decide(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const sent = await readForm(request, deps.config().gateway.origin)
  if (sent.state !== 'read') return badForm(request, sent.state)
  const act = sent.fields('act')
  if (!isAction(act)) return badForm(request, 'malformed')
  const form = approvalForm(act, sent.fields)
  const session = await viewerOf(deps, request)
  const back = `/approvals/${matched.parameters['id']!}`
  if (!session) return redirectToStepUp(deps, request, { back, typed: { ...form, notice: 'resumed' } })
  const found = requestFor(deps, session, matched)
  if (!found) return redirectRequester(deps, request, session, matched)
  // The request is closed already, so validation errors no longer matter.
  if ((act === 'approve' || act === 'deny') && found.state !== 'open') {
    return redirectBack(request, back, found.state === 'lapsed' ? 'request_lapsed' : 'request_closed')
  }
  const again = (errors: FieldErrors) => show(deps, request, session, found, { form, errors, notice: undefined })
  try {
    const done = await applyDecision(deps, found, form, session, request)
    return typeof done === 'string' ? redirectBack(request, back, done) : again(done)
  } catch (error) {
    if (!(error instanceof RequestRejected)) throw error
    if (error.code === 'mfa_needed') {
      const maxAge = deps.config().apps.get(found.app)?.requests?.freshMfa.approve
      const stepUp = { level: 'mfa', maxAge, session } as const
      return redirectToStepUp(deps, request, { back, typed: { ...form, notice: 'proven' }, stepUp })
    }
    const place = fieldForRejection(error.code)
    return place === 'form' ? redirectBack(request, back, error.code) : again({ [place]: error.code })
  }
}

/** Carries out the decision: returns a flash message code, or validation errors. Rejects with `RequestRejected`. */
async function applyDecision(
  deps: WebDependencies,
  found: GrantRequest,
  form: ApprovalForm,
  session: Session,
  request: PageRequest,
): Promise<'approved' | 'agreed' | 'denied' | 'ended' | 'reviewed' | FieldErrors> {
  const who = actingUser(session, request)
  const comment = commentOf(form)
  if (comment === 'too_long') return { comment: 'text_too_long' }
  switch (form.act) {
    case 'approve': {
      const given = reducedAccess(form, found)
      if (given.state === 'mistaken') return given.errors
      const { level, duration, comment: note } = given.lesser
      const after = await deps.requests.approve(
        found.id,
        { level, duration, ...(note === undefined ? {} : { comment: note }) },
        who,
      )
      return after.state === 'approved' ? 'approved' : 'agreed'
    }
    case 'deny':
      await deps.requests.deny(found.id, comment.text, who)
      return 'denied'
    case 'review':
      await deps.requests.review(found.id, comment.text, who)
      return 'reviewed'
    case 'end':
      await deps.requests.revoke(found.id, who)
      return 'ended'
    default:
      return never(form.act)
  }
}

async function show(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  found: GrantRequest,
  said: {
    readonly form: ApprovalForm | undefined
    readonly errors: FieldErrors
    readonly notice: string | undefined
  },
): Promise<Reply> {
  const { subject } = session
  const { apps, providers } = deps.config()
  const now = deps.now()
  const view = viewOf(deps, found)
  const grants = grantsOf(deps, { subject: found.by })
  const running = view.grant !== undefined && view.grant.revokedAt === undefined && view.grant.until > now
  return approvalPage(request, {
    ...view,
    ...said,
    session,
    nav: navigationOf(deps, session, 'approvals'),
    provider: providers.get(found.by.provider)?.title ?? found.by.provider,
    device: await deviceOf(deps, found),
    lastUsed: await deps.lastUsed(found.by, found.app),
    before: grants
      .filter(({ app, id, from }) => app === found.app && from <= now && (id !== found.grant || found.extends === id))
      .toSorted((a, b) => b.from - a.from)
      .slice(0, 5),
    refused: deps.requests
      .all()
      .filter(
        (one) =>
          one.app === found.app && one.state === 'denied' && one.id !== found.id && isSamePerson(one.by, found.by),
      ).length,
    others: grants
      .filter(({ app, revokedAt, until }) => app !== found.app && revokedAt === undefined && until > now)
      .map((grant) => ({ ...grant, title: apps.get(grant.app)?.title ?? grant.app })),
    mayDecide: deps.requests.awaitingDecision(subject).some(({ id }) => id === found.id),
    mayReview: deps.requests.unreviewed(subject).some(({ id }) => id === found.id),
    mayEnd: found.state === 'approved' && running && deps.requests.mayEnd(subject, found),
    timeZone: timeZoneOf(deps, session),
    now,
  })
}

async function deviceOf(deps: WebDependencies, { device, by, external }: GrantRequest): Promise<Device | undefined> {
  return device === undefined ? undefined : deps.deviceOf(device, { ...by, external })
}

/** Undefined for a request that does not concern this user, just as for an unknown id (no enumeration). */
function requestFor(deps: WebDependencies, { subject }: Session, matched: RouteMatch): GrantRequest | undefined {
  const found = deps.requests.get(matched.parameters['id']!)
  return found && deps.requests.mayView(subject, found) ? found : undefined
}

/** A requester who opens the approvers' link is redirected to their own page of the request. */
function redirectRequester(deps: WebDependencies, request: PageRequest, session: Session, matched: RouteMatch): Reply {
  const own = deps.requests.of(session.subject).find(({ id }) => id === matched.parameters['id'])
  if (!own) return notFound(request)
  return request.method === 'POST'
    ? redirectBack(request, `/requests/${own.id}`, 'own_request')
    : redirect(request, `/requests/${own.id}`)
}

function isSamePerson(one: Person, other: Person): boolean {
  return one.provider === other.provider && one.sub === other.sub
}

/** Milliseconds. */
const recentWindow = 14 * 86_400_000
