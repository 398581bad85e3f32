// A decision is a lease: the same question gets the same answer until it ends. The hot path is a look-up here.

import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import { decide } from '../policy/decide.ts'
import type { Decision } from '../policy/decision.ts'
import type { Policy } from '../policy/policy.ts'

export interface DecisionCache {
  /** Decides, or repeats what was decided for the same session, app, class of request, address and facts. */
  decide(policy: Policy, session: Session | undefined, access: AccessRequest): Decision
}

interface CachedDecision {
  readonly address: string
  readonly kind: string
  readonly decision: Decision
  readonly facts: CachedFacts
}

/**
 * What a lease compares besides its key. The key has the session (with `identity`; a session means there is no
 * `absence`), the policy, the address and the class of method and path; time is the lease's own end.
 */
type CachedFacts = Omit<AccessRequest, 'now' | 'method' | 'path' | 'identity' | 'absence'>

/**
 * Facts are compared by identity: a change makes a new object. A fact without a comparison does not compile: a lease
 * that ignored it would repeat an allow for other facts.
 */
const comparisons = {
  device: (held, current) => held.device === current.device,
  grants: (held, current) => held.grants === current.grants,
  network: (held, current) => held.network.names === current.network.names,
} satisfies { readonly [Fact in keyof CachedFacts]-?: (held: CachedFacts, current: CachedFacts) => boolean }

const compared = Object.values<(held: CachedFacts, current: CachedFacts) => boolean>(comparisons)

/** Those of one session at one app. */
interface AppEntries {
  /** Most people go on where they are. */
  last: CachedDecision
  /** By address and class of request, once there are several. */
  all: Map<string, CachedDecision> | undefined
}

/** Leases: of one session at one app, and of all, about 400 bytes each. */
const maxEntriesPerApp = 256
const maxEntries = 200_000
/** Milliseconds: by default no decision is good for longer. */
const maxAge = 60_000

export function createDecisionCache(): DecisionCache {
  // A session record is a new object after every change, a policy after every reload: old leases are never found. By app
  // first: there are few, and a map for each session would take more than what it holds.
  const byPolicy = new Map<Policy, Map<Session, AppEntries>>()
  let count = 0
  /** Epoch milliseconds: when all began anew, so that no session and no policy is remembered that has passed. */
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
      const kind = policy.classify(access.method, access.path)
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

function find(entries: AppEntries, address: string, kind: string): CachedDecision | undefined {
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

function nameOf(address: string, kind: string): string {
  return `${address} ${kind}`
}

function sameFacts(held: CachedFacts, current: CachedFacts): boolean {
  for (const same of compared) if (!same(held, current)) return false
  return true
}

/** Only the facts: the request they came with must not stay in memory. */
function factsOf({
  now: _now,
  method: _method,
  path: _path,
  identity: _identity,
  absence: _absence,
  ...facts
}: AccessRequest): CachedFacts {
  return facts
}

/** No decision outlives its session. */
export function limitToSession(decision: Decision, session: Session): Decision {
  return decision.validUntil <= session.endsAt ? decision : { ...decision, validUntil: session.endsAt }
}
