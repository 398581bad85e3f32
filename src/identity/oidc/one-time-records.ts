// Short-lived one-time records of a sign-in in the store: keyed by hash, sealed, expiring.

import { hashToken, isToken } from '../session/opaque-token.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'

/** All methods reject with `StoreUnreachable`. A malformed secret finds no record. */
export interface OneTimeRecords<T> {
  put(secret: string, record: T): Promise<void>
  get(secret: string): Promise<T | undefined>
  /** Atomic read and delete: of two concurrent calls one gets the record. */
  take(secret: string): Promise<T | undefined>
}

export interface OneTimeRecordsOptions {
  readonly store: Pick<Store, 'get' | 'set' | 'take'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Key prefix, and the purpose the seal is bound to. */
  readonly purpose: string
  /** Milliseconds. */
  readonly ttl: number
}

export function createOneTimeRecords<T>({ store, seal, purpose, ttl }: OneTimeRecordsOptions): OneTimeRecords<T> {
  const keyOf = (secret: string): string => `${purpose}:${hashToken(secret)}`
  const open = (key: string, sealed: string | undefined): T | undefined => {
    const text = sealed === undefined ? undefined : seal.open(purpose, key, sealed)
    // Write access to the store is not enough to forge a record: without the key the seal does not open.
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
