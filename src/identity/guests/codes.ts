// One-time codes: ten digits, kept as a keyed hash, five tries over all nodes, one use.

import { createHmac, randomInt, timingSafeEqual } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import { createOneTimeRecords } from '../oidc/one-time-records.ts'
import { hashToken } from '../session/opaque-token.ts'

/** Milliseconds a code is valid. */
export const codeLifetime = 10 * 60_000
export const maxTries = 5

export type CodeCheck =
  | { readonly state: 'right' }
  /** `left`: tries that remain. */
  | { readonly state: 'wrong'; readonly left: number }
  /** Too many tries, used, or no longer known: a new code is needed. */
  | { readonly state: 'spent' }

/** All methods reject with `StoreUnreachable`. `token`: of the attempt (`code-attempts.ts`). */
export interface Codes {
  /** Makes a code for an attempt, and returns it. It is kept for strangers as well, so that both cost the same. */
  issue(token: string): Promise<string>
  /** Counts the try before it compares, so that of many at once on several nodes five are compared at most. */
  check(token: string, written: string): Promise<CodeCheck>
}

export function createCodes({
  store,
  seal,
}: {
  readonly store: Pick<Store, 'get' | 'set' | 'take' | 'increment'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
}): Codes {
  const records = createOneTimeRecords<{ readonly mac: string }>({
    store,
    seal,
    purpose: 'guest-code',
    ttl: codeLifetime,
  })
  return {
    async issue(token) {
      const code = String(randomInt(10 ** 10)).padStart(10, '0')
      await records.put(token, { mac: macOf(token, code) })
      return code
    },
    async check(token, written) {
      const tries = await store.increment(`guest-tries:${hashToken(token)}`, codeLifetime)
      if (tries > maxTries) return { state: 'spent' }
      const record = await records.get(token)
      if (record === undefined) return { state: 'spent' }
      const right = timingSafeEqual(Buffer.from(record.mac), Buffer.from(macOf(token, digitsOf(written) ?? '')))
      // Of two right answers at the same moment one gets the record.
      if (right) return (await records.take(token)) === undefined ? { state: 'spent' } : { state: 'right' }
      if (tries < maxTries) return { state: 'wrong', left: maxTries - tries }
      await records.take(token)
      return { state: 'spent' }
    },
  }
}

/** As written: blanks and dashes between digits are how people group them. Undefined: not ten digits. */
export function digitsOf(written: string): string | undefined {
  const digits = written.replaceAll(/[\s\u00a0\u2010-\u2015-]/g, '')
  return /^[0-9]{10}$/.test(digits) ? digits : undefined
}

/**
 * Keyed by the token, which only the browser has: who reads the store and the secret key still cannot try the ten thousand
 * million codes.
 */
function macOf(token: string, code: string): string {
  return createHmac('sha256', token).update(code).digest('base64url')
}
