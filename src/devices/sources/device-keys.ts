// Public keys that verify posture tokens, by device: from a JWK Set (RFC 7517) or an inventory.

import { extname } from 'node:path'
import { importJWK, type CryptoKey, type JWK } from 'jose'
import type { Logger } from '../../telemetry/logger.ts'
import { InventoryInvalid, parseInventory } from './inventory-parser.ts'
import { isDeviceId } from '../posture.ts'
import { watchFile, type WatchedFile } from './watched-file.ts'

export interface DeviceKey {
  readonly key: CryptoKey
  /** Accepted `alg` values: fixed by the type of the key (RFC 8725 section 3.1). */
  readonly algorithms: readonly string[]
}

export type DeviceKeys = ReadonlyMap<string, DeviceKey>

/** Rejects when the file cannot be read now; later a bad file leaves the old keys in use. `changed` gets removed ids. */
export function watchDeviceKeys(
  path: string,
  options: { readonly log: Logger; readonly changed: (deviceIds: readonly string[]) => void },
): Promise<WatchedFile<DeviceKeys>> {
  return watchFile<DeviceKeys>({
    path,
    log: options.log,
    parse: (text) => parseDeviceKeys(text, extname(path).toLowerCase() === '.csv' ? 'csv' : 'yaml'),
    changed: (keys, previous) => options.changed([...previous.keys()].filter((id) => !keys.has(id))),
  })
}

/** Throws `InventoryInvalid` for a bad key, a bad `kid` or a duplicate. */
export async function parseDeviceKeys(text: string, format: 'yaml' | 'csv'): Promise<DeviceKeys> {
  const keys = new Map<string, DeviceKey>()
  for (const [id, jwk] of jwks(text, format)) {
    if (!isDeviceId(id)) throw new InventoryInvalid('a key without a usable kid')
    if (keys.has(id)) throw new InventoryInvalid(`${id} has two keys`)
    keys.set(id, await importKey(id, jwk))
  }
  return keys
}

function jwks(text: string, format: 'yaml' | 'csv'): [unknown, JWK][] {
  const set = format === 'yaml' ? keySet(text) : undefined
  if (set !== undefined) return set.map((jwk) => [jwk.kid, jwk])
  return [...parseInventory(text, 'keys', format)].flatMap(([id, { key }]) =>
    key === undefined ? [] : [[id, key as JWK]],
  )
}

function keySet(text: string): JWK[] | undefined {
  try {
    const document: unknown = JSON.parse(text)
    const keys = typeof document === 'object' && document !== null ? (document as { keys?: unknown }).keys : undefined
    return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)
      ? (keys as JWK[])
      : undefined
  } catch {
    return undefined
  }
}

async function importKey(id: string, jwk: JWK): Promise<DeviceKey> {
  if (jwk.d !== undefined || jwk.k !== undefined) throw new InventoryInvalid(`the key of ${id} is not a public one`)
  const algorithms =
    jwk.kty === 'EC' && jwk.crv === 'P-256'
      ? ['ES256']
      : jwk.kty === 'OKP' && jwk.crv === 'Ed25519'
        ? ['EdDSA', 'Ed25519']
        : undefined
  if (algorithms === undefined) throw new InventoryInvalid(`the key of ${id} is neither P-256 nor Ed25519`)
  try {
    const { kty, crv, x, y } = jwk
    const key = await importJWK({ kty, crv, x, y } as JWK, algorithms[0])
    return { key: key as CryptoKey, algorithms }
  } catch (cause) {
    throw new InventoryInvalid(`the key of ${id} cannot be used`, { cause })
  }
}
