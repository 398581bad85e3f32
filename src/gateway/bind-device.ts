// Binds a session to the first authenticated device, and ends a session that is used from another device.

import type { Session } from '../identity/session/session.ts'
import type { Dependencies } from './dependencies.ts'

/** Resolves to false when the binding could not be written: the device then does not count for this request. */
export async function bindDevice(
  parts: Pick<Dependencies, 'sessions'>,
  session: Session,
  device: string,
): Promise<boolean> {
  const written = await parts.sessions.update(session, { device })
  if (written !== undefined) return true
  // Compare-and-set conflict: perhaps a parallel request bound the same device.
  const current = await parts.sessions.read(session.id)
  if (current.state !== 'live') return false
  if (current.session.device === device) return true
  return current.session.device === undefined && bindDevice(parts, current.session, device)
}

/** Ends a session that was presented by a device other than the one it is bound to. */
export async function endSessionOfOtherDevice(parts: Pick<Dependencies, 'sessions'>, session: Session): Promise<void> {
  await parts.sessions.end(session.id, 'session_revoked', { kind: 'system' })
}
