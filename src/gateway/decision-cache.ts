// Decision cache: a decision is a lease, reused until it expires for the same session, app and attributes.

import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import { decide } from '../policy/decide.ts'
import type { Decision } from '../policy/decision.ts'
import type { Policy } from '../policy/policy.ts'
import { sourceMethod } from '../policy/two-paths.ts'

export interface DecisionCache {
  /** Returns the cached decision for the same session, app, request class, address and attributes, else evaluates. */
  decide(policy: Policy, session: Session | undefined, access: AccessRequest): Decision
}

interface CachedDecision {
  readonly address: string | undefined
  readonly kind: string
  readonly decision: Decision
  readonly facts: CachedFacts
}

/**
 * Attributes compared on a hit, besides the key. The key contains the session (which implies `identity`, and no
 * `absence`), the policy, the address and the class of method and paths; time is covered by the lease's expiry.
 */
type CachedFacts = Omit<AccessRequest, 'now' | 'method' | 'path' | 'destination' | 'identity' | 'absence'>

/**
 * Attributes are compared by object identity: a change creates a new object. An attribute without a comparison does not
 * compile: a lease that ignored it would repeat an allow for other attributes.
 */
const comparisons = {
  device: (held, current) => held.device === current.device,
  grants: (held, current) => held.grants === current.grants,
  network: (held, current) => held.network.names === current.network.names,
} satisfies { readonly [Fact in keyof CachedFacts]-?: (held: CachedFacts, current: CachedFacts) => boolean }

const compared = Object.values<(held: CachedFacts, current: CachedFacts) => boolean>(comparisons)

/** Leases of one session at one app. */
interface AppEntries {
  /** The most recently used one: most requests repeat its key. */
  last: CachedDecision
  /** By address and request class, once there are several. */
  all: Map<string, CachedDecision> | undefined
}

/** Leases of one session at one app, and in total; about 400 bytes each. */
const maxEntriesPerApp = 256
const maxEntries = 200_000
/** Milliseconds: the longest lease by default. */
const maxAge = 60_000

export function createDecisionCache(): DecisionCache {
  // A session record is a new object after every change, a policy after every reload: stale leases are never found.
  // Keyed by policy first: apps are few, and a map per session would take more memory than its entries.
  const byPolicy = new Map<Policy, Map<Session, AppEntries>>()
  let count = 0
  /** Epoch milliseconds of the last clear, which drops ended sessions and replaced policies. */
  let since = -Infinity

  const store = (policy: Policy, session: Session, lease: CachedDecision, now: number): void => {
    if (count >= maxEntries || Math.abs(now - since) >= maxAge) {
      byPolicy.clear()
      count = 0
      since = now
    }
    count++
    let sessions = byPolicy.get(policy)
    if (sessions === undefined) byPolicy.set(policy, (sessions = new Map()))
    const entries = sessions.get(session)
    if (entries === undefined) sessions.set(session, { last: lease, all: undefined })
    else add(entries, lease)
  }

  return {
    decide(policy, session, access) {
      if (session === undefined) return decide(policy, access)
      const { address } = access.network
      const kind = classOf(policy, access)
      const entries = byPolicy.get(policy)?.get(session)
      const found = entries && find(entries, address, kind)
      if (found !== undefined && access.now < found.decision.validUntil && sameFacts(found.facts, access))
        return found.decision
      const decision = limitToSession(decide(policy, access), session)
      store(policy, session, { address, kind, decision, facts: factsOf(access) }, access.now)
      return decision
    },
  }
}

/** Class of the request; with a destination, of both accesses as `decide` makes them. */
function classOf(policy: Policy, { method, path, destination }: AccessRequest): string {
  if (destination === undefined) return policy.classify(method, path)
  return `${policy.classify(sourceMethod(method), path)}>${policy.classify(method, destination)}`
}

function find(entries: AppEntries, address: string | undefined, kind: string): CachedDecision | undefined {
  const { last, all } = entries
  if (last.kind === kind && last.address === address) return last
  const found = all?.get(nameOf(address, kind))
  if (found !== undefined) entries.last = found
  return found
}

function add(entries: AppEntries, lease: CachedDecision): void {
  const { last } = entries
  entries.last = lease
  if (last.kind === lease.kind && last.address === lease.address && entries.all === undefined) return
  entries.all ??= new Map([[nameOf(last.address, last.kind), last]])
  if (entries.all.size >= maxEntriesPerApp) entries.all.clear()
  entries.all.set(nameOf(lease.address, lease.kind), lease)
}

function nameOf(address: string | undefined, kind: string): string {
  return `${address ?? 'unknown'} ${kind}`
}

function sameFacts(held: CachedFacts, current: CachedFacts): boolean {
  for (const same of compared) if (!same(held, current)) return false
  return true
}

/** Copies only the attributes: a lease must not retain the request. */
function factsOf({
  now: _now,
  method: _method,
  path: _path,
  destination: _destination,
  identity: _identity,
  absence: _absence,
  ...facts
}: AccessRequest): CachedFacts {
  return facts
}

/** Caps a decision's validity at the end of its session. */
export function limitToSession(decision: Decision, session: Session): Decision {
  return decision.validUntil <= session.endsAt ? decision : { ...decision, validUntil: session.endsAt }
}
