// One provider: cached metadata, background refresh, retry with back-off, and a circuit breaker for its calls.

import type { ProviderSettings } from '../../config/configuration.ts'
import { CircuitOpen, createCircuitBreaker } from '../../async/circuit-breaker.ts'
import { createGroupSource, type GroupSource, type GroupsLogDetail } from './groups/group-source.ts'
import { createJwksCache, type JwksCache } from './jwks-cache.ts'
import { connectProvider, type Connection } from './provider-connection.ts'
import { createProviderScopes, type ProviderScopes, type ScopeReport } from './provider-scopes.ts'
import { isUnacceptableAnswer, ProviderUnreachable, type ProviderFetch } from './provider-http.ts'

export interface Provider {
  readonly settings: ProviderSettings
  readonly groups: GroupSource
  /** Rejects with `ProviderUnreachable`; immediately while the back-off after the last failure lasts, or another call probes. */
  connect(): Promise<Connection>
  /** False while it answers nothing: requests to it fail at once, but for one probe after each pause. */
  available(): boolean
  readonly scopes: ProviderScopes
  /** Calls `listener` when it stops answering. Returns a function that removes the listener. */
  onUnavailable(listener: () => void): () => void
  /**
   * Call when an endpoint was unreachable: its URL may have changed, so the metadata is fetched again in the
   * background.
   */
  recheck(): void
}

export type ProviderLog = (message: string, detail: GroupsLogDetail & Partial<ScopeReport>) => void

const hour = 3_600_000
const recheckInterval = 30_000

export interface ProviderOptions {
  readonly settings: ProviderSettings
  readonly fetch: ProviderFetch
  readonly now: () => number
  readonly log: ProviderLog
}

export function createProvider({ settings, fetch: transport, now, log }: ProviderOptions): Provider {
  const circuit = createCircuitBreaker({
    now,
    isAnswer: isUnacceptableAnswer,
    changed: ({ open, error }) =>
      open
        ? log('provider does not answer', { provider: settings.name, error })
        : log('provider answers again', { provider: settings.name }),
  })
  const fetch: ProviderFetch = (url, options) =>
    circuit
      .run(
        () => transport(url, options),
        ({ status }) => status === 502 || status === 503 || status === 504,
      )
      .catch((error: unknown) => {
        throw unreachable(error)
      })

  const scopes = createProviderScopes(settings, (report) =>
    report === undefined
      ? log('provider grants all requested scopes again', { provider: settings.name })
      : log(
          report.missing.length === 0
            ? 'provider refuses the requested scopes (invalid_scope): set scopes'
            : 'provider granted fewer scopes than requested',
          { provider: settings.name, ...report },
        ),
  )

  let lastGood: { readonly connection: Connection; readonly at: number } | undefined
  let failure: { readonly at: number; readonly count: number; readonly error: ProviderUnreachable } | undefined
  let pending: Promise<Connection> | undefined
  let keys: { readonly uri: string; readonly keys: JwksCache } | undefined

  const keysOf = (uri: string): JwksCache => {
    if (keys?.uri !== uri) keys = { uri, keys: createJwksCache(uri, fetch, now) }
    return keys.keys
  }

  const discover = (): Promise<Connection> => {
    pending ??= connectProvider(settings, fetch, keysOf, scopes)
      .then(
        (connection) => {
          if (failure) log('provider discovery works again', { provider: settings.name })
          lastGood = { connection, at: now() }
          failure = undefined
          return connection
        },
        (cause: unknown) => {
          const error = unreachable(cause)
          if (!failure) log('provider discovery failed', { provider: settings.name, error })
          failure = { at: now(), count: (failure?.count ?? 0) + 1, error }
          throw error
        },
      )
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  const backingOff = (): boolean =>
    failure !== undefined && now() - failure.at < Math.min(30_000, 500 * 2 ** Math.min(failure.count, 10))

  return {
    settings,
    // Not through the circuit: the directory is another peer, whose failures are none of the provider.
    groups: createGroupSource({ settings, fetch: transport, now, log }),
    async connect() {
      if (!lastGood) {
        if (failure && (pending || backingOff())) throw failure.error
        return discover()
      }
      // Known metadata stays in use while it is fetched again: a short outage of the provider affects no session.
      if (now() - lastGood.at > hour && !backingOff()) discover().catch(() => undefined)
      return lastGood.connection
    },
    available: circuit.available,
    scopes,
    onUnavailable: circuit.onOpen,
    recheck() {
      if (lastGood && now() - lastGood.at > recheckInterval && !backingOff()) discover().catch(() => undefined)
    },
  }
}

function unreachable(cause: unknown): ProviderUnreachable {
  if (cause instanceof ProviderUnreachable) return cause
  // openid-client wraps what its `fetch` rejects with.
  for (let inner = cause; inner instanceof Error; inner = inner.cause)
    if (inner instanceof ProviderUnreachable) return new ProviderUnreachable(inner.message, cause)
  return new ProviderUnreachable(cause instanceof CircuitOpen ? cause.message : 'discovery failed', cause)
}
