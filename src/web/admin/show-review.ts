// Shows one access review to its reviewer or to a viewer, and says whether signing needs the second factor first.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import type { AdminRole } from './roles.ts'
import { reviewPage, type ReviewNotice } from './review-page.ts'
import { isFresh } from '../sign-in/step-up.ts'
import { navigationOf } from '../kit/current-page.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Decisions } from '../../grants/reviews/saved-answers.ts'
import type { PageRequest, Reply } from '../kit/reply.ts'
import type { Session } from '../../identity/session/session.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** Milliseconds: maximum age of the second factor for a signature. */
export const freshMfa = 15 * 60_000

export function showReview(
  deps: WebDependencies,
  request: PageRequest,
  session: Session,
  shown: {
    readonly draft: Draft
    readonly role: AdminRole
    readonly decisions?: Decisions | undefined
    readonly notice?: ReviewNotice | undefined
    readonly savedAt?: number | undefined
  },
): Reply {
  return reviewPage(request, {
    decisions: undefined,
    notice: undefined,
    savedAt: undefined,
    ...shown,
    session,
    nav: navigationOf(deps, session, 'reviews'),
    asksForProof: needsProof(deps, session),
    timeZone: timeZoneOf(deps, session),
    now: deps.now(),
  })
}

/** Where the user's provider is configured to report a second factor (`amr` or `acr`), it has to be recent. */
export function needsProof(deps: WebDependencies, session: Session): boolean {
  const mfa = deps.config().providers.get(session.subject.provider)?.mfa
  const supported = mfa !== undefined && mfa.amrAny.length + mfa.acrAny.length > 0
  return supported && !isFresh(session, freshMfa, deps.now())
}

/** The account saved answers belong to. */
export function accountOf({ subject }: Session): string {
  return subjectKey(subject)
}
