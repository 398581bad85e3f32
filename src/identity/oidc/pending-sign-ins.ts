// Pending sign-ins: state, nonce and PKCE verifier of an authorization request, sealed in a cookie of the browser that began it.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import { hashToken, isToken, newToken } from '../session/opaque-token.ts'
import {
  clearSignInCookie,
  maxValueLength,
  setSignInCookie,
  signInCookieName,
  signInCookies,
} from '../session/sign-in-cookies.ts'
import type { ReturnContext, StepUp } from './return-context.ts'
import {
  decodeContext,
  decodeStepUp,
  encodeContext,
  encodeStepUp,
  type EncodedContext,
  type EncodedStepUp,
} from './return-contexts.ts'

export interface PendingSignIn {
  readonly provider: string
  /** The issuer of its metadata, hashed: a response from another issuer is rejected (RFC 9700 4.4). */
  readonly issuerHash: string
  readonly returnContext: ReturnContext | undefined
  readonly stepUp: StepUp | undefined
  /** Seconds, as sent in `max_age`. */
  readonly maxAge: number | undefined
  /** Epoch milliseconds. */
  readonly begunAt: number
}

/** Secrets of one authorization request, 256 bits each. */
export interface SignInSecrets {
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
}

export interface PendingSignIns {
  /** Seals it for this browser. `cookies`: the Cookie field of the request. Returns values for `Set-Cookie`. */
  begin(pending: PendingSignIn, cookies: string | undefined): SignInSecrets & { readonly cookies: readonly string[] }
  /**
   * The sign-in that `state` belongs to, if this browser began it. Possession of the sealed cookie is the binding to the
   * browser (RFC 6749 section 10.12, login CSRF): `__Host-` cookies can be set by no other host.
   */
  find(
    state: string | undefined,
    cookies: string | undefined,
  ):
    | {
        readonly pending: PendingSignIn
        readonly secrets: SignInSecrets
        readonly expired: boolean
        readonly cookie: string
      }
    | undefined
  /** States of the other sign-ins that this browser has under way, oldest first; expired ones are left out. */
  others(state: string, cookies: string | undefined): readonly string[]
  /**
   * False when this state was used: on this node, or completed on any. Call before the token request; a failed attempt uses
   * the state up. Rejects with `StoreUnreachable`.
   */
  claim(state: string): Promise<boolean>
  /**
   * Call after a successful token exchange: records the use for all nodes. Only people a provider knows get here, so
   * strangers cannot fill the store. False when another node was first. Rejects with `StoreUnreachable`.
   */
  complete(state: string): Promise<boolean>
}

export interface PendingSignInsOptions {
  readonly store: Pick<Store, 'get' | 'add'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Milliseconds from the departure to the callback. */
export const signInLifetime = 10 * 60_000
/** States that were used on this node, to spare the provider repeated token requests; each cost a departure. */
const maxAttempted = 20_000

export function createPendingSignIns({ store, seal, now }: PendingSignInsOptions): PendingSignIns {
  const attempted = new LRUCache<string, true>({ max: maxAttempted, ttl: signInLifetime })
  return {
    begin(pending, cookies) {
      const seed = newToken()
      const secrets = secretsOf(seed)
      const id = idOf(secrets.state)
      const whole = seal.seal('signin', signInCookieName('signin', id), encode(seed, pending))
      // A return context too long for a cookie is given up; the sign-in then ends on the portal.
      const value =
        whole.length <= maxValueLength
          ? whole
          : seal.seal('signin', signInCookieName('signin', id), encode(seed, { ...pending, returnContext: undefined }))
      return { ...secrets, cookies: setSignInCookie('signin', { id, value }, cookies) }
    },
    find(state, cookies) {
      if (!isToken(state)) return undefined
      const id = idOf(state)
      const cookie = signInCookies(cookies, 'signin').find((one) => one.id === id)
      const text = cookie && seal.open('signin', signInCookieName('signin', id), cookie.value)
      if (text === undefined) return undefined
      const { seed, pending } = decode(text)
      const secrets = secretsOf(seed)
      if (!timingSafeEqual(Buffer.from(secrets.state), Buffer.from(state))) return undefined
      const expired = now() - pending.begunAt >= signInLifetime
      return { pending, secrets, expired, cookie: clearSignInCookie('signin', id) }
    },
    others(state, cookies) {
      return signInCookies(cookies, 'signin').flatMap(({ id, value }) => {
        const text = id === idOf(state) ? undefined : seal.open('signin', signInCookieName('signin', id), value)
        if (text === undefined) return []
        const { seed, pending } = decode(text)
        return now() - pending.begunAt < signInLifetime ? [secretsOf(seed).state] : []
      })
    },
    async claim(state) {
      if (attempted.has(state)) return false
      attempted.set(state, true)
      try {
        return (await store.get(usedKey(state))) === undefined
      } catch (error) {
        attempted.delete(state)
        throw error
      }
    },
    complete: (state) => store.add(usedKey(state), '1', signInLifetime),
  }
}

/** One secret for all three keeps the cookie small. */
function secretsOf(seed: string): SignInSecrets {
  const derive = (name: string): string => createHmac('sha256', seed).update(name).digest('base64url')
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('verifier') }
}

/** From the configuration, never from a request (RFC 9700 section 4.1). `origin`: of the gateway. */
export function redirectUriOf(origin: string, provider: string): string {
  return `${origin}/callback/${encodeURIComponent(provider)}`
}

/** 132 bits of a SHA-256: short, because each cookie contains it. */
export function issuerHashOf({ issuer }: { readonly issuer: string }): string {
  return hashToken(issuer).slice(0, 22)
}

/** The callback finds the cookie by its state. */
function idOf(state: string): string {
  return state.slice(0, 12)
}

function usedKey(state: string): string {
  return `signin:${hashToken(state)}`
}

type Encoded = readonly [
  seed: string,
  provider: string,
  issuerHash: string,
  begunAt: number,
  maxAge: number | null,
  stepUp: EncodedStepUp | null,
  returnContext: EncodedContext | null,
]

function encode(seed: string, pending: PendingSignIn): string {
  const { provider, issuerHash, begunAt, maxAge, stepUp, returnContext } = pending
  const context = returnContext ? encodeContext(returnContext) : null
  return JSON.stringify([
    seed,
    provider,
    issuerHash,
    begunAt,
    maxAge ?? null,
    encodeStepUp(stepUp),
    context,
  ] satisfies Encoded)
}

function decode(text: string): { readonly seed: string; readonly pending: PendingSignIn } {
  const [seed, provider, issuerHash, begunAt, maxAge, stepUp, context] = JSON.parse(text) as Encoded
  return {
    seed,
    pending: {
      provider,
      issuerHash,
      begunAt,
      maxAge: maxAge ?? undefined,
      stepUp: decodeStepUp(stepUp),
      returnContext: context ? decodeContext(context) : undefined,
    },
  }
}
