// Admin API of a gateway with workers: routes a request to one worker, or fans it out to all and aggregates the results.

import type { AuditStatus } from '../../audit/recorder.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { ApiResponse } from '../management/api/routes.ts'
import type { ManagementApi } from '../management/management-listeners.ts'
import type { ReloadResult } from '../reload.ts'
import type { Status, WorkerStatus } from '../management/status.ts'
import type { HealthStatus } from '../management/health.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import {
  aggregateAudit,
  aggregateHealth,
  aggregateMetrics,
  aggregateStatus,
  onlyCounters,
  metricsText,
  withoutMetric,
} from './aggregate.ts'
import type { AuditCollector } from './audit-collector.ts'
import type { Pool, Worker } from './pool.ts'

export interface AdminFanOutDependencies {
  /** Without a worker until the first ones are open. */
  readonly pool: () => Pick<Pool, 'serving' | 'all' | 'restarts'>
  readonly lines: AuditCollector
  /** The supervisor's own numbers. */
  readonly metrics: Metrics
  readonly current: () => Configuration
  readonly state: () => { readonly appliedAt: number; readonly refused: readonly string[] }
  readonly startedAt: number
  readonly workers: number
  readonly stopping: () => boolean
  readonly reload: () => Promise<ReloadResult>
}

export interface WorkerManagementApi extends ManagementApi {
  /** Keeps the counters of a worker that has exited. */
  ended(worker: Worker): void
}

export function createAdminFanOut(deps: AdminFanOutDependencies): WorkerManagementApi {
  const { pool, lines, metrics, current, state, stopping } = deps
  /** Counters of exited workers, aggregated one after the other, so that none is counted twice or lost. */
  let endedMetrics: Promise<unknown[]> = Promise.resolve([])
  const ended = new WeakMap<Worker, unknown[]>()
  metrics.audit(() => aggregateAudit([], lines.status()))
  metrics.workers(() => ({ serving: pool().serving().length, restarts: pool().restarts() }))

  async function administerOne(method: string, path: string, input: Readonly<Record<string, unknown>>) {
    const [worker] = pool().serving()
    if (worker === undefined) return noWorkerAvailable()
    return worker.query({ about: 'administration', method, path, input }, administrationTimeout)
  }

  async function status(): Promise<ApiResponse> {
    const queries = pool()
      .serving()
      .map(async (worker, index) => {
        // Sessions are shared in the store: counting them once is enough.
        const input = { count_sessions: index === 0 }
        const { value } = await worker.query(
          { about: 'administration', method: 'GET', path: '/status', input },
          administrationTimeout,
        )
        return value as Status
      })
    const [first, ...others] = (await Promise.allSettled(queries)).flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    )
    if (first === undefined) return noWorkerAvailable()
    const each = [first, ...others] as const
    const { file, hash } = current()
    const processes = pool()
      .all()
      .map((worker): WorkerStatus => {
        const answered = each.find(({ pid }) => pid === worker.pid)
        return { pid: worker.pid, state: worker.state(), startedAt: worker.startedAt, open: answered?.open ?? {} }
      })
    const value = aggregateStatus([first, ...others], {
      pid: process.pid,
      startedAt: deps.startedAt,
      configuration: { file, hash, ...state() },
      audit: aggregateAudit(
        each.map(({ audit }) => audit as AuditStatus),
        lines.status(),
      ),
      workers: { why: null, wanted: deps.workers, restarts: pool().restarts(), processes },
    })
    return { status: 200, value }
  }

  return {
    timeZone: () => current().gateway.timeZone,
    async administer(method, path, input) {
      switch (`${method} ${path}`) {
        case 'GET /status':
          return status()
        case 'POST /reload':
          return { status: 200, value: await deps.reload() }
        // open: any other endpoint
        default:
          return administerOne(method, path, input)
      }
    },
    async health() {
      const results = await Promise.allSettled(
        pool()
          .serving()
          .map((worker) => worker.query({ about: 'health' })),
      )
      const each = results.flatMap((result): HealthStatus[] => (result.status === 'fulfilled' ? [result.value] : []))
      const { appliedAt, refused } = state()
      const configuration = { hash: current().hash, appliedAt, refused: refused.length > 0 }
      return aggregateHealth(each, { draining: stopping(), configuration })
    },
    metrics: {
      contentType: metrics.contentType,
      async text() {
        // A worker that does not respond is included with its last known metrics.
        const alive = await Promise.all(
          pool()
            .all()
            .map(
              async (worker) => ended.get(worker) ?? (await worker.query({ about: 'numbers' }).catch(worker.numbers)),
            ),
        )
        // A worker counts an event as written once it is in the pipe; only the supervisor's own count means it reached a sink.
        const workers = [...alive, await endedMetrics].map((numbers) =>
          withoutMetric('einlass_audit_written_total', numbers),
        )
        return metricsText([await metrics.json(), ...workers])
      },
    },
    ended(worker) {
      ended.set(worker, [])
      endedMetrics = endedMetrics.then((before) => aggregateMetrics([before, onlyCounters(worker.numbers())]))
    },
  }
}

/** Milliseconds: longer than it takes to detect an unreachable store, shorter than the timeout of the command line. */
const administrationTimeout = 14_000

function noWorkerAvailable(): ApiResponse {
  return { status: 503, value: { error: 'no worker is available; see the log' } }
}
