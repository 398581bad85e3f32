// Health check responses of `/livez` (liveness) and `/readyz` (readiness), as pure functions.

import type { ProviderHealth } from '../../identity/oidc/provider.ts'

export interface HealthStatus {
  readonly store: { readonly kind: string; readonly reachable: boolean }
  /** Milliseconds since the change log was last read to its end; Infinity if never. */
  readonly lag: number
  readonly draining: boolean
  readonly configuration: {
    readonly hash: string
    /** Epoch milliseconds. */
    readonly appliedAt: number
    /** A newer file was invalid; this configuration stays in force. */
    readonly refused: boolean
  }
  readonly providers: readonly ProviderHealth[]
}

export interface Health {
  readonly status: 200 | 503
  readonly body: string
}

/** Liveness: the process responds. It does not depend on the store, because a restart would not bring the store back. */
export function livez(): Health {
  return { status: 200, body: `${JSON.stringify({ status: 'alive' })}\n` }
}

/**
 * Readiness: whether a load balancer should send requests here. An unreachable provider is reported but does not count,
 * since signed-in users keep working; without the store no request can be authorized.
 */
export function readyz(health: HealthStatus): Health {
  const ready = health.store.reachable && !health.draining
  const body = {
    status: ready ? 'ready' : 'not_ready',
    reasons: [...(health.store.reachable ? [] : ['store_unreachable']), ...(health.draining ? ['draining'] : [])],
    store: health.store,
    change_log_lag_seconds: Number.isFinite(health.lag) ? health.lag / 1000 : null,
    configuration: {
      hash: health.configuration.hash,
      applied_at: new Date(health.configuration.appliedAt).toISOString(),
      newer_refused: health.configuration.refused,
    },
    providers: health.providers.map(({ name, reachable }) => ({ name, reachable })),
  }
  return { status: ready ? 200 : 503, body: `${JSON.stringify(body)}\n` }
}
