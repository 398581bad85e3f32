// Cookie `__Host-einlass-guest`: this browser has signed in with a mail address before, sealed; opens nothing, has codes of its own.

import type { Seal } from '../../store/seal.ts'
import { cookieValue, writeCookie } from '../session/cookies.ts'

const name = '__Host-einlass-guest'
/** Seconds. */
const age = 180 * 24 * 60 * 60

export interface KnownBrowsers {
  /** A `Set-Cookie` value. */
  remember(email: string): string
  /** The address this browser signed in with last; undefined: none. `cookies`: the Cookie field. */
  emailOf(cookies: string | undefined): string | undefined
}

export function createKnownBrowsers(seal: Pick<Seal, 'seal' | 'open'>): KnownBrowsers {
  return {
    remember: (email) => writeCookie(name, seal.seal('guest-browser', name, email), age),
    emailOf(cookies) {
      const value = cookieValue(cookies, name, /^[\w.-]{1,1000}$/)
      return value === undefined ? undefined : seal.open('guest-browser', name, value)
    },
  }
}
