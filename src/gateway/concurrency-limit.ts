// Concurrency limit per user: open requests and WebSockets across all sessions of one subject on this node.

import type { LimitSettings } from '../config/configuration.ts'
import type { Subject } from '../policy/subject.ts'

export type ConnectionKind = 'http' | 'websocket'

export interface ConcurrencyLimiter {
  /** Returns the function that releases the slot, to be called once. Undefined: the subject is at its limit. */
  acquire(person: Pick<Subject, 'provider' | 'sub'>, kind: ConnectionKind): (() => void) | undefined
}

type OpenCounts = Record<ConnectionKind, number>

/** Idle subjects of one provider whose counters are kept. */
const maxCacheEntries = 1_000

/** Two nested maps instead of one composite key: no string is allocated per request. */
export function createConcurrencyLimiter(
  limits: () => Pick<LimitSettings, 'requestsPerPerson' | 'websocketsPerPerson'>,
): ConcurrencyLimiter {
  const providers = new Map<string, Map<string, OpenCounts>>()

  return {
    acquire({ provider, sub }, kind) {
      let subjects = providers.get(provider)
      if (subjects === undefined) providers.set(provider, (subjects = new Map()))
      const found = subjects.get(sub)
      const { requestsPerPerson, websocketsPerPerson } = limits()
      if ((found?.[kind] ?? 0) >= (kind === 'http' ? requestsPerPerson : websocketsPerPerson)) return undefined
      const counts = found ?? { http: 0, websocket: 0 }
      if (found === undefined) subjects.set(sub, counts)
      counts[kind]++
      return () => {
        counts[kind]--
        const idle = counts.http === 0 && counts.websocket === 0
        // Most subjects return: deleting and re-inserting at each request would rehash the map all the time.
        if (idle && subjects.size > maxCacheEntries) subjects.delete(sub)
      }
    },
  }
}
