// The ends of sessions this node has heard of: a store that falls back to an earlier state does not bring them back.
//
// A replica that is promoted before it had everything, or a Redis restored from yesterday's file, knows sessions as live
// that have ended. Whoever heard of the end goes by what they heard, and writes it again.

import { LRUCache } from 'lru-cache'
import type { Change } from '../../store/change.ts'
import type { SessionEnd } from './session.ts'

export interface EndedSessions {
  add(change: Change | 'everything'): void
  /** Why it ended; undefined as far as nobody here heard of an end. */
  reasonOf(id: string): SessionEnd | undefined
  /** Every end remembered, if the store may have forgotten any since this was last asked. */
  markUncertain(): readonly (readonly [id: string, reason: SessionEnd])[]
  /** They could not all be looked at: they are asked for again. */
  uncertain(): void
}

/** Of about 150 bytes each. Beyond them the oldest are only as good as the store. */
const capacity = 50_000

/** `lifetime`: milliseconds a session lives at most; after that no store could bring it back. */
export function createEndedSessions(lifetime: () => number): EndedSessions {
  const ends = new LRUCache<string, SessionEnd>({ max: capacity, ttl: 1, ttlResolution: 1000 })
  let doubt = false

  return {
    add(change) {
      if (change === 'everything') doubt = ends.size > 0
      else if (change.kind === 'session_ended') {
        ends.set(change.session, change.reason as SessionEnd, { ttl: lifetime() })
      }
    },
    reasonOf: (id) => ends.get(id),
    markUncertain() {
      if (!doubt) return noSessions
      doubt = false
      return [...ends.entries()]
    },
    uncertain() {
      doubt = true
    },
  }
}

const noSessions: readonly (readonly [string, SessionEnd])[] = []
