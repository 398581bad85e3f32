// What `/livez` and `/readyz` say: pure, so that the operations listener only has to ask and send.

export interface HealthStatus {
  readonly store: { readonly kind: string; readonly reachable: boolean }
  /** Milliseconds since the change log was last read to its end. */
  readonly lag: number
  readonly draining: boolean
  readonly configuration: {
    readonly hash: string
    /** Epoch milliseconds. */
    readonly appliedAt: number
    /** A newer file was refused, and this one goes on. */
    readonly refused: boolean
  }
  readonly providers: readonly { readonly name: string; readonly reachable: boolean }[]
}

export interface Health {
  readonly status: 200 | 503
  readonly body: string
}

/** The process answers. Nothing more: an unreachable store is no reason to restart it. */
export function livez(): Health {
  return { status: 200, body: `${JSON.stringify({ status: 'alive' })}\n` }
}

/**
 * Whether new requests shall come here. A provider that is down leaves everybody in who is signed in, so it is
 * reported and does not count; without the store nobody can be judged.
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
    providers: health.providers,
  }
  return { status: ready ? 200 : 503, body: `${JSON.stringify(body)}\n` }
}
