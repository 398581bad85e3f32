// Lease of the node that orders: held by one process of all nodes, renewed while it lives, taken over a minute after it died.

import { randomBytes } from 'node:crypto'
import type { Store } from '../store/store.ts'

export interface Lease {
  /** Takes or renews it; false: another process holds it. Rejects when the store is unreachable. */
  hold(): Promise<boolean>
  /** Lets another process take it at once. Never rejects. */
  release(): Promise<void>
}

/** Milliseconds. `hold` is to be called at least three times within. */
export const leaseLifetime = 60_000
const key = 'lock:acme'

export function createLease(store: Pick<Store, 'add' | 'replace' | 'remove'>): Lease {
  const owner = randomBytes(18).toString('base64url')
  return {
    hold: async () =>
      (await store.replace(key, owner, owner, leaseLifetime)) || (await store.add(key, owner, leaseLifetime)),
    release: async () => void (await store.remove(key, owner).catch(() => false)),
  }
}
