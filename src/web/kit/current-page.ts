// Where on our own pages somebody is, and how many requests wait for them.

import { adminRole } from '../admin/roles.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Nav } from './navigation.ts'
import type { WebDependencies } from './dependencies.ts'

export function navigationOf(
  parts: Pick<WebDependencies, 'requests' | 'config'>,
  session: Session,
  current: Nav['current'],
): Nav {
  const { subject } = session
  const waiting = waitingFor(parts, session)
  return {
    current,
    waiting: waiting > 0 || parts.requests.approves(subject) ? waiting : undefined,
    console: adminRole(parts, subject) !== undefined,
  }
}

/** Requests and reviews this person could see to now. */
function waitingFor({ requests }: Pick<WebDependencies, 'requests'>, { subject }: Session): number {
  return requests.awaitingDecision(subject).length + requests.unreviewed(subject).length
}
