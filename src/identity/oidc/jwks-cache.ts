// JWKS cache of a provider: fetched on demand, at most once a minute; the last good keys stay in use while it is unreachable or slow.

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { ProviderUnreachable, type ProviderFetch } from './provider-http.ts'

export interface JwksCache {
  /**
   * The key set as an HTTP response, for openid-client. Rejects with `ProviderUnreachable` when no current key set is
   * known.
   */
  respond(): Promise<Response>
  /** For jose. An unknown `kid` refetches, at most once a minute. */
  readonly resolve: JWTVerifyGetKey
}

const minute = 60_000
const retryWithoutKeys = 1000
/** Milliseconds a caller waits for new keys while the last good ones can be used. */
const patience = 2000
// How long keys are trusted without a successful refetch.
const maxAge = 24 * 60 * minute
const maxKeys = 100

export function createJwksCache(uri: string, fetch: ProviderFetch, now: () => number): JwksCache {
  let lastGood: { readonly set: JSONWebKeySet; readonly find: JWTVerifyGetKey; readonly at: number } | undefined
  let attemptedAt = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined

  const refresh = (): Promise<void> => {
    pending ??= fetchSet(uri, fetch)
      .then((set) => {
        lastGood = { set, find: createLocalJWKSet(set), at: now() }
      })
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  /** Fetches when the last attempt is a minute old; a failure leaves the last good keys in place. */
  const current = async (): Promise<NonNullable<typeof lastGood>> => {
    if (pending || now() - attemptedAt >= (lastGood ? minute : retryWithoutKeys)) {
      if (!pending) attemptedAt = now()
      if (lastGood) await Promise.race([refresh().catch(() => undefined), delay(patience)])
      else await refresh()
    }
    if (!lastGood || now() - lastGood.at > maxAge)
      throw new ProviderUnreachable('the key set of the provider is not available')
    return lastGood
  }

  return {
    async respond() {
      const { set } = await current()
      return Response.json(set)
    },
    async resolve(header, token) {
      const known = lastGood && now() - lastGood.at < 10 * minute ? lastGood : await current()
      try {
        return await known.find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        return (await current()).find(header, token)
      }
    },
  }
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

async function fetchSet(uri: string, fetch: ProviderFetch): Promise<JSONWebKeySet> {
  const answer = await fetch(uri, { method: 'GET', headers: { accept: 'application/json' } })
  if (answer.status !== 200) throw new ProviderUnreachable(`the JWKS endpoint responded with status ${answer.status}`)
  const set = (await answer.json()) as { keys?: unknown } | null
  const keys = Array.isArray(set?.keys) ? set.keys.filter((key) => typeof key === 'object' && key !== null) : []
  // An empty set revokes nothing: broken deployments serve it.
  if (keys.length === 0 || keys.length > maxKeys) throw new ProviderUnreachable('the key set contains no usable keys')
  return { keys }
}
