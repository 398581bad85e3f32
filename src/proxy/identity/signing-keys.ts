// The keys that sign assertions: one set for all nodes, sealed in the store, rotated with overlap.

import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'

export interface SigningKey {
  readonly kid: string
  readonly key: CryptoKey
}

export interface AssertionKeys {
  /** Reads the keys, makes the first one, or adds one when it is time. Rejects with what the store rejects with. */
  refresh(): Promise<void>
  /** The key to sign with now. Throws `no_signing_key` before the first `refresh` resolved. */
  current(): SigningKey
  /** Public keys of every key that signed lately or will sign soon (RFC 7517). */
  jwks(): { readonly keys: readonly JWK[] }
}

export interface AssertionKeyOptions {
  readonly store: Pick<Store, 'get' | 'add' | 'replace' | 'remove'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Milliseconds. A new key is published before it signs, for applications that keep the JWKS; and stays after. */
const hour = 3_600_000
const day = 24 * hour
const lifetime = 30 * day
const publishLeadTime = day
const publishGrace = day
const retention = 400 * day

const name = 'assertion-keys'
const purpose = 'assertion keys'

interface StoredKey {
  readonly kid: string
  /** Private. */
  readonly jwk: JWK
  /** Epoch milliseconds from which it signs. */
  readonly from: number
}

interface LoadedKey extends StoredKey {
  readonly key: CryptoKey
  readonly public: JWK
}

export function createAssertionKeys({ store, seal, now }: AssertionKeyOptions): AssertionKeys {
  let loaded: readonly LoadedKey[] = []

  return {
    async refresh() {
      // Another node may write at the same moment: whoever loses reads what the winner wrote.
      for (let attempt = 0; attempt < 5; attempt++) {
        const sealed = await store.get(name)
        const text = sealed === undefined ? undefined : seal.open(purpose, name, sealed)
        const keys = text === undefined ? [] : (JSON.parse(text) as StoredKey[])
        const wanted = await rotate(keys, now())
        if (wanted === keys || (await write(sealed, wanted))) {
          loaded = await Promise.all(wanted.map(importKey))
          return
        }
      }
      throw Object.assign(new Error('the keys for assertions kept changing while they were read'), {
        code: 'assertion_keys_contended',
      })
    },
    current() {
      const at = now()
      const signing = loaded.findLast((key) => key.from <= at) ?? loaded[0]
      if (signing === undefined) {
        throw Object.assign(new Error('there is no key to sign assertions with yet'), { code: 'no_signing_key' })
      }
      return signing
    },
    jwks: () => ({ keys: loaded.map((key) => key.public) }),
  }

  function write(sealed: string | undefined, keys: readonly StoredKey[]): Promise<boolean> {
    const value = seal.seal(purpose, name, JSON.stringify(keys))
    return sealed === undefined ? store.add(name, value, retention) : store.replace(name, sealed, value, retention)
  }
}

/** The very same list when nothing is to be done. */
async function rotate(keys: StoredKey[], at: number): Promise<StoredKey[]> {
  const newest = keys.at(-1)
  // Nothing there, or sealed with a secret that is gone: nobody holds assertions of such a key for long.
  if (newest === undefined) return [await generateKey(at)]
  const signing = keys.findLast((key) => key.from <= at) ?? newest
  const alive = keys.filter((key) => key.from >= signing.from || at < signing.from + publishGrace)
  if (at >= newest.from + lifetime - publishLeadTime) return [...alive, await generateKey(at + publishLeadTime)]
  return alive.length === keys.length ? keys : alive
}

async function generateKey(from: number): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { kid: await calculateJwkThumbprint(jwk), jwk, from }
}

async function importKey(key: StoredKey): Promise<LoadedKey> {
  const { d: _private, ...rest } = key.jwk
  return {
    ...key,
    key: (await importJWK(key.jwk, 'ES256')) as CryptoKey,
    public: { ...rest, kid: key.kid, alg: 'ES256', use: 'sig' },
  }
}
