// Aggregation of the metrics, status, health and audit state of all workers.

import { AggregatorRegistry, type RegistryContentType } from 'prom-client'
import type { AuditStatus } from '../../audit/recorder.ts'
import type { SinkQueueStatus } from '../../audit/sink-queue.ts'
import type { Status, UpstreamStatus } from '../management/status.ts'
import type { HealthStatus } from '../management/health.ts'

/** `lines`: the sink queues of the supervisor, which write the lines of all workers. */
export function aggregateAudit(workers: readonly AuditStatus[], lines: readonly SinkQueueStatus[]): AuditStatus {
  const sum = (read: (one: AuditStatus) => number): number => workers.reduce((all, one) => all + read(one), 0)
  return {
    queued: sum(({ queued }) => queued) + Math.max(0, ...lines.map(({ queued }) => queued)),
    written: lines.reduce((all, { written }) => all + written, 0),
    // A worker loses lines it could not send to the supervisor, the supervisor lines a sink did not take in time.
    lost: sum(({ lost }) => lost) + lines.reduce((all, { lost }) => all + lost, 0),
    sinks: [
      ...lines,
      ...workers.flatMap(({ sinks }) => sinks.filter(({ state, lost }) => state === 'failing' || lost > 0)),
    ],
  }
}

/** Shared state is the same in every worker, so it is taken from the first. */
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
      error: each.find(({ store }) => store.error)?.store.error ?? null,
      lag: lag.includes(null) ? null : Math.max(...lag.map(Number)),
    },
    sessions: each.find(({ sessions }) => sessions !== null)?.sessions ?? null,
    observed: first.observed.map((one) => ({
      ...one,
      requests: each
        .flatMap(({ observed }) => observed)
        .filter(({ app, rule }) => app === one.app && rule === one.rule)
        .reduce((sum, { requests }) => sum + requests, 0),
    })),
    cookies: distinctCookies(each.flatMap(({ cookies }) => cookies)),
    open: sumCounts(each.map(({ open }) => open)),
    providers: first.providers.map(({ name }) => {
      const same = each.flatMap(({ providers }) => providers.filter((one) => one.name === name))
      const failures = same.flatMap(({ failure }) => (failure ? [failure] : []))
      const failing = same.flatMap((one) => (one.failing ? [one.failing] : []))
      return {
        name,
        discoveredAt: latest(same.map((one) => one.discoveredAt)),
        keysReadAt: latest(same.map((one) => one.keysReadAt)),
        failing: failing.toSorted((a, b) => a.since - b.since)[0] ?? null,
        reachable: same.every(({ reachable }) => reachable),
        failure: failures.toSorted((a, b) => b.at - a.at)[0] ?? null,
        scopes: same.find(({ scopes }) => scopes !== undefined)?.scopes,
      }
    }),
    upstreams: first.upstreams.map((upstream) =>
      worstUpstream(
        each.flatMap(({ upstreams }) =>
          upstreams.filter(({ app, origin }) => app === upstream.app && origin === upstream.origin),
        ),
        upstream,
      ),
    ),
  }
}

/** Failing if it is so for one worker, since the first of them; else reachable if one worker reached it. */
function worstUpstream(same: readonly UpstreamStatus[], first: UpstreamStatus): UpstreamStatus {
  const failing = same.filter(({ state }) => state === 'failing')
  const found = failing.length > 0 ? failing : same.filter(({ state }) => state === 'reachable')
  return found.toSorted((a, b) => a.since - b.since)[0] ?? first
}

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((one) => one !== null && one !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}

/** Each worker has seen some. */
function distinctCookies(all: Status['cookies']): Status['cookies'] {
  return [...new Map(all.map((one) => [JSON.stringify([one.app, one.change, one.name]), one])).values()]
}

/** Ready when one worker is: connections go to serving workers only. */
export function aggregateHealth(
  each: readonly HealthStatus[],
  own: Pick<HealthStatus, 'draining' | 'configuration'>,
): HealthStatus {
  const best = each.find(({ store }) => store.reachable) ?? each[0]
  const none = { store: { kind: 'redis', reachable: false }, lag: Infinity, providers: [] }
  return { ...(best ?? none), ...own }
}

/** Input and output as `Metrics.json` returns them. Empty for empty input. */
export async function aggregateMetrics(each: readonly unknown[][]): Promise<unknown[]> {
  const filled = each.filter(({ length }) => length > 0)
  if (filled.length === 0) return []
  return (await registryOf(filled).getMetricsAsJSON()) as unknown[]
}

export function metricsText(each: readonly unknown[][]): Promise<string> {
  return registryOf(each.filter(({ length }) => length > 0)).metrics()
}

/** For exited processes: counters and histograms stay part of the total, gauges end with their process. */
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
