// Attempts to sign in with a code: sealed in a cookie of the browser that asked, so that a code works in no other one.

import type { Seal } from '../../store/seal.ts'
import type { ReturnContext } from '../oidc/return-context.ts'
import { decodeContext, encodeContext, type EncodedContext } from '../oidc/return-contexts.ts'
import { newSessionId, newToken } from '../session/opaque-token.ts'
import {
  clearSignInCookie,
  maxValueLength,
  setSignInCookie,
  signInCookieName,
  signInCookies,
} from '../session/sign-in-cookies.ts'

export interface CodeAttempt {
  /** 256 random bits: finds the record of the code, and keys its hash. */
  readonly token: string
  /** In normal form. */
  readonly email: string
  readonly returnContext: ReturnContext | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

export interface CodeAttempts {
  /** `cookies`: the Cookie field of the request. Returns the id, which pages carry, and values for `Set-Cookie`. */
  begin(
    attempt: Omit<CodeAttempt, 'token'>,
    cookies: string | undefined,
  ): { readonly id: string; readonly token: string; readonly cookies: readonly string[] }
  /** The attempt that `id` names, if this browser began it. `clear`: removes its cookie. */
  find(
    id: string | undefined,
    cookies: string | undefined,
  ): (CodeAttempt & { readonly id: string; readonly clear: string }) | undefined
}

export function createCodeAttempts(seal: Pick<Seal, 'seal' | 'open'>): CodeAttempts {
  return {
    begin(attempt, cookies) {
      const id = newSessionId()
      const token = newToken()
      const name = signInCookieName('guest', id)
      const sealed = (one: CodeAttempt): string => seal.seal('guest-attempt', name, encode(one))
      const whole = sealed({ ...attempt, token })
      // A return context too long for a cookie is given up; the sign-in then ends on the portal.
      const value = whole.length <= maxValueLength ? whole : sealed({ ...attempt, token, returnContext: undefined })
      return { id, token, cookies: setSignInCookie('guest', { id, value }, cookies) }
    },
    find(id, cookies) {
      const cookie = signInCookies(cookies, 'guest').find((one) => one.id === id)
      if (cookie === undefined) return undefined
      const text = seal.open('guest-attempt', signInCookieName('guest', cookie.id), cookie.value)
      if (text === undefined) return undefined
      return { ...decode(text), id: cookie.id, clear: clearSignInCookie('guest', cookie.id) }
    },
  }
}

type Encoded = readonly [token: string, email: string, at: number, returnContext: EncodedContext | null]

function encode({ token, email, at, returnContext }: CodeAttempt): string {
  const context = returnContext ? encodeContext(returnContext) : null
  return JSON.stringify([token, email, at, context] satisfies Encoded)
}

function decode(text: string): CodeAttempt {
  const [token, email, at, context] = JSON.parse(text) as Encoded
  return {
    token,
    email,
    at,
    returnContext: context ? decodeContext(context) : undefined,
  }
}
