// `/admin/reviews`: access reviews (recertification): the list, and one review with the answers its reviewer saved.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { forViewers } from './for-viewers.ts'
import { unpackedAnswers } from './review-form.ts'
import { accountOf, freshMfa, needsProof, showReview } from './show-review.ts'
import { redirectToStepUp } from '../sign-in/step-up.ts'
import { fieldsOf } from '../kit/form.ts'
import { notFound } from '../errors/error-pages.ts'
import { flashMessageOf } from '../kit/flash-message.ts'
import { reviewsPage } from './reviews-page.ts'
import { navigationOf } from '../kit/current-page.ts'
import type { PageRequest, Reply } from '../kit/reply.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

export async function reviews(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return forViewers(deps, request, async (session, role) => {
    const standing = await deps.reviews.statuses()
    const account = accountOf(session)
    const saved =
      role === 'admin' ? await Promise.all(standing.map((one) => deps.reviews.answers.savedAt(one, account))) : []
    return reviewsPage(request, {
      session,
      nav: navigationOf(deps, session, 'reviews'),
      notice: flashMessageOf(request),
      standing: standing.map((one, index) => ({ ...one, savedAt: saved[index] })),
      timeZone: timeZoneOf(deps, session),
      now: deps.now(),
    })
  })
}

export async function review(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  return forViewers(deps, request, async (session, role) => {
    const draft = await deps.reviews.draft(matched.parameters['app']!)
    if (draft === undefined) return notFound(request)
    if (role !== 'admin') return showReview(deps, request, session, { draft, role })
    const saved = flashMessageOf(request) === 'saved'
    // Before the first line, so that no answer has to wait for it; a signature long after it asks again and keeps the answers.
    if (!saved && needsProof(deps, session)) {
      return redirectToStepUp(deps, request, {
        back: request.path + request.query,
        stepUp: { level: 'mfa', maxAge: freshMfa, session },
      })
    }
    const typed = await deps.signIn.drafts.find(fieldsOf(request.query)('draft'), request.header('cookie'))
    const sent = typed && unpackedAnswers(draft, typed)
    if (sent !== undefined)
      return showReview(deps, request, session, { draft, role, decisions: sent, notice: 'resumed' })
    const restored = await deps.reviews.answers.restore(draft, accountOf(session))
    const notice = saved ? 'saved' : restored === undefined ? undefined : restored.dropped > 0 ? 'dropped' : 'restored'
    return showReview(deps, request, session, {
      draft,
      role,
      decisions: restored?.decisions,
      notice,
      savedAt: restored?.at,
    })
  })
}
