// A collection of sealed JSON records: `<kind>:<id>` in the store, listed in a set of ids, written by compare-and-set.
//
// Each record is listed before it is written: an id without a record is passed over, a record without its id would
// never be found again. No write shortens the life of an id in a set below that of its record.

import type { Seal } from './seal.ts'
import type { Store } from './store.ts'

export interface SealedCollection<T> {
  /** Undefined where there is none, or it does not open with our seal. All methods reject when the store is unreachable. */
  read(id: string): Promise<T | undefined>
  ids(): Promise<string[]>
  /** In no order; without what does not open. */
  readAll(): Promise<T[]>
  /** Replaces whatever is there. */
  set(id: string, value: T): Promise<void>
  /** Writes only where there is none of this id; false when there is. */
  create(id: string, value: T): Promise<boolean>
  /**
   * Writes what `next` makes of the record as it is (undefined: there is none, or it does not open), and returns it;
   * undefined, and nothing written, when `next` returns undefined. `next` runs again when another node was faster.
   * Rejects with `<kind>_contended` after 20 attempts, and with what `next` throws.
   */
  change(id: string, next: (value: T | undefined) => Next<T> | Promise<Next<T>>): Promise<T | undefined>
  /** Milliseconds a record with this value is kept from now on. */
  ttl(value: T): number
}

type Next<T> = T | undefined

export interface SealedCollectionOptions<T> {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Prefix of the keys, and the purpose the records are sealed for. */
  readonly kind: string
  /** Key of the set of all ids. */
  readonly all: string
  /** Key of another set an id is listed in. */
  readonly also?: (id: string) => string
  /** Epoch milliseconds until which a record matters. */
  readonly until: (value: T) => number
  /** Milliseconds a record is kept after that. */
  readonly kept: number
  /** JSON has no `undefined`: puts back the keys that were lost. */
  readonly revive: (parsed: T) => T
}

const maxAttempts = 20
const batch = 500

export function createSealedCollection<T>(options: SealedCollectionOptions<T>): SealedCollection<T> {
  const { store, seal, now, kind, all, also, until, kept, revive } = options
  const key = (id: string): string => `${kind}:${id}`
  const sealed = (id: string, value: T): string => seal.seal(kind, id, JSON.stringify(value))
  const ttl = (value: T): number => Math.max(1, until(value) - now()) + kept

  function opened(id: string, text: string | undefined): T | undefined {
    const plain = text === undefined ? undefined : seal.open(kind, id, text)
    return plain === undefined ? undefined : revive(JSON.parse(plain) as T)
  }

  async function list(id: string, value: T): Promise<void> {
    await store.addMember(all, id, ttl(value))
    if (also !== undefined) await store.addMember(also(id), id, ttl(value))
  }

  /** False, and nothing written, when something else is there than `before`; undefined: nothing. */
  async function write(id: string, before: string | undefined, value: T): Promise<boolean> {
    const text = sealed(id, value)
    const written =
      before === undefined
        ? await store.add(key(id), text, ttl(value))
        : await store.replace(key(id), before, text, ttl(value))
    // A client that repeats a command may hear "no" to the second: the first was ours all the same.
    return written || (await store.get(key(id))) === text
  }

  return {
    read: async (id) => opened(id, await store.get(key(id))),
    ids: () => store.members(all),
    async readAll() {
      const ids = await store.members(all)
      const values: T[] = []
      for (let from = 0; from < ids.length; from += batch) {
        const some = ids.slice(from, from + batch)
        const texts = await store.getMany(some.map(key))
        values.push(...some.flatMap((id, index) => opened(id, texts[index]) ?? []))
      }
      return values
    },
    async set(id, value) {
      await list(id, value)
      await store.set(key(id), sealed(id, value), ttl(value))
    },
    async create(id, value) {
      await list(id, value)
      return write(id, undefined, value)
    },
    async change(id, next) {
      for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const text = await store.get(key(id))
        const before = opened(id, text)
        const after = await next(before)
        if (after === undefined) return undefined
        if (before === undefined || Math.max(until(after), now()) >= until(before)) await list(id, after)
        if (await write(id, text, after)) return after
      }
      throw Object.assign(new Error(`the ${kind} is being written all the time`), { code: `${kind}_contended` })
    },
    ttl,
  }
}
