// `/admin/reviews`: which app was reviewed when, who can reach one and by what; keeping or ending each line, and signing.

import { consoleRole, type ConsoleRole } from './roles.ts'
import { detour, isFresh } from '../sign-in/step-up.ts'
import { findDraft } from '../sign-in/form-drafts.ts'
import { fieldsOf, readForm, type Fields } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { backTo, noticeOf } from '../kit/flash-message.ts'
import { language, type PageRequest, type Reply } from '../kit/reply.ts'
import { reviewPage, type Decisions } from './review-page.ts'
import { reviewsPage } from './reviews-page.ts'
import { actor, viewerOf } from '../kit/viewer.ts'
import { navOf } from '../kit/current-page.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Matched, WebParts } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

/** Milliseconds: a signature is given by whoever is there now. */
const freshMfa = 15 * 60_000

export async function reviews(parts: WebParts, request: PageRequest): Promise<Reply> {
  return forViewers(parts, request, async (session) =>
    reviewsPage(request, {
      session,
      nav: navOf(parts, session, 'reviews'),
      notice: noticeOf(request),
      standing: await parts.reviews.standing(),
      timeZone: parts.timeZone,
      now: parts.now(),
    }),
  )
}

export async function review(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  return forViewers(parts, request, async (session, role) => {
    const draft = await parts.reviews.draft(matched.parameters['app']!)
    if (draft === undefined) return notFound(request)
    const typed = await findDraft(parts, fieldsOf(request.query)('draft'))
    const same = typed?.['digest'] === draft.digest
    const decisions = typed && same ? unpacked(draft, typed['decisions'] ?? '') : undefined
    const notice = typed === undefined ? undefined : same ? 'proven' : 'changed'
    return show(parts, request, session, { draft, role, decisions, notice })
  })
}

/** `POST /admin/reviews/APP`: a field `line-ID` for each line, and `digest`. */
export async function signReview(parts: WebParts, request: PageRequest, matched: Matched): Promise<Reply> {
  const form = await readForm(request, parts.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  return forViewers(parts, request, async (session, role) => {
    if (role !== 'admin') return notFound(request)
    const app = matched.parameters['app']!
    const draft = await parts.reviews.draft(app)
    if (draft === undefined) return notFound(request)
    const decisions = decisionsOf(draft, form.fields)
    const digest = form.fields('digest') ?? ''
    if (mayProve(parts, session) && !isFresh(session, freshMfa, parts.now())) {
      const typed = { digest, decisions: packed(draft, decisions) }
      const stepUp = { level: 'mfa', maxAge: freshMfa, session } as const
      return detour(parts, request, { back: `/admin/reviews/${app}`, typed, stepUp })
    }
    const { subject } = session
    const { authTime } = session.authentication
    const signed = await parts.reviews.sign(app, {
      digest,
      decisions,
      reviewer: {
        name: subject.name ?? subject.email ?? subject.sub,
        account: `${subject.provider}|${subject.sub}`,
        secondFactor:
          authTime !== undefined && isFresh(session, freshMfa, parts.now())
            ? new Date(authTime).toISOString()
            : undefined,
      },
      actor: actor(session),
      language: language(request),
    })
    switch (signed.state) {
      case 'signed':
        return backTo(request, '/admin/reviews', signed.takeOut.length === 0 ? 'signed' : 'take_out')
      case 'unknown_app':
        return notFound(request)
      case 'changed':
      case 'undecided': {
        const newest = (await parts.reviews.draft(app)) ?? draft
        return show(parts, request, session, { draft: newest, role, decisions, notice: signed.state })
      }
      default:
        return never(signed)
    }
  })
}

function show(
  parts: WebParts,
  request: PageRequest,
  session: Session,
  shown: {
    readonly draft: Draft
    readonly role: ConsoleRole
    readonly decisions: Decisions | undefined
    readonly notice: string | undefined
  },
): Reply {
  return reviewPage(request, {
    ...shown,
    session,
    nav: navOf(parts, session, 'reviews'),
    asksForProof: mayProve(parts, session) && !isFresh(session, freshMfa, parts.now()),
    timeZone: parts.timeZone,
    now: parts.now(),
  })
}

/** Can this person's provider prove a second factor at all? */
function mayProve(parts: WebParts, { subject }: Session): boolean {
  const mfa = parts.config().providers.get(subject.provider)?.mfa
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

/** One letter a line: what is kept while somebody proves their second factor is bounded. */
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
  parts: WebParts,
  request: PageRequest,
  show: (session: Session, role: ConsoleRole) => Promise<Reply>,
): Promise<Reply> {
  const session = await viewerOf(parts, request)
  if (!session) return detour(parts, request, { back: request.path })
  const role = consoleRole(parts, session.subject)
  return role === undefined ? notFound(request) : show(session, role)
}
