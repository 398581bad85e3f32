// In-memory replica of a collection: follows the change log, and rereads all records after a gap and every 30 seconds.

import type { Change } from './change.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { SealedCollection } from './sealed-collection.ts'
import type { StoreLog } from './store.ts'
import { never } from '../policy/never.ts'

export interface Replica {
  /** A newer state of this id was applied: a full read in progress may have found an older one. */
  touch(id: string): void
  /**
   * This id was just written here: reads in progress, single or full, are older. Not needed where records have
   * versions.
   */
  supersede(id: string): void
  /** Rereads one record. Never rejects. */
  refresh(id: string): Promise<void>
  /**
   * Call after the write. Never rejects: a failed announcement is sent when the store is back; other nodes reread in
   * time.
   */
  announce(id: string): Promise<void>
  /** Reads all records; rejects when the store is unreachable. */
  load(): Promise<void>
  /** Reads all records after a delay, and retries until it succeeds. */
  loadSoon(): void
  stop(): void
}

export interface ReplicaOptions<T> {
  readonly records: Pick<SealedCollection<T>, 'read' | 'readAll'>
  readonly changes: ChangeFeed
  /** Kind of its events in the change log. */
  readonly kind: 'grant' | 'request' | 'certificate'
  /** Result of reading one record; undefined: it does not exist, or cannot be read at present. */
  readonly apply: (id: string, value: T | undefined) => void
  /** All records. For ids in `touched` a newer state may have been applied during the read. */
  readonly applyAll: (values: readonly T[], touched: ReadonlySet<string>) => void
  readonly log?: StoreLog | undefined
}

/** Milliseconds. */
const retryAfter = 1000
const rereadEvery = 30_000

/** Follows the change log at once; empty before `load`. */
export function createReplica<T>({ records, changes, kind, apply, applyAll, log }: ReplicaOptions<T>): Replica {
  /** Ids that changed here during a full read: its result may be older. */
  let touched: Set<string> | undefined
  let reading: Promise<void> | undefined
  let readAgain = false
  /** Latest read by id. Only its result counts, in whatever order the responses arrive. */
  const latestReads = new Map<string, object>()
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  // A node can die, or time out, between writing and announcing: periodic rereads find such changes.
  const rereadTimer = setInterval(loadQuietly, rereadEvery)
  rereadTimer.unref()

  changes.on((change) => {
    if (stopped) return
    const id = change === 'everything' ? undefined : idIn(change)
    if (change === 'everything') loadQuietly()
    else if (id !== undefined) void refresh(id)
  })

  function idIn(change: Change): string | undefined {
    if (change.kind === 'grant_changed') return kind === 'grant' ? change.grant : undefined
    if (change.kind === 'certificate_changed') return kind === 'certificate' ? change.certificate : undefined
    return change.kind === 'request_changed' && kind === 'request' ? change.request : undefined
  }

  async function refresh(id: string): Promise<void> {
    const read = {}
    latestReads.set(id, read)
    let value: T | undefined
    try {
      value = await records.read(id)
    } catch (error) {
      log?.warn({ [kind]: id, error }, `a changed ${kind} could not be read yet`)
      loadSoon()
    }
    if (latestReads.get(id) !== read) return
    latestReads.delete(id)
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
    // The read in progress may be older than the reason for this one: repeat it afterwards.
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
      latestReads.delete(id)
      touch(id)
    },
    refresh,
    async announce(id) {
      await changes.announce(changeOf(kind, id)).catch((error: unknown) => {
        log?.warn({ [kind]: id, error }, `a changed ${kind} could not be announced`)
      })
    },
    load,
    loadSoon,
    stop() {
      stopped = true
      clearInterval(rereadTimer)
      clearTimeout(retry)
    },
  }
}

function changeOf(kind: ReplicaOptions<unknown>['kind'], id: string): Change {
  switch (kind) {
    case 'grant':
      return { kind: 'grant_changed', grant: id }
    case 'request':
      return { kind: 'request_changed', request: id }
    case 'certificate':
      return { kind: 'certificate_changed', certificate: id }
    default:
      return never(kind)
  }
}
