// Where on our own pages somebody is, and how many requests wait for them.

import { consoleRole } from '../admin/roles.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Nav } from './navigation.ts'
import type { WebParts } from './dependencies.ts'

export function navOf(parts: Pick<WebParts, 'requests' | 'config'>, session: Session, current: Nav['current']): Nav {
  const { subject } = session
  const waiting = waitingFor(parts, session)
  return {
    current,
    waiting: waiting > 0 || parts.requests.approves(subject) ? waiting : undefined,
    console: consoleRole(parts, subject) !== undefined,
  }
}

/** Requests and reviews this person could see to now. */
function waitingFor({ requests }: Pick<WebParts, 'requests'>, { subject }: Session): number {
  return requests.awaiting(subject).length + requests.unreviewed(subject).length
}
