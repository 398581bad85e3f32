// Builds the navigation state of a page: current entry, requests awaiting the user, admin pages or not, emergencies.

import { adminRole } from '../admin/roles.ts'
import { emergencyNotices } from './emergency-notices.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from './navigation.ts'
import type { WebDependencies } from './dependencies.ts'

export function navigationOf(
  deps: Pick<WebDependencies, 'requests' | 'grants' | 'config' | 'timeZone' | 'now'>,
  session: Session,
  current: Navigation['current'],
): Navigation {
  const { subject } = session
  const reviewCount = deps.requests.unreviewed(subject).length
  const waiting = deps.requests.awaitingDecision(subject).length + reviewCount
  return {
    current,
    awaitingCount: waiting > 0 || deps.requests.isApprover(subject) ? waiting : undefined,
    reviewCount,
    console: adminRole(deps, subject) !== undefined,
    viewer: { name: subject.name, email: subject.email },
    emergencies: emergencyNotices(deps, session),
  }
}
