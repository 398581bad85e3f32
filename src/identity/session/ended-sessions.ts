// Tombstones of ended sessions in memory, so that a store that falls back to an earlier state does not revive a session.
//
// A replica promoted before it had all writes, or a Redis restored from a backup, has ended sessions as live. A node
// that saw the end keeps to it, and writes it again.

import { LRUCache } from 'lru-cache'
import type { Change } from '../../store/change.ts'
import type { SessionEnd } from './session.ts'

export interface EndedSessions {
  add(change: Change | 'everything'): void
  /** Reason of the end; undefined when this node saw no end. */
  reasonOf(id: string): SessionEnd | undefined
  /** All remembered ends, if the store may have lost some since the last call; else none. */
  markUncertain(): readonly (readonly [id: string, reason: SessionEnd])[]
  /** The check was not completed: `markUncertain` returns them again. */
  uncertain(): void
}

/** About 150 bytes each. Beyond it the oldest rely on the store alone. */
const capacity = 50_000

/** `lifetime`: maximum lifetime of a session in milliseconds; after that no store could revive it. */
export function createEndedSessions(lifetime: () => number): EndedSessions {
  const ends = new LRUCache<string, SessionEnd>({ max: capacity, ttl: 1, ttlResolution: 1000 })
  let mayBeLost = false

  return {
    add(change) {
      if (change === 'everything') mayBeLost = ends.size > 0
      else if (change.kind === 'session_ended') {
        ends.set(change.session, change.reason as SessionEnd, { ttl: lifetime() })
      }
    },
    reasonOf: (id) => ends.get(id),
    markUncertain() {
      if (!mayBeLost) return noSessions
      mayBeLost = false
      return [...ends.entries()]
    },
    uncertain() {
      mayBeLost = true
    },
  }
}

const noSessions: readonly (readonly [string, SessionEnd])[] = []
