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
  last: Lease
  /** By address and class of request, once there are several. */
  all: Map<string, Lease> | undefined
}

/** Leases: of one session at one app, and of all, about 400 bytes each. */
const mostAtOneApp = 256
const mostAtAll = 200_000
/** Milliseconds: by default no decision is good for longer. */
const keptFor = 60_000

export function createLeases(): Leases {
  // A session record is a new object after every change, a policy after every reload: old leases are never found. By app
  // first: there are few, and a map for each session would take more than what it holds.
  const byPolicy = new Map<Policy, Map<Session, Held>>()
  let count = 0
  /** Epoch milliseconds: when all began anew, so that no session and no policy is remembered that has passed. */
  let since = -Infinity

  const hold = (policy: Policy, session: Session, lease: Lease, now: number): void => {
    if (count >= mostAtAll || Math.abs(now - since) >= keptFor) {
      byPolicy.clear()
      count = 0
      since = now
    }
    count++
    let sessions = byPolicy.get(policy)
    if (sessions === undefined) byPolicy.set(policy, (sessions = new Map()))
    const held = sessions.get(session)
    if (held === undefined) sessions.set(session, { last: lease, all: undefined })
    else add(held, lease)
  }

  return {
    decide(policy, session, access) {
      if (session === undefined) return decide(policy, access)
      const { address, names } = access.network
      const kind = policy.classify(access.method, access.path)
      const held = byPolicy.get(policy)?.get(session)
      const found = held && find(held, address, kind)
      if (found !== undefined && access.now < found.decision.validUntil && sameFacts(found, access))
        return found.decision
      const decision = capped(decide(policy, access), session)
      const { device, grants, now } = access
      hold(policy, session, { address, kind, decision, device, grants, networks: names }, now)
      return decision
    },
  }
}

function find(held: Held, address: string, kind: string): Lease | undefined {
  const { last, all } = held
  if (last.kind === kind && last.address === address) return last
  const found = all?.get(nameOf(address, kind))
  if (found !== undefined) held.last = found
  return found
}

function add(held: Held, lease: Lease): void {
  const { last } = held
  held.last = lease
  if (last.kind === lease.kind && last.address === lease.address && held.all === undefined) return
  held.all ??= new Map([[nameOf(last.address, last.kind), last]])
  if (held.all.size >= mostAtOneApp) held.all.clear()
  held.all.set(nameOf(lease.address, lease.kind), lease)
}

function nameOf(address: string, kind: string): string {
  return `${address} ${kind}`
}

function sameFacts(lease: Lease, access: AccessRequest): boolean {
  return lease.device === access.device && lease.grants === access.grants && lease.networks === access.network.names
}

/** No decision outlives its session. */
export function capped(decision: Decision, session: Session): Decision {
  return decision.validUntil <= session.endsAt ? decision : { ...decision, validUntil: session.endsAt }
}
