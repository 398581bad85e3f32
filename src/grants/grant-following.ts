// Keeps the grants of all nodes in memory: follows the change log, reads everything again in time, and tells who listens.

import type { Grant } from '../policy/grant.ts'
import type { Changes } from '../store/changes.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createGrantIndex, type Difference, type GrantIndex } from './grant-index.ts'
import type { GrantRecords } from './grant-records.ts'

export interface GrantFollowing {
  readonly index: GrantIndex
  /** Just written here: whatever is being read of it meanwhile is older. */
  apply(grant: Grant): void
  /** Grants of the configuration; those declared before and not now are gone. */
  declare(grants: ReadonlyMap<string, Grant>): void
  declared(): ReadonlyMap<string, Grant>
  /** Reads one again. Unreadable, it is not believed until it can be read: it may have been revoked. Never rejects. */
  refresh(id: string): Promise<void>
  /** Never rejects: what cannot be announced now is announced when the store is back, and swept in any case. */
  announce(id: string): Promise<void>
  onChange(listener: (grantIds: readonly string[], apps: readonly string[]) => void): void
  load(): Promise<void>
  stop(): void
}

export function createGrantFollowing({
  changes,
  records,
  log,
}: {
  readonly changes: Changes
  readonly records: GrantRecords
  readonly log?: Logger | undefined
}): GrantFollowing {
  const index = createGrantIndex()
  const listeners: ((grantIds: readonly string[], apps: readonly string[]) => void)[] = []
  let declared: ReadonlyMap<string, Grant> = new Map()
  /** What changed here while everything is being read: what was read of it may be older. */
  let touched: Set<string> | undefined
  let reading: Promise<void> | undefined
  let readAgain = false
  /** By grant: the reading begun last. Only that one counts, however the answers come in. */
  const readings = new Map<string, object>()
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  // A node can die, or time out, between writing and announcing: what nobody heard of is found in time.
  const rereading = setInterval(() => void load().catch(() => later()), rereadEvery)
  rereading.unref()

  changes.on((change) => {
    if (stopped) return
    if (change === 'everything') void load().catch(() => later())
    else if (change.kind === 'grant_changed') void refresh(change.grant)
  })

  function notify({ ids, apps }: Difference): void {
    if (ids.length === 0) return
    for (const listener of listeners) listener(ids, apps)
  }

  function apply(id: string, grant: Grant | undefined): void {
    touched?.add(id)
    notify(index.put(id, grant))
  }

  async function refresh(id: string): Promise<void> {
    const mine = {}
    readings.set(id, mine)
    let grant: Grant | undefined
    try {
      grant = await records.read(id)
    } catch (error) {
      log?.warn({ grant: id, error }, 'a changed grant cannot be read: it does not count until it can')
      later()
    }
    if (readings.get(id) !== mine) return
    readings.delete(id)
    if (!declared.has(id)) apply(id, grant && asHeard(grant))
  }

  /** A store that went back to an earlier state does not give back what was taken: it is taken there again. */
  function asHeard(grant: Grant): Grant {
    const known = index.get(grant.id)
    if (known?.revokedAt === undefined || grant.revokedAt !== undefined) return grant
    log?.warn({ grant: grant.id }, 'the store had forgotten that a grant was revoked: it is revoked again')
    records.revoke(grant.id, known.revokedFor).then(
      () => announce(grant.id),
      () => later(),
    )
    return known
  }

  function later(): void {
    if (stopped) return
    retry ??= setTimeout(() => {
      retry = undefined
      void load().catch(() => later())
    }, retryAfter).unref()
  }

  function load(): Promise<void> {
    if (reading !== undefined) {
      // What is being read may be older than the reason to read: once more afterwards.
      readAgain = true
      return reading
    }
    reading = readAll().finally(() => {
      reading = undefined
    })
    return reading
  }

  async function readAll(): Promise<void> {
    do {
      readAgain = false
      touched = new Set()
      try {
        const found = await records.readAll()
        const next = new Map([...found.map((grant) => [grant.id, asHeard(grant)] as const), ...declared])
        for (const id of touched) {
          const grant = index.get(id)
          if (grant === undefined) next.delete(id)
          else next.set(id, grant)
        }
        notify(index.replace(next))
      } finally {
        touched = undefined
      }
    } while (readAgain)
  }

  async function announce(id: string): Promise<void> {
    // It is written: what cannot be announced now is announced when the store is back, and swept in any case.
    await changes.announce({ kind: 'grant_changed', grant: id }).catch((error: unknown) => {
      log?.warn({ grant: id, error }, 'a changed grant could not be announced')
    })
  }

  return {
    index,
    apply(grant) {
      readings.delete(grant.id)
      apply(grant.id, grant)
    },
    declare(next) {
      const differences: Difference[] = []
      const gone = [...declared.keys()].filter((id) => !next.has(id))
      declared = next
      for (const id of [...gone, ...next.keys()]) {
        touched?.add(id)
        differences.push(index.put(id, next.get(id)))
      }
      notify({
        ids: differences.flatMap(({ ids }) => ids),
        apps: [...new Set(differences.flatMap(({ apps }) => apps))],
      })
    },
    declared: () => declared,
    refresh,
    announce,
    onChange: (listener) => void listeners.push(listener),
    load,
    stop() {
      stopped = true
      clearInterval(rereading)
      clearTimeout(retry)
    },
  }
}

/** Milliseconds, both. */
const retryAfter = 1000
const rereadEvery = 30_000
