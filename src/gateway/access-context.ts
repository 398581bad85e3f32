// Builds the access request, the attributes of one decision: user, device, grants, network, time. No side effect.

import { andThen } from '../async/and-then.ts'
import type { DeviceIdentification } from '../devices/devices.ts'
import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { AppRuntime } from './active-config.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { CanonicalTarget } from './canonical/request-target.ts'
import type { AuthenticationResult } from './idp-freshness.ts'
import type { Dependencies } from './dependencies.ts'

export interface AccessFacts {
  readonly access: AccessRequest
  /** Id of a device that was just authenticated and to which `enforce` binds the session; undefined: nothing to bind. */
  readonly deviceToBind: string | undefined
}

const noDevice: DeviceIdentification = { device: { state: 'absent' }, pin: undefined }

/** Returns a plain value, not a promise, unless a store or posture source had to be queried: the normal case. */
export function buildAccessRequest(
  deps: Dependencies,
  app: AppRuntime,
  who: AuthenticationResult,
  request: CanonicalRequest,
  destination?: CanonicalTarget,
): AccessFacts | Promise<AccessFacts> {
  const session = who.state === 'live' ? who.session : undefined
  const now = deps.now()
  const build = ({ device, pin }: DeviceIdentification): AccessFacts => ({
    access: {
      identity: session && deps.principalOf(session).identity,
      absence: who.state === 'none' ? who.absence : 'no_session',
      device,
      grants: session === undefined ? [] : deps.grants.of(session.subject, app.config.name),
      network: { address: request.address, names: networkNames(deps, request.address) },
      method: policyMethod(request),
      path: request.path,
      destination: destination?.path,
      now,
    },
    deviceToBind: pin,
  })
  // Device posture is verified for a subject; without a session there is none.
  if (session === undefined) return build(noDevice)
  const found = deps.devices.identify({
    header: request.header,
    peer: request.peer,
    method: request.method,
    host: request.host,
    target: request.normalTarget,
    destination: destination && destination.wire + destination.query,
    pinned: session.device,
    person: session.subject,
    now,
  })
  return andThen(found, build)
}

/** An unknown address is in no network; that it is unknown keeps it from disarming a deny. */
function networkNames(deps: Dependencies, address: string | undefined): ReadonlySet<string> {
  return address === undefined ? noNetworks : deps.activeConfig().networksOf(address)
}

const noNetworks: ReadonlySet<string> = new Set()

/** A WebSocket opens with GET and then writes: policy sees CONNECT, as in RFC 8441, which no rule treats as read-only. */
export function policyMethod(request: Pick<CanonicalRequest, 'method' | 'upgrade'>): string {
  return request.upgrade === undefined ? request.method : 'CONNECT'
}

/** Rebuilds the access request of an open connection with current attributes. */
export function rebuildAccessRequest(
  deps: Dependencies,
  earlier: AccessRequest,
  session: Session,
  app: string,
): AccessRequest | Promise<AccessRequest> {
  const known = earlier.device.state === 'known' ? earlier.device.posture.deviceId : session.device
  const current = known === undefined ? earlier.device : deps.devices.current(known, session.subject)
  return andThen(current, (device) => ({
    ...earlier,
    identity: deps.principalOf(session).identity,
    device,
    grants: deps.grants.of(session.subject, app),
    network: { address: earlier.network.address, names: networkNames(deps, earlier.network.address) },
    now: deps.now(),
  }))
}
