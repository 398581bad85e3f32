// Grants as the store keeps them: `grant:<id>`, sealed, and the set `grants` of all ids; both for 90 days after the end.

import type { Grant } from '../policy/grant.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'

export interface GrantRecords {
  /** Undefined when there is none, or what is there was not sealed by us. Rejects when the store cannot be asked. */
  read(id: string): Promise<Grant | undefined>
  readAll(): Promise<Grant[]>
  add(grant: Grant): Promise<void>
  /** Only where there is none of this id; false when there is. */
  establish(grant: Grant): Promise<boolean>
  /** The grant as revoked now; undefined when there is none or it was revoked before. Of two callers one gets it. */
  revoke(id: string, why?: string): Promise<Grant | undefined>
  /** What `next` makes of the grant as it is; undefined when there is none, it is revoked, or `next` leaves it alone. */
  change(id: string, next: (grant: Grant) => Grant | undefined): Promise<Grant | undefined>
  /** True for the first of all nodes that declares it, until it is withdrawn. */
  declare(grant: Grant): Promise<boolean>
  withdraw(grant: Grant): Promise<boolean>
}

export function createGrantRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): GrantRecords {
  const { store, seal, now } = parts
  const sealed = (grant: Grant) => seal.seal('grant', grant.id, JSON.stringify(grant))

  function opened(id: string, text: string | undefined): Grant | undefined {
    const plain = text === undefined ? undefined : seal.open('grant', id, text)
    if (plain === undefined) return undefined
    const grant = JSON.parse(plain) as Grant
    const { schedule, sponsor, reason, contract, revokedAt } = grant
    const basis = grant.basis && { ...grant.basis, email: grant.basis.email }
    return { ...grant, schedule, sponsor, reason, contract, revokedAt, ...(basis && { basis }) }
  }

  async function change(id: string, next: (grant: Grant) => Grant | undefined): Promise<Grant | undefined> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const text = await store.get(key(id))
      const grant = opened(id, text)
      if (text === undefined || grant === undefined || grant.revokedAt !== undefined) return undefined
      const changed = next(grant)
      if (changed === undefined) return undefined
      if (changed.until > grant.until) await store.addMember('grants', id, remaining(changed))
      const written = sealed(changed)
      if (await store.replace(key(id), text, written, remaining(changed))) return changed
      // A client that repeats a command may hear "no" to the second: the first was ours all the same.
      if ((await store.get(key(id))) === written) return changed
    }
    throw Object.assign(new Error('the grant is being written all the time'), { code: 'grant_contended' })
  }

  /** Milliseconds from now until 90 days after it stopped counting. */
  const remaining = (grant: Grant) => Math.max(1, (grant.revokedAt ?? grant.until) - now()) + kept

  return {
    read: async (id) => opened(id, await store.get(key(id))),
    async readAll() {
      const ids = await store.members('grants')
      const grants: Grant[] = []
      for (let at = 0; at < ids.length; at += batch) {
        const some = ids.slice(at, at + batch)
        const texts = await store.getMany(some.map(key))
        some.forEach((id, index) => {
          const grant = opened(id, texts[index])
          if (grant !== undefined) grants.push(grant)
        })
      }
      return grants
    },
    async add(grant) {
      // First the index: an id without a record is passed over, a record without its id would come and go unseen.
      await store.addMember('grants', grant.id, remaining(grant))
      await store.set(key(grant.id), sealed(grant), remaining(grant))
    },
    async establish(grant) {
      await store.addMember('grants', grant.id, remaining(grant))
      const text = sealed(grant)
      // A client that repeats a command may hear "no" to the second: the first was ours all the same.
      return (await store.add(key(grant.id), text, remaining(grant))) || (await store.get(key(grant.id))) === text
    },
    revoke: (id, why) => change(id, (grant) => ({ ...grant, revokedAt: now(), revokedFor: why })),
    change,
    declare: (grant) => store.add(`grant-declared:${grant.id}`, '1', remaining(grant)),
    withdraw: (grant) => store.remove(`grant-declared:${grant.id}`),
  }
}

/** Milliseconds a grant is remembered after it stopped counting. */
export const kept = 90 * 24 * 3_600_000
const batch = 500
const mostAttempts = 20

function key(id: string): string {
  return `grant:${id}`
}
