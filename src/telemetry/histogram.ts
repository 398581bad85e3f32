// Prometheus histogram of request durations, computed at each scrape from the app counters.

import type { Histogram } from 'prom-client'
import { durationBounds, type AppCounters } from './app-metrics.ts'

interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/**
 * A metric for `registry.registerMetric`. The library's own histogram cannot take external counts, and
 * looks labels up for each observation.
 */
export function durationsMetric(apps: ReadonlyMap<string, AppCounters>): Histogram {
  const name = 'einlass_request_duration_seconds'
  const metric = {
    name,
    get: () =>
      Promise.resolve({
        name,
        help: 'From the head of a forwarded request to the end of its response.',
        type: 'histogram',
        values: [...apps].flatMap(([app, counters]) => valuesOf(name, app, counters)),
        aggregator: 'sum',
      }),
  }
  return metric as unknown as Histogram
}

/** Buckets are cumulative: each includes all shorter durations. */
function valuesOf(name: string, app: string, { durations, duration }: AppCounters): Value[] {
  let count = 0
  const buckets = durations.map((more, at): Value => {
    count += more
    return { metricName: `${name}_bucket`, labels: { le: durationBounds[at] ?? '+Inf', app }, value: count }
  })
  if (count === 0) return []
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { app }, value: duration },
    { metricName: `${name}_count`, labels: { app }, value: count },
  ]
}
