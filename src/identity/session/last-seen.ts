// Last activity of sessions: kept in memory, written to the store in batches (write-behind), never on the path of a request.

import { LRUCache } from 'lru-cache'
import type { Seal } from '../../store/seal.ts'
import type { Store, StoreLog } from '../../store/store.ts'
import { openSeen, sealSeen, seenKey } from './record.ts'
import type { Session } from './session.ts'

export interface LastSeen {
  /** Records activity. `at`: epoch milliseconds. */
  touch(session: Session, at: number): void
  /** Last activity known to this node in epoch milliseconds; -Infinity when none. */
  of(id: string): number
  /** Writes tracks that are due; with `all`, every one. Never rejects: failed writes are tried again. */
  flush(all: boolean): Promise<void>
}

interface Track {
  readonly id: string
  at: number
  writtenAt: number
  /** Milliseconds: a tenth of the idle limit. */
  interval: number
  endsAt: number
}

export function createLastSeen({
  store,
  seal,
  now,
  capacity,
  log,
}: {
  readonly store: Pick<Store, 'getMany' | 'set'>
  readonly seal: Seal
  readonly now: () => number
  readonly capacity: number
  readonly log?: StoreLog
}): LastSeen {
  const tracks = new LRUCache<string, Track>({ max: capacity })
  // Tracks with unwritten activity; not bounded by the cache, since evicting one would make the session idle.
  const unwritten = new Set<Track>()

  return {
    touch(session, at) {
      let track = tracks.get(session.id)
      if (track === undefined) {
        track = { id: session.id, at, writtenAt: -Infinity, interval: 0, endsAt: 0 }
        tracks.set(session.id, track)
      }
      track.at = Math.max(at, track.at)
      track.interval = session.idle / 10
      track.endsAt = session.endsAt
      unwritten.add(track)
    },
    of: (id) => tracks.get(id)?.at ?? -Infinity,
    async flush(all) {
      const due: Track[] = []
      for (const track of unwritten) if (all || isDue(track)) due.push(track)
      for (let from = 0; from < due.length; from += 500) {
        try {
          await write(due.slice(from, from + 500))
        } catch (error) {
          log?.warn({ err: error }, 'the last activity of sessions could not be written yet')
          return
        }
      }
    },
  }

  /**
   * By the time since the last write, so that the last request before a pause is written too, at most one interval
   * late.
   */
  function isDue(track: Track): boolean {
    return now() - track.writtenAt >= track.interval
  }

  async function write(due: readonly Track[]): Promise<void> {
    // Another node may know of later activity, which is never overwritten with an older time.
    const known = await store.getMany(due.map((track) => seenKey(track.id)))
    await Promise.all(
      due.map(async (track, index) => {
        const at = track.at
        if (openSeen(seal, track.id, known[index]) < at) {
          await store.set(seenKey(track.id), sealSeen(seal, track.id, at), track.endsAt - now())
        }
        track.writtenAt = at
        if (track.at === at) unwritten.delete(track)
      }),
    )
  }
}
