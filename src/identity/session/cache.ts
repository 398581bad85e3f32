// Session cache per node, over the store. An entry is valid only as far as the change log is current; the caller checks that.

import { LRUCache } from 'lru-cache'
import type { Change } from '../../store/change.ts'
import type { SessionLookup } from './repository.ts'
import type { Session } from './session.ts'

export interface Entry {
  readonly session: Session
  /** Lookup result unless a limit has passed: built once, so that the hot path allocates nothing. */
  readonly lookup: SessionLookup
  /** Last activity according to the store when it was read; epoch milliseconds. */
  readonly seen: number
  /** Epoch milliseconds just before the read from the store. */
  readonly readAt: number
}

export interface SessionCache {
  get(id: string): Entry | undefined
  /**
   * Reads from the store, bypassing the cache; concurrent reads of a session share one request. Rejects as the store
   * does.
   */
  load(id: string): Promise<Entry | undefined>
  /** Invalidates the entries a change affects. */
  forget(change: Change | 'everything'): void
}

interface PendingRead {
  /** A change arrived since the read began: its result may be stale, and is not cached. */
  stale: boolean
  result: Promise<Entry | undefined>
}

/** Groups of a session on average at which the cache still holds `capacity` sessions; names are shared (`interning.ts`). */
const averageGroups = 1000

export function createSessionCache({
  capacity,
  read,
}: {
  readonly capacity: number
  readonly read: (id: string) => Promise<Entry | undefined>
}): SessionCache {
  const entries = new LRUCache<string, Entry>({
    max: capacity,
    // Users in thousands of groups take the places of others rather than more memory.
    maxSize: capacity * averageGroups,
    sizeCalculation: ({ session }) => 1 + session.subject.groups.length,
  })
  const pendingReads = new Map<string, PendingRead>()

  return {
    get: (id) => entries.get(id),
    load,
    forget(change) {
      if (change === 'everything') {
        entries.clear()
        for (const pending of pendingReads.values()) pending.stale = true
      } else if (change.kind === 'session_ended' || change.kind === 'session_changed') {
        entries.delete(change.session)
        const pending = pendingReads.get(change.session)
        if (pending !== undefined) pending.stale = true
      }
    },
  }

  function load(id: string): Promise<Entry | undefined> {
    const current = pendingReads.get(id)
    if (current !== undefined && !current.stale) return current.result
    const pending: PendingRead = { stale: false, result: Promise.resolve(undefined) }
    pending.result = readAndCache(id, pending)
    pendingReads.set(id, pending)
    return pending.result
  }

  async function readAndCache(id: string, pending: PendingRead): Promise<Entry | undefined> {
    try {
      const entry = await read(id)
      if (!pending.stale) {
        if (entry === undefined) entries.delete(id)
        else entries.set(id, entry)
        return entry
      }
    } finally {
      if (pendingReads.get(id) === pending) pendingReads.delete(id)
    }
    return load(id)
  }
}
