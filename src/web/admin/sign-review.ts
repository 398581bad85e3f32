// Answers to an access review: saves them for later, or signs them with a step-up.

import { forViewers } from './for-viewers.ts'
import { decisionsOf, explicitOf, packedAnswers } from './review-form.ts'
import { accountOf, freshMfa, needsProof, showReview } from './show-review.ts'
import { redirectToStepUp, isFresh } from '../sign-in/step-up.ts'
import { readForm, type Fields } from '../kit/form.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { redirectBack } from '../kit/flash-message.ts'
import { language, type PageRequest, type Reply } from '../kit/reply.ts'
import { actor } from '../kit/viewer.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Session } from '../../identity/session/session.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { never } from '../../policy/never.ts'

/** `POST /admin/reviews/APP/draft`: the same fields as for signing, of which any may be missing. Nothing ends. */
export async function saveReview(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return withAnswers(deps, request, matched, async (session, draft, fields) => {
    const decisions = decisionsOf(draft, fields)
    if (fields('digest') !== draft.digest) {
      return showReview(deps, request, session, { draft, role: 'admin', decisions, notice: 'changed' })
    }
    await save(deps, session, draft, fields)
    return redirectBack(request, `/admin/reviews/${draft.app}`, 'saved')
  })
}

/** `POST /admin/reviews/APP`: fields `digest` and `line-ID` (`keep` or `end`) for each line. */
export async function signReview(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return withAnswers(deps, request, matched, async (session, draft, fields) => {
    const { app } = draft
    const digest = fields('digest') ?? ''
    // Whatever comes of the signature, the answers are kept; those to other lines than these hold for nothing.
    if (digest === draft.digest) await save(deps, session, draft, fields)
    if (needsProof(deps, session)) {
      const stepUp = { level: 'mfa', maxAge: freshMfa, session } as const
      return redirectToStepUp(deps, request, { back: `/admin/reviews/${app}`, stepUp })
    }
    const decisions = decisionsOf(draft, fields)
    const { subject } = session
    const { authTime } = session.authentication
    const signed = await deps.reviews.sign(app, {
      digest,
      decisions,
      reviewer: {
        name: subject.name ?? subject.email ?? subject.sub,
        account: accountOf(session),
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
        return showReview(deps, request, session, { draft: newest, role: 'admin', decisions, notice: signed.state })
      }
      default:
        return never(signed)
    }
  })
}

function save(deps: WebDependencies, session: Session, draft: Draft, fields: Fields): Promise<void> {
  const explicit = explicitOf(draft, decisionsOf(draft, fields), deps.now())
  return deps.reviews.answers.save(draft.app, accountOf(session), draft.lines, explicit)
}

/** For admins; who has to sign in again finds the answers after it, as far as they fit into a cookie. */
async function withAnswers(
  deps: WebDependencies,
  request: PageRequest,
  matched: RouteMatch,
  act: (session: Session, draft: Draft, fields: Fields) => Promise<Reply>,
): Promise<Reply> {
  const form = await readForm(request, deps.config().gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  const app = matched.parameters['app']!
  return forViewers(
    deps,
    request,
    async (session, role) => {
      const draft = role === 'admin' ? await deps.reviews.draft(app) : undefined
      return draft === undefined ? notFound(request) : act(session, draft, form.fields)
    },
    { back: `/admin/reviews/${app}`, typed: packedAnswers(form) },
  )
}
