// How much one person has under way at the same time, over all their sessions on this node.

import type { LimitSettings } from '../config/configuration.ts'
import type { Subject } from '../policy/subject.ts'

export type ConnectionKind = 'http' | 'websocket'

export interface ConcurrencyLimiter {
  /** Counts one more, and gives back how to count it off again, once. Undefined: this person has as many as they may. */
  acquire(person: Pick<Subject, 'provider' | 'sub'>, kind: ConnectionKind): (() => void) | undefined
}

type OpenCounts = Record<ConnectionKind, number>

/** People of one provider who are remembered although nothing of theirs is under way. */
const maxCacheEntries = 1_000

/** Two maps instead of one with a joint key: every request passes here, and none makes a string for it. */
export function createConcurrencyLimiter(
  limits: () => Pick<LimitSettings, 'requestsPerPerson' | 'websocketsPerPerson'>,
): ConcurrencyLimiter {
  const providers = new Map<string, Map<string, OpenCounts>>()

  return {
    acquire({ provider, sub }, kind) {
      let people = providers.get(provider)
      if (people === undefined) providers.set(provider, (people = new Map()))
      const found = people.get(sub)
      const { requestsPerPerson, websocketsPerPerson } = limits()
      if ((found?.[kind] ?? 0) >= (kind === 'http' ? requestsPerPerson : websocketsPerPerson)) return undefined
      const counts = found ?? { http: 0, websocket: 0 }
      if (found === undefined) people.set(sub, counts)
      counts[kind]++
      return () => {
        counts[kind]--
        const idle = counts.http === 0 && counts.websocket === 0
        // Most come again; a table that forgets and learns with every request is made anew all the time.
        if (idle && people.size > maxCacheEntries) people.delete(sub)
      }
    },
  }
}
