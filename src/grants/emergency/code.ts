// Emergency code (break-glass): its format, and its sealed record in the store under a SHA-256 hash of the code.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'

export interface EmergencyCode {
  /** Identifier in lists and logs; derived from the hash, so it does not reveal the code. */
  readonly id: string
  readonly app: string
  /** Milliseconds of access, counted from redemption. */
  readonly duration: number
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  /** `name`, `reason`: as stated by the person who used it, not verified; absent in records of earlier versions. */
  readonly used:
    { readonly at: number; readonly address: string; readonly name?: string; readonly reason?: string } | undefined
  readonly revokedAt: number | undefined
}

/** Record in the store: includes the hash of the code. */
export interface StoredCode extends EmergencyCode {
  readonly hash: string
}

export interface CodeRecords {
  add(code: StoredCode): Promise<void>
  all(): Promise<readonly StoredCode[]>
  /** Compare-and-set: of two concurrent changes one wins. Undefined when `next` returns undefined or there is no record. */
  change(id: string, next: (code: StoredCode) => StoredCode | undefined): Promise<StoredCode | undefined>
}

/** Milliseconds a record is kept after the code expired. */
const retention = 90 * 86_400_000

export function createCodeRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): CodeRecords {
  const records = createSealedCollection<StoredCode>({
    ...parts,
    kind: 'emergency-code',
    idsKey: 'emergency-codes',
    until: ({ expiresAt }) => expiresAt,
    retention,
    revive: (code) => ({ ...code, used: code.used, revokedAt: code.revokedAt }),
  })

  return {
    add: (code) => records.set(code.id, code),
    all: records.readAll,
    change: (id, next) => records.change(id, (code) => code && next(code)),
  }
}

/** Crockford base 32: no characters that are easily confused on paper. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function newCode(): string {
  const drawn = [...randomBytes(25)].map((byte) => letters[byte % 32]).join('')
  return drawn.match(/.{5}/g)!.join('-')
}

/** Accepts lower case, spaces, O for 0, I and L for 1. */
export function normalizeCode(written: string): string {
  const plain = written.slice(0, 200).toUpperCase().replaceAll(/[\s-]/g, '')
  return (
    plain
      .replaceAll('O', '0')
      .replaceAll(/[IL]/g, '1')
      .match(/.{1,5}/g)
      ?.join('-') ?? ''
  )
}

export function hashOf(code: string): string {
  return createHash('sha256').update(`einlass emergency code ${code}`).digest('hex')
}

export function idOf(hash: string): string {
  return hash.slice(0, 16)
}

export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
