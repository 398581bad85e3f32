// Sessions as last read from the store. An entry is only as good as the change log is current; who uses it checks that.

import { LRUCache } from 'lru-cache'
import type { Change } from '../../store/change.ts'
import type { SessionLookup } from './repository.ts'
import type { Session } from './session.ts'

export interface Entry {
  readonly session: Session
  /** The answer it gives unless a limit has passed: made once, so that the hot path makes nothing. */
  readonly answer: SessionLookup
  /** As the store knew it when it was read; epoch milliseconds. */
  readonly seen: number
  /** Epoch milliseconds before the store was asked. */
  readonly readAt: number
}

export interface SessionCache {
  get(id: string): Entry | undefined
  /** Reads from the store, whatever is cached; one question at a time per session. Rejects as the store does. */
  load(id: string): Promise<Entry | undefined>
  forget(change: Change | 'everything'): void
}

interface PendingRead {
  /** Something changed since the question was sent: the answer may be old, and is not kept. */
  overtaken: boolean
  result: Promise<Entry | undefined>
}

export function createSessionCache({
  capacity,
  read,
}: {
  readonly capacity: number
  readonly read: (id: string) => Promise<Entry | undefined>
}): SessionCache {
  const entries = new LRUCache<string, Entry>({ max: capacity })
  const readings = new Map<string, PendingRead>()

  return {
    get: (id) => entries.get(id),
    load,
    forget(change) {
      if (change === 'everything') {
        entries.clear()
        for (const reading of readings.values()) reading.overtaken = true
      } else if (change.kind === 'session_ended' || change.kind === 'session_changed') {
        entries.delete(change.session)
        const reading = readings.get(change.session)
        if (reading !== undefined) reading.overtaken = true
      }
    },
  }

  function load(id: string): Promise<Entry | undefined> {
    const current = readings.get(id)
    if (current !== undefined && !current.overtaken) return current.result
    const reading: PendingRead = { overtaken: false, result: Promise.resolve(undefined) }
    reading.result = follow(id, reading)
    readings.set(id, reading)
    return reading.result
  }

  async function follow(id: string, reading: PendingRead): Promise<Entry | undefined> {
    try {
      const entry = await read(id)
      if (!reading.overtaken) {
        if (entry === undefined) entries.delete(id)
        else entries.set(id, entry)
        return entry
      }
    } finally {
      if (readings.get(id) === reading) readings.delete(id)
    }
    return load(id)
  }
}
