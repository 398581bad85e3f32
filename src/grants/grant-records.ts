// Grants as the store keeps them: `grant:<id>`, sealed, and the set `grants` of all ids; both for 90 days after the end.

import type { Grant } from '../policy/grant.ts'
import type { Seal } from '../store/seal.ts'
import { createSealedCollection } from '../store/sealed-collection.ts'
import type { Store } from '../store/store.ts'

export interface GrantRecords {
  /** Undefined when there is none, or what is there was not sealed by us. Rejects when the store cannot be asked. */
  read(id: string): Promise<Grant | undefined>
  readAll(): Promise<Grant[]>
  add(grant: Grant): Promise<void>
  /** Only where there is none of this id; false when there is. */
  createIdempotent(grant: Grant): Promise<boolean>
  /** The grant as revoked now; undefined when there is none or it was revoked before. Of two callers one gets it. */
  revoke(id: string, why?: string): Promise<Grant | undefined>
  /** What `next` makes of the grant as it is; undefined when there is none, it is revoked, or `next` leaves it alone. */
  change(id: string, next: (grant: Grant) => Grant | undefined): Promise<Grant | undefined>
  /** True for the first of all nodes that declares it, until it is withdrawn. */
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
    all: 'grants',
    until: ({ revokedAt, until }) => revokedAt ?? until,
    kept: retention,
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
    setDeclared: (grant) => store.add(`grant-declared:${grant.id}`, '1', records.ttl(grant)),
    removeDeclared: (grant) => store.remove(`grant-declared:${grant.id}`),
  }
}

/** Milliseconds a grant is remembered after it stopped counting. */
export const retention = 90 * 24 * 3_600_000
