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
  readonly address: string
  readonly kind: string
  readonly decision: Decision
  /** Compared by identity: whoever changes facts makes a new object. */
  readonly device: AccessRequest['device']
  readonly grants: AccessRequest['grants']
  readonly networks: AccessRequest['network']['names']
}

/** Those of one session at one app. */
interface Held {
  /** Most people go on where they are. */
  last: Lease | undefined
  readonly all: Map<string, Lease>
}

const perSession = 256

export function createLeases(): Leases {
  // A session record is a new object after every change, a policy after every reload: old leases are never found.
  const bySession = new WeakMap<Session, Map<Policy, Held>>()
  return {
    decide(policy, session, access) {
      if (session === undefined) return decide(policy, access)
      const held = heldBy(bySession, session, policy)
      const { address } = access.network
      const kind = policy.classify(access.method, access.path)
      const { last } = held
      const found = last?.kind === kind && last.address === address ? last : held.all.get(`${address} ${kind}`)
      if (found !== undefined && access.now < found.decision.validUntil && sameFacts(found, access)) {
        held.last = found
        return found.decision
      }
      const decision = capped(decide(policy, access), session)
      if (held.all.size >= perSession) held.all.clear()
      const { device, grants, network } = access
      held.last = { address, kind, decision, device, grants, networks: network.names }
      held.all.set(`${address} ${kind}`, held.last)
      return decision
    },
  }
}

function heldBy(all: WeakMap<Session, Map<Policy, Held>>, session: Session, policy: Policy): Held {
  let policies = all.get(session)
  if (policies === undefined) all.set(session, (policies = new Map()))
  let held = policies.get(policy)
  if (held === undefined) {
    if (policies.size >= perSession) policies.clear()
    policies.set(policy, (held = { last: undefined, all: new Map() }))
  }
  return held
}

function sameFacts(lease: Lease, access: AccessRequest): boolean {
  return lease.device === access.device && lease.grants === access.grants && lease.networks === access.network.names
}

/** No decision outlives its session. */
export function capped(decision: Decision, session: Session): Decision {
  return decision.validUntil <= session.endsAt ? decision : { ...decision, validUntil: session.endsAt }
}
