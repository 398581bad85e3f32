import { expect, test } from 'vitest'
import { livez, readyz, type HealthStatus } from '../../../src/server/management/health.ts'

const healthy: HealthStatus = {
  store: { kind: 'redis', reachable: true },
  lag: 250,
  draining: false,
  configuration: { hash: '0123456789abcdef', appliedAt: Date.parse('2026-11-30T13:00:00Z'), refused: false },
  providers: [{ name: 'company', reachable: true }],
}

test('/livez is 200 while the process responds', () => {
  expect(livez()).toEqual({ status: 200, body: '{"status":"alive"}\n' })
})

test('/readyz reports the active configuration and the lag of the change log', () => {
  const { status, body } = readyz(healthy)
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({
    status: 'ready',
    reasons: [],
    change_log_lag_seconds: 0.25,
    configuration: { hash: '0123456789abcdef', applied_at: '2026-11-30T13:00:00.000Z', newer_refused: false },
  })
})

test.each([
  [{ store: { kind: 'redis', reachable: false } }, ['store_unreachable']],
  [{ draining: true }, ['draining']],
])('/readyz is 503 with %j', (change, reasons) => {
  const { status, body } = readyz({ ...healthy, ...change })
  expect(status).toBe(503)
  expect(JSON.parse(body)).toMatchObject({ status: 'not_ready', reasons })
})

test('an unreachable provider is reported, but does not affect readiness', () => {
  const { status, body } = readyz({ ...healthy, providers: [{ name: 'company', reachable: false }], lag: Infinity })
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({ providers: [{ reachable: false }], change_log_lag_seconds: null })
})
