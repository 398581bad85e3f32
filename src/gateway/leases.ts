// A decision is a lease: the same question gets the same answer until it ends. The hot path is a look-up here.

import type { Session } from '../identity/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import { decide } from '../policy/decide.ts'
import type { Decision } from '../policy/decision.ts'
import type { Policy } from '../policy/policy.ts'

export interface Leases {
  /** Decides, or repeats what was decided for the same session, app, class of request, address and facts. */
  decide(policy: Policy, session: Session | undefined, access: AccessRequest): Decision
}

interface Lease {
  readonly decision: Decision
  /** Compared by identity: whoever changes facts makes a new object. */
  readonly device: AccessRequest['device']
  readonly grants: AccessRequest['grants']
  readonly networks: AccessRequest['network']['names']
}

const perSession = 256

export function createLeases(): Leases {
  // A session record is a new object after every change, a policy after every reload: old leases are never found.
  const bySession = new WeakMap<Session, Map<Policy, Map<string, Lease>>>()
  return {
    decide(policy, session, access) {
      if (session === undefined) return decide(policy, access)
      const leases = leasesOf(bySession, session, policy)
      const key = `${access.network.address} ${policy.classify(access.method, access.path)}`
      const held = leases.get(key)
      if (held !== undefined && access.now < held.decision.validUntil && sameFacts(held, access)) return held.decision
      const decision = capped(decide(policy, access), session)
      if (leases.size >= perSession) leases.clear()
      leases.set(key, { decision, device: access.device, grants: access.grants, networks: access.network.names })
      return decision
    },
  }
}

function leasesOf(
  all: WeakMap<Session, Map<Policy, Map<string, Lease>>>,
  session: Session,
  policy: Policy,
): Map<string, Lease> {
  let policies = all.get(session)
  if (policies === undefined) all.set(session, (policies = new Map()))
  let leases = policies.get(policy)
  if (leases === undefined) {
    if (policies.size >= perSession) policies.clear()
    policies.set(policy, (leases = new Map()))
  }
  return leases
}

function sameFacts(lease: Lease, access: AccessRequest): boolean {
  return lease.device === access.device && lease.grants === access.grants && lease.networks === access.network.names
}

/** No decision outlives its session. */
export function capped(decision: Decision, session: Session): Decision {
  return decision.validUntil <= session.endsAt ? decision : { ...decision, validUntil: session.endsAt }
}
