// One sealed emergency code: what is known of it, how it is written, and how it lies in the store - as a hash, sealed.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'

export interface EmergencyCode {
  /** Names it in lists and logs; says nothing about the code. */
  readonly id: string
  readonly app: string
  /** Milliseconds the access lasts from when it is used. */
  readonly duration: number
  /** Epoch milliseconds, all of them. */
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly used: { readonly at: number; readonly address: string } | undefined
  readonly revokedAt: number | undefined
}

/** A record as it stands in the store: with the hash of the code it belongs to. */
export interface StoredCode extends EmergencyCode {
  readonly hash: string
}

export interface CodeRecords {
  add(code: StoredCode): Promise<void>
  all(): Promise<readonly StoredCode[]>
  /** Of two who change it at the same moment one does. Undefined when `next` leaves it, or there is none. */
  change(id: string, next: (code: StoredCode) => StoredCode | undefined): Promise<StoredCode | undefined>
}

/** Milliseconds a code is remembered after it expired. */
const retention = 90 * 86_400_000

export function createCodeRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): CodeRecords {
  const records = createSealedCollection<StoredCode>({
    ...parts,
    kind: 'emergency-code',
    all: 'emergency-codes',
    until: ({ expiresAt }) => expiresAt,
    kept: retention,
    revive: (code) => ({ ...code, used: code.used, revokedAt: code.revokedAt }),
  })

  return {
    add: (code) => records.set(code.id, code),
    all: records.readAll,
    change: (id, next) => records.change(id, (code) => code && next(code)),
  }
}

/** Crockford's base 32: nothing that looks like something else on paper. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function newCode(): string {
  const drawn = [...randomBytes(25)].map((byte) => letters[byte % 32]).join('')
  return drawn.match(/.{5}/g)!.join('-')
}

/** As it may be typed: in small letters, with blanks, O for 0, I and L for 1. */
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
