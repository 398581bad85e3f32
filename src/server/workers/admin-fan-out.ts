// What may be asked of a gateway with workers: put to one of them, or to all and added up.

import type { AuditStatus } from '../../audit/recorder.ts'
import type { Configuration } from '../../config/configuration.ts'
import type { Answered } from '../management/api/routes.ts'
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
  readonly pool: () => Pool
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
  /** Goes on counting what a worker counted that is gone. */
  ended(worker: Worker): void
}

export function createAdminFanOut(deps: AdminFanOutDependencies): WorkerManagementApi {
  const { pool, lines, metrics, current, state, stopping } = deps
  /** Of workers that are gone; one after the other, so that none is counted twice or forgotten. */
  let endedMetrics: Promise<unknown[]> = Promise.resolve([])
  const ended = new WeakMap<Worker, unknown[]>()
  metrics.audit(() => aggregateAudit([], lines.status()))
  metrics.workers(() => ({ serving: pool().serving().length, restarts: pool().restarts() }))

  async function administerOne(method: string, path: string, input: Readonly<Record<string, unknown>>) {
    const [worker] = pool().serving()
    if (worker === undefined) return noWorkerAvailable()
    return worker.query({ about: 'administration', method, path, input }, administrationTimeout)
  }

  async function status(): Promise<Answered> {
    const asked = pool()
      .serving()
      .map(async (worker, index) => {
        // All of them would count the same sessions.
        const input = { count_sessions: index === 0 }
        const { value } = await worker.query(
          { about: 'administration', method: 'GET', path: '/status', input },
          administrationTimeout,
        )
        return value as Status
      })
    const [first, ...others] = (await Promise.allSettled(asked)).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    )
    if (first === undefined) return noWorkerAvailable()
    const each = [first, ...others] as const
    const { file, hash } = current()
    const processes = pool()
      .all()
      .map((worker): WorkerStatus => {
        const known = each.find(({ pid }) => pid === worker.pid)
        return { pid: worker.pid, state: worker.state(), startedAt: worker.startedAt, open: known?.open ?? {} }
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
      const asked = await Promise.allSettled(
        pool()
          .serving()
          .map((worker) => worker.query({ about: 'health' })),
      )
      const each = asked.flatMap((one): HealthStatus[] => (one.status === 'fulfilled' ? [one.value] : []))
      const { appliedAt, refused } = state()
      const configuration = { hash: current().hash, appliedAt, refused: refused.length > 0 }
      return aggregateHealth(each, { draining: stopping(), configuration })
    },
    metrics: {
      contentType: metrics.contentType,
      async text() {
        // One that does not answer is there with what it last said.
        const alive = await Promise.all(
          pool()
            .all()
            .map(
              async (worker) => ended.get(worker) ?? (await worker.query({ about: 'numbers' }).catch(worker.numbers)),
            ),
        )
        // "Written" by a worker is handed over to us, who write.
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

/** Milliseconds: a store that is away takes its time to be found so. Less than whoever asks us waits. */
const administrationTimeout = 14_000

function noWorkerAvailable(): Answered {
  return { status: 503, value: { error: 'no worker serves; the log says why' } }
}
