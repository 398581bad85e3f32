// Signing keys of assertions (JWKS): shared by all nodes, sealed in the store, rotated with overlap.

import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'

export interface SigningKey {
  readonly kid: string
  readonly key: CryptoKey
}

export interface AssertionKeys {
  /** Loads the keys; creates the first one, or the next one when rotation is due. Rejects with the error of the store. */
  refresh(): Promise<void>
  /** The current signing key. Throws `no_signing_key` before the first `refresh` resolved. */
  current(): SigningKey
  /** Public keys of the previous, current and next signing keys (RFC 7517). */
  jwks(): { readonly keys: readonly JWK[] }
}

export interface AssertionKeyOptions {
  readonly store: Pick<Store, 'get' | 'add' | 'replace' | 'remove'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Milliseconds. Applications cache the JWKS: a key is published before its first use and remains after its last. */
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
      // Compare-and-set: after a conflict with another node, its keys are read.
      for (let attempt = 0; attempt < 5; attempt++) {
        const sealed = await store.get(name)
        const text = sealed === undefined ? undefined : seal.open(purpose, name, sealed)
        const keys = text === undefined ? [] : (JSON.parse(text) as StoredKey[])
        const rotated = await rotate(keys, now())
        if (rotated === keys || (await write(sealed, rotated))) {
          loaded = await Promise.all(rotated.map(importKey))
          return
        }
      }
      throw Object.assign(new Error('too many write conflicts on the assertion signing keys'), {
        code: 'assertion_keys_contended',
      })
    },
    current() {
      const at = now()
      const signing = loaded.findLast((key) => key.from <= at) ?? loaded[0]
      if (signing === undefined) {
        throw Object.assign(new Error('no assertion signing key loaded'), { code: 'no_signing_key' })
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

/** Returns the same list when nothing changes. */
async function rotate(keys: StoredKey[], at: number): Promise<StoredKey[]> {
  const newest = keys.at(-1)
  // None stored, or sealed with a lost secret: assertions of such keys expire within minutes.
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
