// Principal of a session, as policy and audit need it; cached per session record so that requests share the objects.

import type { Actor } from '../audit/event.ts'
import type { Session } from '../identity/session/session.ts'
import type { Identity } from '../policy/access-request.ts'

export interface Principal {
  /** For policy. */
  readonly identity: Identity
  /** For the audit log, which serializes it once. */
  readonly actor: Actor
}

export type PrincipalOf = (session: Session) => Principal

export function createPrincipals(): PrincipalOf {
  // A session record is a new object after every change.
  const bySession = new WeakMap<Session, Principal>()
  return (session) => {
    const known = bySession.get(session)
    if (known !== undefined) return known
    const { subject, authentication, id } = session
    const { provider, sub, email, name, groups } = subject
    const principal: Principal = {
      identity: { subject, authentication },
      actor: { kind: 'person', provider, sub, email, name, groups, session: id },
    }
    bySession.set(session, principal)
    return principal
  }
}

export const anonymousActor: Actor = Object.freeze({ kind: 'stranger' })
