// Passkeys of guests in the store: public keys, sealed, one record per guest, written by compare-and-set.

import { randomBytes } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'

export interface Passkey {
  /** Credential id, base64url. */
  readonly id: string
  /** COSE key, base64url. */
  readonly publicKey: string
  /** WebAuthn 6.1.1: signature counter of the last use; 0 for authenticators without one. */
  readonly counter: number
  readonly transports: readonly string[]
  /** As the guest called it. */
  readonly name: string
  /** Epoch milliseconds. */
  readonly addedAt: number
  readonly usedAt: number | undefined
}

export interface GuestPasskeys {
  readonly email: string
  /** WebAuthn 14.6.1: random, so that authenticators store nothing about the person. base64url. */
  readonly handle: string
  readonly passkeys: readonly Passkey[]
  /** Epoch milliseconds. */
  readonly changedAt: number
}

/** By `sub` of the guest. All methods reject with `StoreUnreachable`. */
export interface PasskeyRecords {
  read(sub: string): Promise<GuestPasskeys | undefined>
  all(): Promise<readonly (GuestPasskeys & { readonly sub: string })[]>
  /** Compare-and-set over all nodes; undefined, and nothing written, when `next` returns undefined. */
  change(
    sub: string,
    email: string,
    next: (passkeys: readonly Passkey[]) => readonly Passkey[] | undefined,
  ): Promise<GuestPasskeys | undefined>
}

/** Milliseconds a record is kept after the last use: a year, as records of users. */
const retention = 400 * 24 * 3_600_000

export function createPasskeyRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): PasskeyRecords {
  const { now } = parts
  const records = createSealedCollection<GuestPasskeys>({
    ...parts,
    kind: 'guest-passkeys',
    idsKey: 'guest-passkeys-ids',
    until: ({ changedAt }) => changedAt + retention,
    retention: 0,
    revive: (record) => ({ ...record, passkeys: record.passkeys.map((one) => ({ ...one, usedAt: one.usedAt })) }),
  })
  return {
    read: records.read,
    async all() {
      const ids = await records.ids()
      const found = await Promise.all(ids.map(async (sub) => ({ sub, record: await records.read(sub) })))
      return found.flatMap(({ sub, record }) => (record === undefined ? [] : [{ ...record, sub }]))
    },
    change: (sub, email, next) =>
      records.change(sub, (before) => {
        const passkeys = next(before?.passkeys ?? [])
        if (passkeys === undefined) return undefined
        const handle = before?.handle ?? randomBytes(32).toString('base64url')
        return { email, handle, passkeys, changedAt: now() }
      }),
  }
}
