// Prometheus metrics: counters, histogram, bounded labels, and values read at scrape time.

import { expect, test } from 'vitest'
import { createMetrics, statusClass } from '../../src/telemetry/metrics.ts'

test('counts decisions, requests, bytes and durations per app', async () => {
  const metrics = createMetrics()
  metrics.decided('wiki', 'allow')
  metrics.decided('wiki', 'allow')
  metrics.decided('wiki', 'deny')
  metrics.forwarded('wiki', statusClass(204), 0.003, 10, 2000)
  metrics.forwarded('wiki', statusClass(0), 0.2, 0, 0)
  metrics.revoked('wiki')
  const text = await metrics.text()
  expect(text).toContain('einlass_decisions_total{app="wiki",effect="allow"} 2')
  expect(text).toContain('einlass_decisions_total{app="wiki",effect="deny"} 1')
  expect(text).toContain('einlass_requests_total{app="wiki",status="2xx"} 1')
  expect(text).toContain('einlass_requests_total{app="wiki",status="none"} 1')
  expect(text).toContain('einlass_bytes_total{app="wiki",direction="out"} 2000')
  expect(text).toContain('einlass_request_duration_seconds_bucket{le="0.005",app="wiki"} 1')
  expect(text).toContain('einlass_request_duration_seconds_count{app="wiki"} 2')
  expect(text).toContain('einlass_cuts_total{app="wiki"} 1')
  expect(text).toContain('nodejs_eventloop_lag')
})

test('counts what rules in mode monitor would have decided, and has no such counter without them', async () => {
  const metrics = createMetrics()
  metrics.decided('wiki', 'allow')
  expect(await metrics.text()).not.toContain('einlass_observed_total{')
  const trial = { rule: 'trial', effect: 'deny', reasons: [] } as const
  metrics.observed('wiki', [trial, { ...trial, rule: 'other', effect: 'allow' }])
  metrics.observed('wiki', [trial])
  const text = await metrics.text()
  expect(text).toContain('einlass_observed_total{app="wiki",rule="trial",effect="deny"} 2')
  expect(text).toContain('einlass_observed_total{app="wiki",rule="other",effect="allow"} 1')
  expect([metrics.observedBy('wiki', 'trial'), metrics.observedBy('wiki', 'none')]).toEqual([2, 0])
})

test('durations are a histogram: buckets are cumulative, the last one counts all', async () => {
  const metrics = createMetrics()
  for (const seconds of [0, 0.001, 0.0011, 30, 31]) metrics.forwarded('wiki', '2xx', seconds, 0, 0)
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('einlass_request_duration_seconds'))
  expect(lines).toHaveLength(17)
  expect(lines.slice(0, 2)).toEqual([
    'einlass_request_duration_seconds_bucket{le="0.001",app="wiki"} 2',
    'einlass_request_duration_seconds_bucket{le="0.0025",app="wiki"} 3',
  ])
  expect(lines.slice(12)).toEqual([
    'einlass_request_duration_seconds_bucket{le="10",app="wiki"} 3',
    'einlass_request_duration_seconds_bucket{le="30",app="wiki"} 4',
    'einlass_request_duration_seconds_bucket{le="+Inf",app="wiki"} 5',
    'einlass_request_duration_seconds_sum{app="wiki"} 61.0021',
    'einlass_request_duration_seconds_count{app="wiki"} 5',
  ])
})

test('counts stay the same across scrapes without events', async () => {
  const metrics = createMetrics()
  metrics.decided('wiki', 'challenge')
  await metrics.text()
  expect(await metrics.text()).toContain('einlass_decisions_total{app="wiki",effect="challenge"} 1')
})

test('calls readers at each scrape, and a new reader replaces the old one', async () => {
  const metrics = createMetrics()
  let queued = 1
  const delivery = { waiting: 4, dead: 1, delivered: 9, refused: 2 }
  metrics.audit(() => ({ queued, written: 5, lost: 2, sinks: [{ name: 'file' }, { name: 'mail', delivery }] }))
  metrics.openConnections(() => ({ http: 3, websocket: 1 }))
  metrics.storeLag(() => 9000)
  metrics.storeLag(() => 1500)
  metrics.upstreamHealth(() => [{ app: 'wiki', origin: 'http://10.0.0.7:3000', healthy: false }])
  metrics.signedIn('login', 'failure')
  metrics.revalidated('unreachable')
  await metrics.text()
  queued = 7
  const text = await metrics.text()
  expect(text).toContain('einlass_audit_queued 7')
  expect(text).toContain('einlass_audit_written_total 5')
  expect(text).toContain('einlass_audit_lost_total 2')
  expect(text).toContain('einlass_messages_waiting{sink="mail"} 4')
  expect(text).toContain('einlass_messages_dead{sink="mail"} 1')
  expect(text).toContain('einlass_messages_delivered_total{sink="mail"} 9')
  expect(text).toContain('einlass_messages_refused_total{sink="mail"} 2')
  expect(text).not.toContain('sink="file"')
  expect(text).toContain('einlass_open_connections{kind="websocket"} 1')
  expect(text).toContain('einlass_store_lag_seconds 1.5')
  expect(text).toContain('einlass_upstream_healthy{app="wiki",origin="http://10.0.0.7:3000"} 0')
  expect(text).toContain('einlass_sign_ins_total{provider="login",outcome="failure"} 1')
  expect(text).toContain('einlass_revalidations_total{outcome="unreachable"} 1')
})

test('only configured apps get counters of their own', async () => {
  const metrics = createMetrics()
  metrics.configured(['wiki', 'erp'])
  for (let i = 0; i < 50; i++) metrics.decided(`made-up-${i}`, 'deny')
  metrics.decided('erp', 'allow')
  metrics.forwarded('erp', '2xx', 0.1, 1, 1)
  let text = await metrics.text()
  expect(text).not.toContain('made-up')
  expect(text).toContain('einlass_decisions_total{app="(other)",effect="deny"} 50')
  metrics.configured(['wiki'])
  text = await metrics.text()
  expect(text).not.toContain('app="erp"')
})

test('two instances are independent', async () => {
  const one = createMetrics()
  const two = createMetrics()
  one.decided('wiki', 'allow')
  expect(await two.text()).not.toContain('app="wiki"')
})
