// One provider: cached metadata, background refresh, retry with back-off, and a circuit breaker for its calls.

import type { ProviderSettings } from '../../config/provider-settings.ts'
import { CircuitOpen, createCircuitBreaker, type CircuitBreaker } from '../../async/circuit-breaker.ts'
import { createGroupSource, type GroupSource } from './groups/group-source.ts'
import { createFailureLog, type FailureLog } from './failure-log.ts'
import { mendOf } from './failure-mends.ts'
import { createJwksCache, type JwksCache } from './jwks-cache.ts'
import { connectProvider, type Connection } from './provider-connection.ts'
import { createProviderScopes, type ProviderScopes } from './provider-scopes.ts'
import { providerFailureOf } from './provider-failure.ts'
import { isUnacceptableAnswer, ProviderUnreachable, type ProviderFetch } from './provider-http.ts'
import { providerTiming, type ProviderTiming } from './provider-timing.ts'

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
  /** Reads the metadata again, unless that was done within `age` milliseconds. Never rejects. */
  confirm(age: number): Promise<void>
  standing(): ProviderStanding
  /** What failed at sign-ins and refreshes with this provider. */
  readonly failures: FailureLog
}

/** What is known of a provider, for `status`. Times in epoch milliseconds. */
export interface ProviderStanding {
  /** Last successful read of the metadata. */
  readonly discoveredAt: number | undefined
  /** Last successful read of the key set. */
  readonly keysReadAt: number | undefined
  /** The metadata or the key set cannot be read. `since`: of the first failure. */
  readonly failing: { readonly since: number; readonly detail: string; readonly mend: string } | undefined
}

export type ProviderLog = (
  message: string,
  detail: { readonly provider: string } & Readonly<Record<string, unknown>>,
  level?: 'info' | 'warn',
) => void

const hour = 3_600_000
const recheckInterval = 30_000

export interface ProviderOptions {
  readonly settings: ProviderSettings
  readonly fetch: ProviderFetch
  readonly now: () => number
  readonly log: ProviderLog
  readonly timing?: ProviderTiming | undefined
}

export function createProvider({
  settings,
  fetch: transport,
  now,
  log,
  timing = providerTiming,
}: ProviderOptions): Provider {
  const circuit = createCircuitBreaker({
    now,
    isAnswer: isUnacceptableAnswer,
    changed: ({ open, error }) =>
      open
        ? log('provider does not answer', { provider: settings.name, ...explained(error), error })
        : log('provider answers again', { provider: settings.name }),
  })
  // UserInfo and revocation are optional: an outage of one stops neither sign-ins and refreshes nor the other.
  const [userInfoCircuit, revocationCircuit] = [0, 1].map(() =>
    createCircuitBreaker({ now, isAnswer: isUnacceptableAnswer }),
  ) as [CircuitBreaker, CircuitBreaker]
  const circuitOf = (url: string): CircuitBreaker => {
    const { userinfo_endpoint: userInfo, revocation_endpoint: revocation } = lastGood?.connection.metadata ?? {}
    return url === userInfo ? userInfoCircuit : url === revocation ? revocationCircuit : circuit
  }
  const fetch: ProviderFetch = (url, options) =>
    circuitOf(url)
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

  const failures = createFailureLog(settings.name, log, now)
  let lastGood: { readonly connection: Connection; readonly at: number } | undefined
  let failure:
    | { readonly since: number; readonly at: number; readonly count: number; readonly error: ProviderUnreachable }
    | undefined
  let pending: Promise<Connection> | undefined
  let keys: { readonly uri: string; readonly keys: JwksCache } | undefined

  const keysOf = (uri: string): JwksCache => {
    if (keys?.uri !== uri) keys = { uri, keys: createJwksCache(uri, fetch, now, timing.keyPause) }
    return keys.keys
  }

  const discover = (): Promise<Connection> => {
    pending ??= connectProvider(settings, fetch, keysOf, scopes, timing)
      .then(
        (connection) => {
          if (failure) log('provider discovery works again', { provider: settings.name })
          lastGood = { connection, at: now() }
          failure = undefined
          failures.worked('provider_unreachable')
          return connection
        },
        (cause: unknown) => {
          const error = unreachable(cause)
          if (!failure) log('provider discovery failed', { provider: settings.name, ...explained(error), error })
          failures.note({ code: 'provider_unreachable', detail: providerFailureOf(error).detail })
          const at = now()
          failure = { since: failure?.since ?? at, at, count: (failure?.count ?? 0) + 1, error }
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
    groups: createGroupSource({ settings, fetch: transport, now, log, timing }),
    async connect() {
      if (!lastGood) {
        if (failure && (pending || backingOff())) throw failure.error
        return discover()
      }
      // Known metadata stays in use while it is fetched again: a short outage of the provider affects no session.
      if (now() - lastGood.at > hour && !backingOff()) discover().catch(() => undefined)
      return lastGood.connection
    },
    failures,
    available: circuit.available,
    scopes,
    onUnavailable: circuit.onOpen,
    async confirm(age) {
      const at = lastGood?.at
      if (at === undefined || (now() - at > age && !backingOff())) await discover().catch(() => undefined)
      await keys?.keys.ready().catch(() => undefined)
    },
    standing() {
      const keysError = keys?.keys.readError()
      const keysReadAt = keys?.keys.readAt()
      return {
        discoveredAt: lastGood?.at,
        keysReadAt,
        failing:
          failure !== undefined
            ? { since: failure.since, ...explained(failure.error) }
            : keysError === undefined
              ? undefined
              : { since: keysReadAt ?? now(), ...explained(keysError) },
      }
    },
    recheck() {
      if (lastGood && now() - lastGood.at > recheckInterval && !backingOff()) discover().catch(() => undefined)
    },
  }
}

function explained(error: unknown): { readonly detail: string; readonly mend: string } {
  const { detail } = providerFailureOf(error)
  return { detail, mend: mendOf({ code: 'provider_unreachable', detail }) }
}

function unreachable(cause: unknown): ProviderUnreachable {
  if (cause instanceof ProviderUnreachable) return cause
  // openid-client wraps what its `fetch` rejects with.
  for (let inner = cause; inner instanceof Error; inner = inner.cause)
    if (inner instanceof ProviderUnreachable) return new ProviderUnreachable(inner.message, cause)
  return new ProviderUnreachable(cause instanceof CircuitOpen ? cause.message : 'discovery failed', cause)
}
