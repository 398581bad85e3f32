// Builds the navigation state of a page: current entry, number of requests awaiting the user, admin pages or not.

import { adminRole } from '../admin/roles.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from './navigation.ts'
import type { WebDependencies } from './dependencies.ts'

export function navigationOf(
  deps: Pick<WebDependencies, 'requests' | 'config'>,
  session: Session,
  current: Navigation['current'],
): Navigation {
  const { subject } = session
  const waiting = awaitingCount(deps, session)
  return {
    current,
    awaitingCount: waiting > 0 || deps.requests.isApprover(subject) ? waiting : undefined,
    console: adminRole(deps, subject) !== undefined,
  }
}

/** Number of requests and emergency reviews this user can act on now. */
function awaitingCount({ requests }: Pick<WebDependencies, 'requests'>, { subject }: Session): number {
  return requests.awaitingDecision(subject).length + requests.unreviewed(subject).length
}
