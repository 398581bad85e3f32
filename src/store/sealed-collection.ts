// Collection of sealed JSON records: `<kind>:<id>` in the store, indexed in a set of ids, written by compare-and-set.
//
// Each id is listed before its record is written: an id without a record is skipped, a record without its id would
// never be found. No write shortens the TTL of an id in a set below that of its record.

import type { Seal } from './seal.ts'
import type { Store } from './store.ts'

export interface SealedCollection<T> {
  /** Undefined when there is no record, or its seal does not open. All methods reject when the store is unreachable. */
  read(id: string): Promise<T | undefined>
  ids(): Promise<string[]>
  /** Unordered; without records whose seal does not open. */
  readAll(): Promise<T[]>
  /** Writes or overwrites a record. */
  set(id: string, value: T): Promise<void>
  /** Writes a new record; false when the id exists. */
  create(id: string, value: T): Promise<boolean>
  /**
   * Writes what `next` returns for the current record (undefined: there is none, or its seal does not open), and returns it;
   * undefined, and nothing written, when `next` returns undefined. `next` runs again after a concurrent write.
   * Rejects with `<kind>_contended` after 20 attempts, and with whatever `next` throws.
   */
  change(id: string, next: (value: T | undefined) => Next<T> | Promise<Next<T>>): Promise<T | undefined>
  /** TTL in milliseconds of a record with this value. */
  ttl(value: T): number
}

type Next<T> = T | undefined

export interface SealedCollectionOptions<T> {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Prefix of the keys, and the purpose of the seal. */
  readonly kind: string
  /** Key of the set of all ids. */
  readonly idsKey: string
  /** Key of a further set that lists an id. */
  readonly extraIdsKey?: (id: string) => string
  /** Epoch milliseconds until which a record is needed. */
  readonly until: (value: T) => number
  /** Milliseconds a record is kept after `until`. */
  readonly retention: number
  /** JSON has no `undefined`: restores the omitted keys. */
  readonly revive: (parsed: T) => T
}

const maxAttempts = 20
const batch = 500

export function createSealedCollection<T>(options: SealedCollectionOptions<T>): SealedCollection<T> {
  const { store, seal, now, kind, idsKey, extraIdsKey, until, retention, revive } = options
  const key = (id: string): string => `${kind}:${id}`
  const sealed = (id: string, value: T): string => seal.seal(kind, id, JSON.stringify(value))
  const ttl = (value: T): number => Math.max(1, until(value) - now()) + retention

  function opened(id: string, text: string | undefined): T | undefined {
    const plain = text === undefined ? undefined : seal.open(kind, id, text)
    return plain === undefined ? undefined : revive(JSON.parse(plain) as T)
  }

  async function addToSets(id: string, value: T): Promise<void> {
    await store.addMember(idsKey, id, ttl(value))
    if (extraIdsKey !== undefined) await store.addMember(extraIdsKey(id), id, ttl(value))
  }

  /** Compare-and-set from `before` (undefined: no record). False, and nothing written, on a conflict. */
  async function write(id: string, before: string | undefined, value: T): Promise<boolean> {
    const text = sealed(id, value)
    const written =
      before === undefined
        ? await store.add(key(id), text, ttl(value))
        : await store.replace(key(id), before, text, ttl(value))
    // After a retried command the store may report a conflict with our own first write.
    return written || (await store.get(key(id))) === text
  }

  return {
    read: async (id) => opened(id, await store.get(key(id))),
    ids: () => store.members(idsKey),
    async readAll() {
      const ids = await store.members(idsKey)
      const values: T[] = []
      for (let from = 0; from < ids.length; from += batch) {
        const some = ids.slice(from, from + batch)
        const texts = await store.getMany(some.map(key))
        values.push(...some.flatMap((id, index) => opened(id, texts[index]) ?? []))
      }
      return values
    },
    async set(id, value) {
      await addToSets(id, value)
      await store.set(key(id), sealed(id, value), ttl(value))
    },
    async create(id, value) {
      await addToSets(id, value)
      return write(id, undefined, value)
    },
    async change(id, next) {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const text = await store.get(key(id))
        const before = opened(id, text)
        const after = await next(before)
        if (after === undefined) return undefined
        if (before === undefined || Math.max(until(after), now()) >= until(before)) await addToSets(id, after)
        if (await write(id, text, after)) return after
      }
      throw Object.assign(new Error(`the ${kind} changed during every attempt to write it`), {
        code: `${kind}_contended`,
      })
    },
    ttl,
  }
}
