// What several workers say of themselves, as one.

import { AggregatorRegistry, type RegistryContentType } from 'prom-client'
import type { AuditStatus } from '../../audit/recorder.ts'
import type { SinkQueueStatus } from '../../audit/sink-queue.ts'
import type { Status } from '../management/status.ts'
import type { HealthStatus } from '../management/health.ts'

/** `lines`: where the supervisor writes what workers hand over. */
export function aggregateAudit(workers: readonly AuditStatus[], lines: readonly SinkQueueStatus[]): AuditStatus {
  const sum = (read: (one: AuditStatus) => number): number => workers.reduce((all, one) => all + read(one), 0)
  return {
    queued: sum(({ queued }) => queued) + Math.max(0, ...lines.map(({ queued }) => queued)),
    written: lines.reduce((all, { written }) => all + written, 0),
    // A worker loses what it could not hand over, the supervisor what a sink did not take in time.
    lost: sum(({ lost }) => lost) + lines.reduce((all, { lost }) => all + lost, 0),
    sinks: [
      ...lines,
      ...workers.flatMap(({ sinks }) => sinks.filter(({ state, lost }) => state === 'failing' || lost > 0)),
    ],
  }
}

/** `first`: of whichever worker; what is shared is the same for all. */
export function aggregateStatus(
  each: readonly [Status, ...Status[]],
  own: Pick<Status, 'startedAt' | 'pid' | 'configuration' | 'audit' | 'workers'>,
): Status {
  const [first] = each
  const lag = each.map(({ store }) => store.lag)
  return {
    ...first,
    ...own,
    store: {
      ...first.store,
      reachable: each.every(({ store }) => store.reachable),
      lag: lag.includes(null) ? null : Math.max(...lag.map(Number)),
    },
    sessions: each.find(({ sessions }) => sessions !== null)?.sessions ?? null,
    open: sumCounts(each.map(({ open }) => open)),
    upstreams: first.upstreams.map((upstream) => ({
      ...upstream,
      healthy: each.every(({ upstreams }) =>
        upstreams.every(({ app, origin, healthy }) => healthy || app !== upstream.app || origin !== upstream.origin),
      ),
    })),
  }
}

/** Ready when one is: the others are not asked for anything then. */
export function aggregateHealth(
  each: readonly HealthStatus[],
  own: Pick<HealthStatus, 'draining' | 'configuration'>,
): HealthStatus {
  const best = each.find(({ store }) => store.reachable) ?? each[0]
  const nobody = { store: { kind: 'redis', reachable: false }, lag: Infinity, providers: [] }
  return { ...(best ?? nobody), ...own }
}

/** Metrics as `Metrics.json` gives them, in and out. Nothing where there is nothing. */
export async function aggregateMetrics(each: readonly unknown[][]): Promise<unknown[]> {
  const filled = each.filter(({ length }) => length > 0)
  if (filled.length === 0) return []
  return (await registryOf(filled).getMetricsAsJSON()) as unknown[]
}

export function metricsText(each: readonly unknown[][]): Promise<string> {
  return registryOf(each.filter(({ length }) => length > 0)).metrics()
}

/** Of processes that are gone: what only grows goes on to count, what was true of them alone is over. */
export function onlyCounters(numbers: readonly unknown[]): unknown[] {
  return numbers.filter((one) => {
    const { type } = one as { readonly type: string }
    return type === 'counter' || type === 'histogram'
  })
}

export function withoutMetric(name: string, numbers: readonly unknown[]): unknown[] {
  return numbers.filter((one) => (one as { readonly name: string }).name !== name)
}

function registryOf(each: readonly unknown[][]) {
  return AggregatorRegistry.aggregate<RegistryContentType>(each as object[])
}

function sumCounts(each: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const one of each) for (const [key, value] of Object.entries(one)) sums[key] = (sums[key] ?? 0) + value
  return sums
}
