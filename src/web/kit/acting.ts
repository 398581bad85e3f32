// Who does something on a page of ours, as their session proves it.

import type { Acting } from '../../grants/requests/repository.ts'
import type { Session } from '../../identity/session/session.ts'
import type { PageRequest } from './reply.ts'

export function acting(session: Session, request: PageRequest): Acting {
  const { subject, authentication, id, device } = session
  return { kind: 'person', subject, authentication, session: id, device, address: request.address }
}
