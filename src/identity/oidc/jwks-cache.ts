// JWKS cache of a provider: verifies signatures; reads the set once a minute, and at once at a key it does not know.

import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { isUnescapedWord } from '../../http/field-syntax.ts'
import { createTokenBucket } from '../../async/token-bucket.ts'
import { ProviderUnreachable, type ProviderFetch } from './provider-http.ts'
import { ProviderAnswerWrong } from './provider-failure.ts'
import { providerTiming } from './provider-timing.ts'
import { verifySignature, type VerificationKey } from './verify-signature.ts'

export interface JwksCache {
  /** Resolves when a current key set is known. Rejects with `ProviderUnreachable`. */
  ready(): Promise<void>
  /** Epoch milliseconds of the last successful read. */
  readAt(): number | undefined
  /** Of the last read, when it failed. */
  readError(): unknown
  /**
   * Returns the key that verifies the signature of a compact JWS. A key that the set does not contain, and a signature
   * that the key of its `kid` does not verify, have the set read again at once (OIDC Core 10.1.1), within the budget of
   * the sender and for at most `patience` milliseconds. Rejects with `SigningKeyUnknown`, with `ProviderUnreachable`, or
   * with an error of jose when the token itself is invalid.
   */
  verify(token: string, sender: TokenSender, patience?: number): Promise<VerificationKey>
}

/**
 * `provider`: a response of its own endpoints over TLS. `stranger`: a request that anybody can send, such as a logout
 * token. Each has a budget, so that tokens which strangers make up cannot use up that of sign-ins.
 */
export type TokenSender = 'provider' | 'stranger'

/** The key set does not contain the key (yet): nothing is known about the token. */
export class SigningKeyUnknown extends Error {
  readonly code = 'signing_key_unknown'
}

const minute = 60_000
const retryWithoutKeys = 1000
/** Rereads at an unknown key. */
const rereadsPerMinute: Readonly<Record<TokenSender, number>> = { provider: 5, stranger: 3 }
/** Milliseconds a caller waits for the routine read while the last good keys can be used. */
const routinePatience = 2000
/** Milliseconds that keys are trusted while the set cannot be read. */
const maxAge = 24 * 60 * minute
const maxKeys = 100

interface KeySet {
  readonly find: JWTVerifyGetKey
  readonly at: number
  /** Number of the read that returned it. */
  readonly read: number
}

export function createJwksCache(
  uri: string,
  fetch: ProviderFetch,
  now: () => number,
  /** As `ProviderTiming.keyPause`. */
  rereadPause = providerTiming.keyPause,
): JwksCache {
  let lastGood: KeySet | undefined
  let lastError: unknown
  /** Number of reads begun, and when the last one began. */
  let reads = 0
  let attemptedAt = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined
  const budgets = {
    provider: createTokenBucket({ perMinute: rereadsPerMinute.provider, now }),
    stranger: createTokenBucket({ perMinute: rereadsPerMinute.stranger, now }),
  }

  /** One request at a time; concurrent callers share it. A failure leaves the last good keys in place. */
  const read = (): Promise<void> => {
    if (pending) return pending
    attemptedAt = now()
    reads += 1
    const number = reads
    pending = fetchSet(uri, fetch)
      .then(
        (set) => {
          lastGood = { find: createLocalJWKSet(set), at: now(), read: number }
          lastError = undefined
        },
        (error: unknown) => {
          lastError = error
          throw error
        },
      )
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  /** Routine: a key that was removed at the provider is used for a minute at most while the set can be read. */
  const current = async (): Promise<KeySet> => {
    if (now() - attemptedAt >= (lastGood ? minute : retryWithoutKeys) || (pending && !lastGood)) {
      if (lastGood) await settled(read(), routinePatience)
      else await read()
    }
    if (!lastGood || now() - lastGood.at > maxAge)
      throw new ProviderUnreachable('the key set of the provider is not available', lastError)
    return lastGood
  }

  /**
   * For a token that arrived after `arrived` reads had begun. False when nothing was read: the set is as new as can be
   * (`recent`), or the budget is used up.
   */
  const reread = async (sender: TokenSender, arrived: number, wait: number): Promise<true | 'recent' | 'no_budget'> => {
    if (pending) return (await settled(pending, wait), true)
    const wasReadSince = sender === 'stranger' || reads > arrived
    if (wasReadSince && now() - attemptedAt < rereadPause) return 'recent'
    if (!budgets[sender].take()) return 'no_budget'
    await settled(read(), wait)
    return true
  }

  return {
    async ready() {
      await current()
    },
    readAt: () => lastGood?.at,
    readError: () => lastError,
    async verify(token, sender, patience = 0) {
      const arrived = reads
      const deadline = performance.now() + patience
      let set = await current()
      for (let pause = rereadPause; ; pause *= 2) {
        const result = await verifySignature(token, set.find)
        if (result.state === 'verified') return result.key
        const wrong = result.state === 'wrong_signature' ? result.error : undefined
        // The keys are newer than the token: its signature is wrong, and no later set can prove otherwise.
        if (wrong && set.read > arrived) throw wrong
        const left = deadline - performance.now()
        const outcome = await reread(sender, arrived, Math.max(left, routinePatience))
        set = lastGood ?? set
        if (outcome === true && (left > 0 || set.read > arrived)) continue
        if (left <= 0) throw failure(token, sender, outcome, wrong)
        await delay(Math.min(pause, left))
        set = lastGood ?? set
      }
    },
  }

  function failure(
    token: string,
    sender: TokenSender,
    outcome: true | 'recent' | 'no_budget',
    wrong: Error | undefined,
  ): Error {
    if (lastError !== undefined)
      return new ProviderUnreachable('the key set of the provider could not be read', lastError)
    if (sender === 'stranger' && wrong) return wrong
    if (sender === 'stranger' && outcome === 'no_budget')
      return new ProviderUnreachable('the key set of the provider was read too often for unknown keys')
    const { kid, alg } = decodeProtectedHeader(token)
    return new SigningKeyUnknown(`no key in the key set for ${printable('kid', kid)}${printable('alg', alg)}`.trimEnd())
  }
}

function printable(name: string, value: unknown): string {
  return typeof value === 'string' && value.length <= 64 && isUnescapedWord(value) ? `${name} ${value} ` : ''
}

/** Resolves when `reading` is settled, or after `wait` milliseconds. */
function settled(reading: Promise<void>, wait: number): Promise<void> {
  return Promise.race([reading.catch(() => undefined), delay(wait)])
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

async function fetchSet(uri: string, fetch: ProviderFetch): Promise<JSONWebKeySet> {
  const answer = await fetch(uri, { method: 'GET', headers: { accept: 'application/json' } })
  if (answer.status !== 200) throw new ProviderAnswerWrong('status', `status ${answer.status} of the JWKS endpoint`)
  const set = (await answer.json()) as { keys?: unknown } | null
  const keys = Array.isArray(set?.keys) ? set.keys.filter((key) => typeof key === 'object' && key !== null) : []
  // An empty set revokes nothing: broken deployments serve it.
  if (keys.length === 0 || keys.length > maxKeys) throw new ProviderAnswerWrong('unacceptable_answer', 'no usable keys')
  return { keys }
}
