// One sealed emergency code: what is known of it, how it is written, and how it lies in the store - as a hash, sealed.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'

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
export interface Sealed extends EmergencyCode {
  readonly hash: string
}

export interface CodeRecords {
  add(code: Sealed): Promise<void>
  all(): Promise<readonly Sealed[]>
  /** Of two who change it at the same moment one does. Undefined when `next` leaves it, or there is none. */
  change(id: string, next: (code: Sealed) => Sealed | undefined): Promise<Sealed | undefined>
}

/** Milliseconds a code is remembered after it expired. */
const kept = 90 * 86_400_000
const mostAttempts = 20

export function createCodeRecords({
  store,
  seal,
  now,
}: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): CodeRecords {
  const key = (id: string): string => `emergency-code:${id}`

  function opened(id: string, text: string | undefined): Sealed | undefined {
    const plain = text === undefined ? undefined : seal.open('emergency-code', id, text)
    if (plain === undefined) return undefined
    const code = JSON.parse(plain) as Sealed
    return { ...code, used: code.used, revokedAt: code.revokedAt }
  }

  const sealed = (code: Sealed): string => seal.seal('emergency-code', code.id, JSON.stringify(code))
  const remaining = (code: EmergencyCode): number => Math.max(0, code.expiresAt - now()) + kept

  async function change(id: string, next: (code: Sealed) => Sealed | undefined): Promise<Sealed | undefined> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const text = await store.get(key(id))
      const code = opened(id, text)
      const changed = code && next(code)
      if (text === undefined || changed === undefined) return undefined
      const written = sealed(changed)
      if (await store.replace(key(id), text, written, remaining(changed))) return changed
      // A client that repeats a command may hear "no" to the second: the first was ours all the same.
      if ((await store.get(key(id))) === written) return changed
    }
    throw Object.assign(new Error('the code is being written all the time'), { code: 'code_contended' })
  }

  return {
    async add(code) {
      // First the list: a code that is not in it could be used and never be seen.
      await store.addMember('emergency-codes', code.id, remaining(code))
      await store.set(key(code.id), sealed(code), remaining(code))
    },
    async all() {
      const ids = await store.members('emergency-codes')
      const texts = await store.getMany(ids.map(key))
      return ids.flatMap((id, index) => opened(id, texts[index]) ?? [])
    },
    change,
  }
}

/** Crockford's base 32: nothing that looks like something else on paper. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function newCode(): string {
  const drawn = [...randomBytes(25)].map((byte) => letters[byte % 32]).join('')
  return drawn.match(/.{5}/g)!.join('-')
}

/** As it may be typed: in small letters, with blanks, O for 0, I and L for 1. */
export function normalized(written: string): string {
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
