// Drafts of forms, kept while the browser is at the sign-in page: in the store for a signed-in user, else in the browser.

import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import { createOneTimeRecords } from './one-time-records.ts'
import { newToken } from '../session/opaque-token.ts'
import { setSignInCookie, signInCookieAge, signInCookieName, signInCookies } from '../session/sign-in-cookies.ts'
import type { SignInRateLimiter } from './sign-in-rate-limit.ts'

export type DraftFields = Readonly<Record<string, string>>

/** The browser that sent the form. */
export interface DraftOwner {
  readonly signedIn: boolean
  readonly address: string
  /** Cookie field of the request. */
  readonly cookies: string | undefined
}

export interface FormDrafts {
  /**
   * Keeps the fields, sealed, under a random id. Without a session they stay in the browser, as far as they fit into a cookie.
   * Undefined when nothing was kept (rate limit, or too long). Rejects with `StoreUnreachable`.
   */
  keep(
    fields: DraftFields,
    owner: DraftOwner,
  ): Promise<{ readonly id: string; readonly cookies: readonly string[] } | undefined>
  /** Only prefills a form, which the user then submits or not. Rejects with `StoreUnreachable`. */
  find(id: string | undefined, cookies: string | undefined): Promise<DraftFields | undefined>
}

export interface FormDraftsOptions {
  readonly store: Pick<Store, 'get' | 'set' | 'take'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly rate: SignInRateLimiter
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** UTF-8 bytes that fit, sealed, into one cookie; a form has a text of at most 1000 characters. */
const maxCookieBytes = 2700
const maxStoredBytes = 16_384

export function createFormDrafts({ store, seal, rate, now }: FormDraftsOptions): FormDrafts {
  const records = createOneTimeRecords<DraftFields>({ store, seal, purpose: 'draft', ttl: signInCookieAge * 1000 })
  return {
    async keep(fields, { signedIn, address, cookies }) {
      const id = newToken()
      const text = JSON.stringify([now(), fields])
      const bytes = Buffer.byteLength(text)
      if (!signedIn) {
        if (bytes > maxCookieBytes) return undefined
        const value = seal.seal('draft', signInCookieName('draft', id), text)
        return { id, cookies: setSignInCookie('draft', { id, value }, cookies) }
      }
      if (bytes > maxStoredBytes || !rate.acquire(address)) return undefined
      await records.put(id, fields)
      return { id, cookies: [] }
    },
    async find(id, cookies) {
      if (id === undefined) return undefined
      const cookie = signInCookies(cookies, 'draft').find((one) => one.id === id)
      if (cookie === undefined) return records.get(id)
      const text = seal.open('draft', signInCookieName('draft', id), cookie.value)
      if (text === undefined) return undefined
      const [at, fields] = JSON.parse(text) as [number, DraftFields]
      return now() - at < signInCookieAge * 1000 ? fields : undefined
    },
  }
}
