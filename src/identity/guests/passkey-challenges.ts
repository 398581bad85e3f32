// Challenges of passkeys (WebAuthn 13.4.3): sealed in a cookie, for one session, one purpose and one use.

import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { ReturnContext } from '../oidc/return-context.ts'
import { decodeContext, encodeContext, type EncodedContext } from '../oidc/return-contexts.ts'
import { hashToken, newSessionId, newToken } from '../session/opaque-token.ts'
import {
  clearSignInCookie,
  maxValueLength,
  setSignInCookie,
  signInCookieName,
  signInCookies,
} from '../session/sign-in-cookies.ts'

export type ChallengePurpose = 'add' | 'confirm'

export interface PasskeyChallenge {
  /** 256 random bits, base64url. */
  readonly challenge: string
  readonly purpose: ChallengePurpose
  /** Id of the session. */
  readonly session: string
  readonly returnContext: ReturnContext | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

export interface PasskeyChallenges {
  /** Returns the id, which the form carries, and values for `Set-Cookie`. Nothing is stored. */
  begin(
    wanted: Omit<PasskeyChallenge, 'challenge' | 'at'>,
    cookies: string | undefined,
  ): { readonly id: string; readonly challenge: string; readonly cookies: readonly string[] }
  /**
   * The challenge that this browser was given for this session and purpose, unless it was used or is too old. Rejects with
   * `StoreUnreachable`.
   */
  take(
    id: string | undefined,
    wanted: { readonly purpose: ChallengePurpose; readonly session: string; readonly cookies: string | undefined },
  ): Promise<(PasskeyChallenge & { readonly clear: string }) | undefined>
}

/** Milliseconds. */
export const challengeLifetime = 5 * 60_000

export function createPasskeyChallenges({
  store,
  seal,
  now,
}: {
  readonly store: Pick<Store, 'add'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): PasskeyChallenges {
  return {
    begin({ purpose, session, returnContext }, cookies) {
      const id = newSessionId()
      const challenge = newToken()
      const name = signInCookieName('passkey', id)
      const sealed = (context: ReturnContext | undefined): string =>
        seal.seal(
          'guest-challenge',
          name,
          JSON.stringify([
            challenge,
            purpose,
            session,
            now(),
            context ? encodeContext(context) : null,
          ] satisfies Encoded),
        )
      const whole = sealed(returnContext)
      const value = whole.length <= maxValueLength ? whole : sealed(undefined)
      return { id, challenge, cookies: setSignInCookie('passkey', { id, value }, cookies) }
    },
    async take(id, { purpose, session, cookies }) {
      const cookie = signInCookies(cookies, 'passkey').find((one) => one.id === id)
      const text = cookie && seal.open('guest-challenge', signInCookieName('passkey', cookie.id), cookie.value)
      if (cookie === undefined || text === undefined) return undefined
      const [challenge, given, of, at, context] = JSON.parse(text) as Encoded
      if (given !== purpose || of !== session || now() - at >= challengeLifetime) return undefined
      if (!(await store.add(`guest-challenge:${hashToken(challenge)}`, '1', challengeLifetime))) return undefined
      return {
        challenge,
        purpose,
        session,
        at,
        returnContext: context ? decodeContext(context) : undefined,
        clear: clearSignInCookie('passkey', cookie.id),
      }
    },
  }
}

type Encoded = readonly [
  challenge: string,
  purpose: ChallengePurpose,
  session: string,
  at: number,
  returnContext: EncodedContext | null,
]
