// Store records of grants: `grant:<id>`, sealed, and the set `grants` of all ids, kept for 90 days after the end.

import type { Grant } from '../policy/grant.ts'
import type { Seal } from '../store/seal.ts'
import { createSealedCollection } from '../store/sealed-collection.ts'
import type { Store } from '../store/store.ts'

export interface GrantRecords {
  /** Undefined when there is none or its seal is invalid. Rejects when the store is unreachable. */
  read(id: string): Promise<Grant | undefined>
  readAll(): Promise<Grant[]>
  add(grant: Grant): Promise<void>
  /** Creates the record if absent; false when the id exists. */
  createIdempotent(grant: Grant): Promise<boolean>
  /** Compare-and-set: returns the revoked grant to one caller; undefined when there is none or it was already revoked. */
  revoke(id: string, why?: string): Promise<Grant | undefined>
  /** Compare-and-set with `next`; undefined when there is no grant, it is revoked, or `next` returns undefined. */
  change(id: string, next: (grant: Grant) => Grant | undefined): Promise<Grant | undefined>
  /** True for the first node that declares it, until it is removed. */
  setDeclared(grant: Grant): Promise<boolean>
  removeDeclared(grant: Grant): Promise<boolean>
}

export function createGrantRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): GrantRecords {
  const { store, now } = parts
  const records = createSealedCollection<Grant>({
    ...parts,
    kind: 'grant',
    idsKey: 'grants',
    until: ({ revokedAt, until }) => revokedAt ?? until,
    retention,
    revive(grant) {
      const { schedule, sponsor, reason, contract, revokedAt } = grant
      const basis = grant.basis && { ...grant.basis, email: grant.basis.email }
      return { ...grant, schedule, sponsor, reason, contract, revokedAt, ...(basis && { basis }) }
    },
  })

  const change: GrantRecords['change'] = (id, next) =>
    records.change(id, (grant) => (grant === undefined || grant.revokedAt !== undefined ? undefined : next(grant)))

  return {
    read: records.read,
    readAll: records.readAll,
    add: (grant) => records.set(grant.id, grant),
    createIdempotent: (grant) => records.create(grant.id, grant),
    revoke: (id, why) => change(id, (grant) => ({ ...grant, revokedAt: now(), revokedFor: why })),
    change,
    setDeclared: (grant) => store.add(declaredKey(grant.id), String(now()), records.ttl(grant)),
    removeDeclared: (grant) => store.remove(declaredKey(grant.id)),
  }
}

/** Key of the moment at which the first node declared a grant of the configuration. */
export function declaredKey(id: string): string {
  return `grant-declared:${id}`
}

/** Epoch milliseconds; 0 for one declared before moments were kept, which is old enough for everything. */
export function declaredSince(value: string | undefined): number {
  const at = Number(value)
  return Number.isSafeInteger(at) ? at : 0
}

/** Milliseconds a grant is kept after its end or revocation. */
export const retention = 90 * 24 * 3_600_000
