// Aggregation over workers: counters are summed, health is the worst, and no counter ever decreases.

import { expect, test } from 'vitest'
import type { Status } from '../../../src/server/management/status.ts'
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts'
import {
  aggregateHealth,
  aggregateMetrics,
  aggregateStatus,
  metricsText,
  onlyCounters,
} from '../../../src/server/workers/aggregate.ts'

function worker(requests: number, lag: number, healthy: boolean): Metrics {
  const metrics = createMetrics()
  metrics.configured(['wiki'])
  for (let n = 0; n < requests; n++) metrics.forwarded('wiki', '2xx', 0.02, 10, 100)
  metrics.storeLag(() => lag)
  metrics.openConnections(() => ({ http: requests, websocket: 1 }))
  metrics.upstreamHealth(() => [{ app: 'wiki', origin: 'http://10.0.0.1', healthy }])
  return metrics
}

function valueOf(text: string, name: string): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')
      .at(-1),
  )
}

test('requests are summed, the lag is the maximum, an upstream is healthy if all workers find it healthy', async () => {
  const each = await Promise.all([worker(3, 100, true), worker(4, 700, false)].map((one) => one.json()))
  const text = await metricsText(each)
  expect(valueOf(text, 'einlass_requests_total{app="wiki",status="2xx"}')).toBe(7)
  expect(valueOf(text, 'einlass_request_duration_seconds_count{app="wiki"}')).toBe(7)
  expect(valueOf(text, 'einlass_request_duration_seconds_bucket{le="0.025",app="wiki"}')).toBe(7)
  expect(valueOf(text, 'einlass_bytes_total{app="wiki",direction="out"}')).toBe(700)
  expect(valueOf(text, 'einlass_open_connections{kind="websocket"}')).toBe(2)
  expect(valueOf(text, 'einlass_store_lag_seconds')).toBe(0.7)
  expect(valueOf(text, 'einlass_upstream_healthy{app="wiki",origin="http://10.0.0.1"}')).toBe(0)
})

test('counters of an exited worker remain in the total, its gauges do not', async () => {
  const gone = await aggregateMetrics([[], onlyCounters(await worker(5, 0, false).json())])
  const twice = await aggregateMetrics([gone, onlyCounters(await worker(2, 0, false).json())])
  const text = await metricsText([await worker(1, 50, true).json(), twice])
  expect(valueOf(text, 'einlass_requests_total{app="wiki",status="2xx"}')).toBe(8)
  expect(valueOf(text, 'einlass_request_duration_seconds_count{app="wiki"}')).toBe(8)
  expect(valueOf(text, 'einlass_open_connections{kind="http"}')).toBe(1)
  expect(valueOf(text, 'einlass_upstream_healthy{app="wiki",origin="http://10.0.0.1"}')).toBe(1)
})

test('the node is ready if one worker is; without workers it is not', () => {
  const configuration = { hash: 'h', appliedAt: 0, refused: false }
  const own = { draining: false, configuration }
  const health = (reachable: boolean) => ({ store: { kind: 'redis', reachable }, lag: 1, providers: [], ...own })
  expect(aggregateHealth([health(false), health(true)], own).store.reachable).toBe(true)
  expect(aggregateHealth([], own).store.reachable).toBe(false)
  expect(aggregateHealth([health(true)], { ...own, draining: true }).draining).toBe(true)
})

test('an upstream is failing if one worker finds it so, else reachable if one has reached it', () => {
  const of = (state: 'untried' | 'reachable' | 'failing', since: number) =>
    statusWith({
      upstreams: [
        {
          app: 'wiki',
          origin: 'http://10.0.0.1',
          healthy: state !== 'failing',
          state,
          since,
          cause: state === 'failing' ? 'ECONNREFUSED' : null,
        },
      ],
    })
  const joined = (...each: [Status, ...Status[]]) => aggregateStatus(each, each[0]).upstreams[0]
  expect(joined(of('untried', 1), of('untried', 2))).toMatchObject({ state: 'untried', since: 1 })
  expect(joined(of('untried', 1), of('reachable', 5), of('reachable', 3))).toMatchObject({
    state: 'reachable',
    since: 3,
  })
  expect(joined(of('reachable', 1), of('failing', 9), of('failing', 7))).toMatchObject({
    state: 'failing',
    healthy: false,
    since: 7,
    cause: 'ECONNREFUSED',
  })
})

test('a provider has the newest reads of all workers, and fails since the first of them noticed', () => {
  const of = (discoveredAt: number | null, since?: number) =>
    statusWith({
      providers: [
        {
          name: 'company',
          reachable: since === undefined,
          discoveredAt,
          keysReadAt: null,
          failing: since === undefined ? null : { since, detail: 'connection_refused', mend: 'check' },
          failure: null,
        },
      ],
    })
  const joined = (...each: [Status, ...Status[]]) => aggregateStatus(each, each[0]).providers[0]
  expect(joined(of(null), of(5), of(3))).toMatchObject({
    reachable: true,
    discoveredAt: 5,
    keysReadAt: null,
    failing: null,
  })
  expect(joined(of(5), of(3, 9), of(4, 7))).toMatchObject({ reachable: false, discoveredAt: 5, failing: { since: 7 } })
})

function statusWith(some: Partial<Status>): Status {
  const none = { observed: [], cookies: [], providers: [], upstreams: [], open: {}, sessions: null }
  return { ...none, store: { kind: 'redis', reachable: true, lag: 1 }, ...some } as unknown as Status
}
