// In-memory storage adapter of the demo's identity provider.

import type { Adapter, AdapterPayload } from 'oidc-provider'

export interface MemoryStorage {
  /** Adapter of one model; all share the same memory. */
  adapter(model: string): Adapter
  /** Unexpired records of one model. */
  records(model: string): AdapterPayload[]
  /** Removes a grant and everything issued under it. */
  revokeGrant(grantId: string): void
}

interface Stored {
  readonly model: string
  readonly payload: AdapterPayload
  /** Epoch milliseconds. */
  readonly until: number
}

export function createMemory(): MemoryStorage {
  const stored = new Map<string, Stored>()

  function live(key: string): Stored | undefined {
    const entry = stored.get(key)
    if (entry && entry.until > Date.now()) return entry
    stored.delete(key)
    return undefined
  }

  function where(test: (entry: Stored) => boolean): [string, Stored][] {
    return [...stored].filter(([key, entry]) => live(key) !== undefined && test(entry))
  }

  function revokeGrant(grantId: string): void {
    for (const [key] of where((entry) => entry.payload.grantId === grantId)) stored.delete(key)
    stored.delete(`Grant:${grantId}`)
  }

  function adapter(model: string): Adapter {
    const key = (id: string) => `${model}:${id}`
    const by = (field: 'uid' | 'userCode', value: string) =>
      where((entry) => entry.model === model && entry.payload[field] === value)[0]?.[1].payload
    return {
      async upsert(id, payload, expiresIn) {
        stored.set(key(id), { model, payload, until: expiresIn ? Date.now() + expiresIn * 1000 : Infinity })
      },
      find: async (id) => live(key(id))?.payload,
      findByUid: async (uid) => by('uid', uid),
      findByUserCode: async (userCode) => by('userCode', userCode),
      async consume(id) {
        const entry = live(key(id))
        if (!entry) return
        const payload = { ...entry.payload, consumed: Math.floor(Date.now() / 1000) }
        stored.set(key(id), { ...entry, payload })
      },
      async destroy(id) {
        stored.delete(key(id))
      },
      revokeByGrantId: async (grantId) => revokeGrant(grantId),
    }
  }

  return { adapter, revokeGrant, records: (model) => where((e) => e.model === model).map(([, e]) => e.payload) }
}
