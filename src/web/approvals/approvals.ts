// `/approvals`: what waits for whoever may decide; deciding about one request, ending what came of it, reviewing an emergency.

import { acting } from '../kit/acting.ts'
import {
  approvalForm,
  commentOf,
  isAct,
  lesserAccess,
  placeOf,
  type ApprovalForm,
  type Mistakes,
} from './approval-form.ts'
import { approvalPage } from './approval-page.ts'
import { approvalsPage } from './approvals-page.ts'
import { detour } from '../sign-in/step-up.ts'
import { findDraft } from '../sign-in/form-drafts.ts'
import { fieldsOf, readForm } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { backTo, noticeOf } from '../kit/flash-message.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { grantsOf, viewOf } from '../requests/requests.ts'
import { viewerOf } from '../kit/viewer.ts'
import { navOf } from '../kit/current-page.ts'
import { RequestRefused, type GrantRequest, type Person } from '../../grants/requests/repository.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Device } from '../../policy/device.ts'
import type { Matched, WebParts } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

export async function approvals(parts: WebParts, request: PageRequest): Promise<Reply> {
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: '/approvals' })
  const { subject } = session
  const reviews = parts.requests.unreviewed(subject)
  const since = parts.now() - lately
  const decided = parts.requests.all().filter((one) => {
    if (one.state === 'open' || (one.closed?.at ?? one.askedAt) < since) return false
    return parts.requests.concerns(subject, one) && !reviews.some(({ id }) => id === one.id)
  })
  return approvalsPage(request, {
    session,
    nav: navOf(parts, session, 'approvals'),
    waiting: parts.requests.awaiting(subject).map((one) => viewOf(parts, one)),
    reviews: reviews.map((one) => viewOf(parts, one)),
    decided: decided.slice(0, 30).map((one) => viewOf(parts, one)),
    timeZone: parts.timeZone,
    now: parts.now(),
  })
}

export async function approval(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const session = await viewerOf(parts, request)
  const fields = fieldsOf(request.query)
  if (!session) return detour(parts, request, { back: request.path })
  const found = concerning(parts, session, matched)
  if (!found) return elsewhere(parts, request, session, matched)
  const typed = await findDraft(parts, fields('draft'))
  const act = typed?.['act']
  const form = typed && isAct(act) ? approvalForm(act, (name) => typed[name]) : undefined
  const notice = form ? (typed?.['notice'] === 'proven' ? 'proven' : 'resumed') : noticeOf(request)
  return show(parts, request, session, found, { form, mistakes: {}, notice })
}

/** `POST /approvals/ID`, field `act`. */
export async function decide(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const sent = await readForm(request, parts.config().gateway.origin)
  if (sent.state !== 'read') return badForm(request, sent.state)
  const act = sent.fields('act')
  if (!isAct(act)) return badForm(request, 'malformed')
  const form = approvalForm(act, sent.fields)
  const session = await viewerOf(parts, request)
  const back = `/approvals/${matched.parameters['id']!}`
  if (!session) return detour(parts, request, { back, typed: { ...form, notice: 'resumed' } })
  const found = concerning(parts, session, matched)
  if (!found) return elsewhere(parts, request, session, matched)
  // Where nothing is left to decide, what is wrong with an answer does not matter any more.
  if ((act === 'approve' || act === 'deny') && found.state !== 'open') {
    return backTo(request, back, found.state === 'lapsed' ? 'request_lapsed' : 'request_closed')
  }
  const again = (mistakes: Mistakes) => show(parts, request, session, found, { form, mistakes, notice: undefined })
  try {
    const done = await carryOut(parts, found, form, session, request)
    return typeof done === 'string' ? backTo(request, back, done) : again(done)
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error
    if (error.code === 'mfa_needed') {
      const maxAge = parts.config().apps.get(found.app)?.requests?.freshMfa.approve
      const stepUp = { level: 'mfa', maxAge, session } as const
      return detour(parts, request, { back, typed: { ...form, notice: 'proven' }, stepUp })
    }
    const place = placeOf(error.code)
    return place === 'form' ? backTo(request, back, error.code) : again({ [place]: error.code })
  }
}

/** A word about what was done, or what is wrong with what was typed. */
async function carryOut(
  parts: WebParts,
  found: GrantRequest,
  form: ApprovalForm,
  session: Session,
  request: PageRequest,
): Promise<'approved' | 'agreed' | 'denied' | 'ended' | 'reviewed' | Mistakes> {
  const who = acting(session, request)
  const comment = commentOf(form)
  if (comment === 'too_long') return { comment: 'text_too_long' }
  switch (form.act) {
    case 'approve': {
      const given = lesserAccess(form, found)
      if (given.state === 'mistaken') return given.mistakes
      const { level, duration, comment: word } = given.lesser
      const after = await parts.requests.approve(
        found.id,
        { level, duration, ...(word === undefined ? {} : { comment: word }) },
        who,
      )
      return after.state === 'approved' ? 'approved' : 'agreed'
    }
    case 'deny':
      await parts.requests.deny(found.id, comment.text, who)
      return 'denied'
    case 'review':
      await parts.requests.review(found.id, comment.text, who)
      return 'reviewed'
    case 'end':
      await parts.requests.revoke(found.id, who)
      return 'ended'
    default:
      return never(form.act)
  }
}

async function show(
  parts: WebParts,
  request: PageRequest,
  session: Session,
  found: GrantRequest,
  said: {
    readonly form: ApprovalForm | undefined
    readonly mistakes: Mistakes
    readonly notice: string | undefined
  },
): Promise<Reply> {
  const { subject } = session
  const { apps, providers } = parts.config()
  const now = parts.now()
  const view = viewOf(parts, found)
  const grants = grantsOf(parts, { subject: found.by })
  const running = view.grant !== undefined && view.grant.revokedAt === undefined && view.grant.until > now
  return approvalPage(request, {
    ...view,
    ...said,
    session,
    nav: navOf(parts, session, 'approvals'),
    provider: providers.get(found.by.provider)?.title ?? found.by.provider,
    device: await deviceOf(parts, found),
    lastUsed: await parts.lastUsed(found.by, found.app),
    before: grants
      .filter(({ app, id, from }) => app === found.app && from <= now && (id !== found.grant || found.extends === id))
      .toSorted((a, b) => b.from - a.from)
      .slice(0, 5),
    refused: parts.requests
      .all()
      .filter((one) => one.app === found.app && one.state === 'denied' && one.id !== found.id && same(one.by, found.by))
      .length,
    others: grants
      .filter(({ app, revokedAt, until }) => app !== found.app && revokedAt === undefined && until > now)
      .map((grant) => ({ ...grant, title: apps.get(grant.app)?.title ?? grant.app })),
    mayDecide: parts.requests.awaiting(subject).some(({ id }) => id === found.id),
    mayReview: parts.requests.unreviewed(subject).some(({ id }) => id === found.id),
    mayEnd: found.state === 'approved' && running,
    timeZone: parts.timeZone,
    now,
  })
}

async function deviceOf(parts: WebParts, { device, by, external }: GrantRequest): Promise<Device | undefined> {
  return device === undefined ? undefined : parts.deviceOf(device, { ...by, external })
}

/** An id that concerns somebody else finds nothing, like one that never was. */
function concerning(parts: WebParts, { subject }: Session, matched: Matched): GrantRequest | undefined {
  const found = parts.requests.get(matched.parameters['id']!)
  return found && parts.requests.concerns(subject, found) ? found : undefined
}

/** Whoever asked and opens the approvers' link finds their own page of it. */
function elsewhere(parts: WebParts, request: PageRequest, session: Session, matched: Matched): Reply {
  const own = parts.requests.of(session.subject).find(({ id }) => id === matched.parameters['id'])
  if (!own) return notFound(request)
  return request.method === 'POST'
    ? backTo(request, `/requests/${own.id}`, 'own_request')
    : redirect(request, `/requests/${own.id}`)
}

function same(one: Person, other: Person): boolean {
  return one.provider === other.provider && one.sub === other.sub
}

/** Milliseconds. */
const lately = 14 * 86_400_000
