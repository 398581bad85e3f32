// Selects the emergency access that the pages of a user announce: their own, and what they oversee as reviewer or admin.

import { timeZoneOf } from '../../identity/users/time-zone.ts'
import { approverNames } from '../requests/approver-names.ts'
import { emergencyUser, isOwnEmergency, openEmergencies, type Emergency } from '../../grants/emergency/emergencies.ts'
import type { Session } from '../../identity/session/session.ts'
import type { EmergencyNotice, EmergencyNotices } from './emergency-banner.ts'
import type { WebDependencies } from './dependencies.ts'
import type { Language } from './language.ts'

/** Milliseconds for which overseers without the right to review see that an emergency has ended. */
const endedFor = 24 * 3_600_000

/** Undefined when there is nothing to announce, which costs one pass over the requests in memory. */
export function emergencyNotices(
  deps: Pick<WebDependencies, 'requests' | 'grants' | 'config' | 'timeZone' | 'now'>,
  session: Session,
): EmergencyNotices | undefined {
  const { subject } = session
  const now = deps.now()
  const open = openEmergencies(deps, now)
  if (open.length === 0) return undefined
  const { apps } = deps.config()
  const noticeOf = ({ request, since, until, endedAt }: Emergency): EmergencyNotice => ({
    id: request.id,
    grant: request.grant,
    user: emergencyUser(request),
    app: apps.get(request.app)?.title ?? request.app,
    reason: request.reason,
    since,
    until: endedAt ?? until,
    reviewBy: request.reviewBy,
  })
  const own = open.filter((one) => one.endedAt === undefined && isOwnEmergency(one, subject))
  const overseen = open.filter((one) => deps.requests.mayView(subject, one.request))
  const reviewable = new Set(deps.requests.unreviewed(subject).map(({ id }) => id))
  const notices = {
    running: overseen.filter(({ endedAt }) => endedAt === undefined).map(noticeOf),
    own: own.map((one) => ({
      ...noticeOf(one),
      told: (language: Language) => {
        const app = apps.get(one.request.app)
        const reviewers = app?.emergency?.reviewers ?? app?.requests?.approvers
        return approverNames(reviewers, deps.config(), subject.email, language, 'all of them')
      },
    })),
    ended: overseen
      .filter(
        ({ endedAt, request }) => endedAt !== undefined && (reviewable.has(request.id) || now < endedAt + endedFor),
      )
      .map((one) => ({ ...noticeOf(one), mayReview: reviewable.has(one.request.id) })),
  }
  const none = notices.running.length + notices.own.length + notices.ended.length === 0
  return none ? undefined : { ...notices, timeZone: timeZoneOf(deps, session), now }
}
