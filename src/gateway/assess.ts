// Gathers what one decision may look at: person, device, grants, network, clock.

import type { Identified } from '../devices/devices.ts'
import type { Session } from '../identity/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Site } from './applied.ts'
import type { CanonicalRequest } from './canonical.ts'
import type { Confirmed } from './confirm.ts'
import type { Parts } from './parts.ts'

const noDevice: Identified = { device: { state: 'absent' }, pin: undefined }

/** A plain value when nothing had to be asked: the normal case. */
export function assess(
  parts: Parts,
  site: Site,
  who: Confirmed,
  request: CanonicalRequest,
): AccessRequest | Promise<AccessRequest> {
  const session = who.state === 'live' ? who.session : undefined
  const now = parts.now()
  const gather = ({ device }: Identified): AccessRequest => ({
    identity: session && parts.standing(session).identity,
    absence: who.state === 'none' ? who.absence : 'no_session',
    device,
    grants: session === undefined ? [] : parts.grants.of(session.subject, site.app.name),
    network: { address: request.address, names: parts.applied().networksOf(request.address) },
    method: actionOf(request),
    path: request.path,
    now,
  })
  // A stranger's posture is nobody's: nothing is verified for them.
  if (session === undefined) return gather(noDevice)
  const found = parts.devices.identify({
    header: request.header,
    peer: request.peer,
    method: request.method,
    host: request.host,
    target: request.target,
    pinned: session.device,
    person: session.subject,
    now,
  })
  if (found instanceof Promise) return found.then((answer) => bound(parts, session, answer)).then(gather)
  if (found.pin === undefined && !isForeign(session, found)) return gather(found)
  return bound(parts, session, found).then(gather)
}

/**
 * The first device that proves itself belongs to the session from now on; what cannot be written down does not count.
 * Another device than that ends the session.
 */
async function bound(parts: Parts, session: Session, found: Identified): Promise<Identified> {
  if (isForeign(session, found)) await parts.sessions.end(session.id, 'session_revoked', { kind: 'system' })
  if (found.pin === undefined) return found
  const written = await parts.sessions.update(session, { device: found.pin })
  if (written !== undefined) return found
  // Something else was written at the same moment, perhaps this very device by a parallel request.
  const current = await parts.sessions.read(session.id)
  if (current.state !== 'live') return noDevice
  if (current.session.device === found.pin) return found
  return current.session.device === undefined ? bound(parts, current.session, found) : noDevice
}

/** Another device than the one the session belongs to. Without one, a mismatch is for the rules that ask for a device. */
export function isForeign(session: Session, { device }: Pick<Identified, 'device'>): boolean {
  return device.state === 'mismatch' && session.device !== undefined
}

/** A WebSocket begins with GET and then writes: policy judges it as RFC 8441 opens it, which no rule counts as reading. */
export function actionOf(request: Pick<CanonicalRequest, 'method' | 'upgrade'>): string {
  return request.upgrade === undefined ? request.method : 'CONNECT'
}

/** The same request later: for connections that are still open. */
export function assessAgain(
  parts: Parts,
  earlier: AccessRequest,
  session: Session,
  app: string,
): AccessRequest | Promise<AccessRequest> {
  const known = earlier.device.state === 'known' ? earlier.device.posture.deviceId : session.device
  const device = known === undefined ? earlier.device : parts.devices.current(known, session.subject)
  const gather = (device: AccessRequest['device']): AccessRequest => ({
    ...earlier,
    identity: parts.standing(session).identity,
    device,
    grants: parts.grants.of(session.subject, app),
    network: { ...earlier.network, names: parts.applied().networksOf(earlier.network.address) },
    now: parts.now(),
  })
  return device instanceof Promise ? device.then(gather) : gather(device)
}
