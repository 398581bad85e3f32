// Short-lived records of a sign-in on its way, in the store: named by a hash, sealed, gone after their time.

import { hashToken, isToken } from '../session/opaque-token.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'

/** All methods reject with `StoreUnreachable` when the store does. A secret that is malformed names nothing. */
export interface OneTimeRecords<T> {
  put(secret: string, record: T): Promise<void>
  get(secret: string): Promise<T | undefined>
  /** Of two concurrent calls one gets the record. */
  take(secret: string): Promise<T | undefined>
}

export interface OneTimeRecordsOptions {
  readonly store: Pick<Store, 'get' | 'set' | 'take'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** First part of the key, and what the seal is bound to. */
  readonly purpose: string
  /** Milliseconds. */
  readonly ttl: number
}

export function createOneTimeRecords<T>({ store, seal, purpose, ttl }: OneTimeRecordsOptions): OneTimeRecords<T> {
  const keyOf = (secret: string): string => `${purpose}:${hashToken(secret)}`
  const open = (key: string, sealed: string | undefined): T | undefined => {
    const text = sealed === undefined ? undefined : seal.open(purpose, key, sealed)
    // Whoever can write to the store still cannot make a record: without the key nothing opens.
    return text === undefined ? undefined : (JSON.parse(text) as T)
  }
  return {
    async put(secret, record) {
      const key = keyOf(secret)
      await store.set(key, seal.seal(purpose, key, JSON.stringify(record)), ttl)
    },
    async get(secret) {
      if (!isToken(secret)) return undefined
      const key = keyOf(secret)
      return open(key, await store.get(key))
    },
    async take(secret) {
      if (!isToken(secret)) return undefined
      const key = keyOf(secret)
      return open(key, await store.take(key))
    },
  }
}
