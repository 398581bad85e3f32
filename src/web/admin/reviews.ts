// `/admin/reviews`: access reviews (recertification): list, one review, and signing with a step-up.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { adminRole, type AdminRole } from './roles.ts'
import { redirectToStepUp, isFresh } from '../sign-in/step-up.ts'
import { fieldsOf, readForm, type Fields } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { redirectBack, flashMessageOf } from '../kit/flash-message.ts'
import { language, type PageRequest, type Reply } from '../kit/reply.ts'
import { reviewPage, type Decisions } from './review-page.ts'
import { reviewsPage } from './reviews-page.ts'
import { actor, viewerOf } from '../kit/viewer.ts'
import { navigationOf } from '../kit/current-page.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

/** Milliseconds: maximum age of the second factor for a signature. */
const freshMfa = 15 * 60_000

export async function reviews(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return forViewers(deps, request, async (session) =>
    reviewsPage(request, {
      session,
      nav: navigationOf(deps, session, 'reviews'),
      notice: flashMessageOf(request),
      standing: await deps.reviews.statuses(),
      timeZone: timeZoneOf(deps, session),
      now: deps.now(),
    }),
  )
}

export async function review(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return forViewers(deps, request, async (session, role) => {
    const draft = await deps.reviews.draft(matched.parameters['app']!)
    if (draft === undefined) return notFound(request)
    const typed = await deps.signIn.drafts.find(fieldsOf(request.query)('draft'), request.header('cookie'))
    const same = typed?.['digest'] === draft.digest
    const decisions = typed && same ? unpacked(draft, typed['decisions'] ?? '') : undefined
    const notice = typed === undefined ? undefined : same ? 'proven' : 'changed'
    return show(deps, request, session, { draft, role, decisions, notice })
  })
}

/** `POST /admin/reviews/APP`: fields `digest` and `line-ID` (`keep` or `end`) for each line. */
export async function signReview(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  return forViewers(deps, request, async (session, role) => {
    if (role !== 'admin') return notFound(request)
    const app = matched.parameters['app']!
    const draft = await deps.reviews.draft(app)
    if (draft === undefined) return notFound(request)
    const decisions = decisionsOf(draft, form.fields)
    const digest = form.fields('digest') ?? ''
    if (supportsMfa(deps, session) && !isFresh(session, freshMfa, deps.now())) {
      const typed = { digest, decisions: packed(draft, decisions) }
      const stepUp = { level: 'mfa', maxAge: freshMfa, session } as const
      return redirectToStepUp(deps, request, { back: `/admin/reviews/${app}`, typed, stepUp })
    }
    const { subject } = session
    const { authTime } = session.authentication
    const signed = await deps.reviews.sign(app, {
      digest,
      decisions,
      reviewer: {
        name: subject.name ?? subject.email ?? subject.sub,
        account: `${subject.provider}|${subject.sub}`,
        secondFactor:
          authTime !== undefined && isFresh(session, freshMfa, deps.now())
            ? new Date(authTime).toISOString()
            : undefined,
      },
      actor: actor(session),
      language: language(request),
    })
    switch (signed.state) {
      case 'signed':
        return redirectBack(request, '/admin/reviews', signed.takeOut.length === 0 ? 'signed' : 'take_out')
      case 'unknown_app':
        return notFound(request)
      case 'changed':
      case 'undecided': {
        const newest = (await deps.reviews.draft(app)) ?? draft
        return show(deps, request, session, { draft: newest, role, decisions, notice: signed.state })
      }
      default:
        return never(signed)
    }
  })
}

function show(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  shown: {
    readonly draft: Draft
    readonly role: AdminRole
    readonly decisions: Decisions | undefined
    readonly notice: string | undefined
  },
): Reply {
  return reviewPage(request, {
    ...shown,
    session,
    nav: navigationOf(deps, session, 'reviews'),
    asksForProof: supportsMfa(deps, session) && !isFresh(session, freshMfa, deps.now()),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

/** Whether the user's provider is configured to report a second factor (`amr` or `acr`). */
function supportsMfa(deps: WebDependencies, { subject }: Session): boolean {
  const mfa = deps.config().providers.get(subject.provider)?.mfa
  return mfa !== undefined && mfa.amrAny.length + mfa.acrAny.length > 0
}

function decisionsOf({ lines }: Draft, fields: Fields): Decisions {
  const found = new Map<string, 'keep' | 'end'>()
  for (const { id } of lines) {
    const value = fields(`line-${id}`)
    if (value === 'keep' || value === 'end') found.set(id, value)
  }
  return found
}

/** One letter per line, because the size of a draft kept during a step-up is limited. */
function packed({ lines }: Draft, decisions: Decisions): string {
  return lines.map(({ id }) => decisions.get(id)?.[0] ?? '-').join('')
}

function unpacked({ lines }: Draft, letters: string): Decisions {
  const found = new Map<string, 'keep' | 'end'>()
  lines.forEach(({ id }, index) => {
    if (letters[index] === 'k') found.set(id, 'keep')
    else if (letters[index] === 'e') found.set(id, 'end')
  })
  return found
}

async function forViewers(
  deps: WebDependencies,
  request: PageRequest,
  show: (session: Session, role: AdminRole) => Promise<Reply>,
): Promise<Reply> {
  const session = await viewerOf(deps, request)
  if (!session) return redirectToStepUp(deps, request, { back: request.path })
  const role = adminRole(deps, session.subject)
  return role === undefined ? notFound(request) : show(session, role)
}
