// Binds a session to the first device that proves itself, and ends a session that is used from another device.

import type { Session } from '../identity/session/session.ts'
import type { Dependencies } from './dependencies.ts'

/** Resolves to false where the binding could not be written: then the device does not count for this request. */
export async function bindDevice(
  parts: Pick<Dependencies, 'sessions'>,
  session: Session,
  device: string,
): Promise<boolean> {
  const written = await parts.sessions.update(session, { device })
  if (written !== undefined) return true
  // Another write came first, perhaps this very device by a parallel request.
  const current = await parts.sessions.read(session.id)
  if (current.state !== 'live') return false
  if (current.session.device === device) return true
  return current.session.device === undefined && bindDevice(parts, current.session, device)
}

/** A session is bound to one device (contract: the first use pins it, another device ends it). */
export async function endSessionOfOtherDevice(parts: Pick<Dependencies, 'sessions'>, session: Session): Promise<void> {
  await parts.sessions.end(session.id, 'session_revoked', { kind: 'system' })
}
