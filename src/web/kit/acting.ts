// Builds the `ActingUser` of a form post from the session: the user to whom an action on grants is attributed.

import type { ActingUser } from '../../grants/requests/repository.ts'
import type { Session } from '../../identity/session/session.ts'
import type { PageRequest } from './reply.ts'

export function actingUser(session: Session, request: PageRequest): ActingUser {
  const { subject, authentication, id, device } = session
  return { kind: 'person', subject, authentication, session: id, device, address: request.address }
}
