// Keeps an in-memory copy of a collection current: follows the change log, and rereads everything after a gap and in time.

import type { Change } from './change.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { SealedCollection } from './sealed-collection.ts'
import type { StoreLog } from './store.ts'

export interface Replica {
  /** Something was applied of this id: reading everything, if it is under way, may have found an older state. */
  touch(id: string): void
  /** It was just written here: whatever is being read of it, by itself too, is older. Not needed where records have versions. */
  supersede(id: string): void
  /** Reads one record again. Never rejects. */
  refresh(id: string): Promise<void>
  /** After the write. Never rejects: what cannot be announced now is announced when the store is back, and reread in time. */
  announce(id: string): Promise<void>
  /** Reads everything; rejects when the store cannot be asked. */
  load(): Promise<void>
  /** Reads everything in a moment, and again until it succeeds. */
  loadSoon(): void
  stop(): void
}

export interface ReplicaOptions<T> {
  readonly records: Pick<SealedCollection<T>, 'read' | 'readAll'>
  readonly changes: ChangeFeed
  /** As the change log names it. */
  readonly kind: 'grant' | 'request'
  /** What was read of one record; undefined: there is none, or it cannot be read now. */
  readonly apply: (id: string, value: T | undefined) => void
  /** All records. Of ids in `touched` a newer state may have been applied while these were read. */
  readonly applyAll: (values: readonly T[], touched: ReadonlySet<string>) => void
  readonly log?: StoreLog | undefined
}

/** Milliseconds, both. */
const retryAfter = 1000
const rereadEvery = 30_000

/** Follows the change log at once; holds nothing before `load`. */
export function createReplica<T>({ records, changes, kind, apply, applyAll, log }: ReplicaOptions<T>): Replica {
  /** What changed here while everything is being read: what was read of it may be older. */
  let touched: Set<string> | undefined
  let reading: Promise<void> | undefined
  let readAgain = false
  /** By id: the reading begun last. Only that one counts, however the answers come in. */
  const readings = new Map<string, object>()
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  // A node can die, or time out, between writing and announcing: what no node heard of is found in time.
  const rereading = setInterval(loadQuietly, rereadEvery)
  rereading.unref()

  changes.on((change) => {
    if (stopped) return
    const id = change === 'everything' ? undefined : idIn(change)
    if (change === 'everything') loadQuietly()
    else if (id !== undefined) void refresh(id)
  })

  function idIn(change: Change): string | undefined {
    if (change.kind === 'grant_changed') return kind === 'grant' ? change.grant : undefined
    return change.kind === 'request_changed' && kind === 'request' ? change.request : undefined
  }

  async function refresh(id: string): Promise<void> {
    const mine = {}
    readings.set(id, mine)
    let value: T | undefined
    try {
      value = await records.read(id)
    } catch (error) {
      log?.warn({ [kind]: id, error }, `a changed ${kind} cannot be read yet`)
      loadSoon()
    }
    if (readings.get(id) !== mine) return
    readings.delete(id)
    touch(id)
    apply(id, value)
  }

  function touch(id: string): void {
    touched?.add(id)
  }

  function loadQuietly(): void {
    load().catch(loadSoon)
  }

  function loadSoon(): void {
    if (stopped) return
    retry ??= setTimeout(() => {
      retry = undefined
      loadQuietly()
    }, retryAfter).unref()
  }

  function load(): Promise<void> {
    // What is being read may be older than the reason to read: once more afterwards.
    readAgain = reading !== undefined
    reading ??= readAll()
    return reading
  }

  async function readAll(): Promise<void> {
    try {
      do {
        readAgain = false
        touched = new Set()
        applyAll(await records.readAll(), touched)
      } while (readAgain)
    } finally {
      touched = undefined
      reading = undefined
    }
  }

  return {
    touch,
    supersede(id) {
      readings.delete(id)
      touch(id)
    },
    refresh,
    async announce(id) {
      const change: Change =
        kind === 'grant' ? { kind: 'grant_changed', grant: id } : { kind: 'request_changed', request: id }
      await changes.announce(change).catch((error: unknown) => {
        log?.warn({ [kind]: id, error }, `a changed ${kind} could not be announced`)
      })
    },
    load,
    loadSoon,
    stop() {
      stopped = true
      clearInterval(rereading)
      clearTimeout(retry)
    },
  }
}
