// Replica of all grants in memory: follows the change feed, resynchronizes periodically, and notifies listeners.

import type { Grant } from '../policy/grant.ts'
import type { ChangeFeed } from '../store/change-feed.ts'
import { createReplica } from '../store/replica.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createGrantIndex, type Difference, type GrantIndex } from './grant-index.ts'
import type { GrantRecords } from './grant-records.ts'

export interface GrantReplica {
  readonly index: GrantIndex
  /** Applies a local write; reads that are under way are older and must not replace it. */
  apply(grant: Grant): void
  /** The bindings of these grants have changed. */
  rebind(ids: readonly string[]): void
  /** Replaces the grants declared in the configuration. */
  setDeclared(grants: ReadonlyMap<string, Grant>): void
  declared(): ReadonlyMap<string, Grant>
  /** Rereads one grant. While unreadable it counts as absent, as it may have been revoked (fail closed). Never rejects. */
  refresh(id: string): Promise<void>
  /** Never rejects: an announcement that fails is repeated once the store is reachable; resynchronization covers it anyway. */
  announce(id: string): Promise<void>
  onChange(listener: (grantIds: readonly string[], apps: readonly string[]) => void): void
  load(): Promise<void>
  stop(): void
}

export function createGrantReplica({
  changes,
  records,
  log,
  boundTo,
}: {
  readonly changes: ChangeFeed
  readonly records: GrantRecords
  readonly log?: Logger | undefined
  readonly boundTo: (id: string) => string | undefined
}): GrantReplica {
  const index = createGrantIndex(boundTo)
  const listeners: ((grantIds: readonly string[], apps: readonly string[]) => void)[] = []
  let declared: ReadonlyMap<string, Grant> = new Map()

  const replica = createReplica<Grant>({
    records,
    changes,
    kind: 'grant',
    log,
    apply(id, grant) {
      if (!declared.has(id)) notify(index.put(id, grant && applyChange(grant)))
    },
    applyAll(grants, changedIds) {
      const next = new Map([...grants.map((grant) => [grant.id, applyChange(grant)] as const), ...declared])
      for (const id of changedIds) {
        const grant = index.get(id)
        if (grant === undefined) next.delete(id)
        else next.set(id, grant)
      }
      notify(index.replace(next))
    },
  })
  const { refresh, announce, load, stop } = replica

  function notify({ ids, apps }: Difference): void {
    if (ids.length === 0) return
    for (const listener of listeners) listener(ids, apps)
  }

  /** A store that was rolled back must not restore a revoked grant: the revocation is written again. */
  function applyChange(grant: Grant): Grant {
    const previousGrants = index.get(grant.id)
    if (previousGrants?.revokedAt === undefined || grant.revokedAt !== undefined) return grant
    log?.warn({ grant: grant.id }, 'the store lost the revocation of a grant; revoking it again')
    records.revoke(grant.id, previousGrants.revokedFor).then(() => announce(grant.id), replica.loadSoon)
    return previousGrants
  }

  return {
    index,
    apply(grant) {
      replica.supersede(grant.id)
      notify(index.put(grant.id, grant))
    },
    rebind(ids) {
      const all = ids.map((id) => index.put(id, index.get(id)))
      notify({ ids: all.flatMap((one) => one.ids), apps: [...new Set(all.flatMap(({ apps }) => apps))] })
    },
    setDeclared(next) {
      const gone = [...declared.keys()].filter((id) => !next.has(id))
      declared = next
      const differences = [...gone, ...next.keys()].map((id) => {
        replica.supersede(id)
        return index.put(id, next.get(id))
      })
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
    stop,
  }
}
