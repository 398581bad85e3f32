// Pre-policy checks: each has its own reason code; expiry of open connections with their session.

import { describe, expect, test } from 'vitest'
import type { AuthenticationResult } from '../../src/gateway/idp-freshness.ts'
import { appSessionExpiresAt, decideBeforePolicy, type PrePolicyRequest } from '../../src/gateway/pre-policy.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { emergencyProvider } from '../../src/policy/subject.ts'

const hour = 3_600_000
const session = {
  createdAt: 0,
  endsAt: 10 * hour,
  idle: hour,
  device: undefined,
  subject: { provider: 'main', claims: {} },
  authentication: { authTime: 1000 },
} as unknown as Session
const settings = { idle: hour, lifetime: 10 * hour } as PrePolicyRequest['app']['session']
const app = (session: Partial<PrePolicyRequest['app']['session']> = {}): PrePolicyRequest['app'] => ({
  name: 'wiki',
  origin: 'https://wiki.example.com',
  websocketOrigins: [],
  session: { ...settings, ...session },
})
const seen = (at: number) => () => at
const live = (more: Partial<Session> = {}): AuthenticationResult => ({
  state: 'live',
  session: { ...session, ...more },
})
const emergency = (claims: Record<string, string[]>): AuthenticationResult =>
  live({ subject: { ...session.subject, provider: emergencyProvider, claims } })

function settled(more: Partial<PrePolicyRequest>): { effect: string; code: string | undefined } | undefined {
  const access = { now: 2000, device: { state: 'absent' } } as PrePolicyRequest['access']
  const request = { app: app(), lease: 60_000, publicPath: false, who: live(), access, webSocket: undefined }
  const decision = decideBeforePolicy({ ...request, lastSeen: seen(2000), ...more })
  return decision && { effect: decision.effect, code: decision.reasons[0]?.code }
}

describe('pre-policy checks', () => {
  test('leave a live session and an unauthenticated request to the rules', () => {
    expect(settled({})).toBeUndefined()
    expect(settled({ who: { state: 'none', absence: 'no_session' } })).toBeUndefined()
  })

  const mismatch = { now: 2000, device: { state: 'mismatch' } } as PrePolicyRequest['access']
  test.each([
    ['a public path', { publicPath: true }, 'allow', undefined],
    ['an unreachable store', { who: { state: 'unreachable', code: 'store_unreachable' } }, 'deny', 'store_unreachable'],
    ['a cross-origin WebSocket', { webSocket: { origin: 'https://evil.test' } }, 'deny', 'origin_not_allowed'],
    ['a WebSocket without Origin', { webSocket: { origin: undefined } }, 'deny', 'origin_not_allowed'],
    ['another device', { who: live({ device: 'LT-1' }), access: mismatch }, 'deny', 'device_mismatch'],
    ['an emergency session at another app', { who: emergency({ app: ['erp'] }) }, 'deny', 'emergency_code_other_app'],
    ['an emergency session without an app', { who: emergency({}) }, 'deny', 'emergency_code_other_app'],
    ['a session too old for the app', { app: app({ lifetime: 500 }) }, 'challenge', 'session_expired'],
    ['a session idle for too long', { app: app({ idle: 500 }), lastSeen: seen(0) }, 'challenge', 'session_idle'],
  ] as const)('decide %s', (_name, more, effect, code) => {
    expect(settled(more)).toEqual({ effect, code })
  })

  test('leave to the rules: an emergency session at its own app, a device mismatch without a bound device', () => {
    expect(settled({ who: emergency({ app: ['wiki'] }) })).toBeUndefined()
    expect(settled({ access: mismatch })).toBeUndefined()
  })
})

describe('an open connection expires', () => {
  test('by the shorter lifetime of the app', () => {
    expect(appSessionExpiresAt(app({ lifetime: 3000 }), session, seen(0))).toBe(4000)
  })

  test('by the shorter idle time of the app', () => {
    expect(appSessionExpiresAt(app({ idle: 2000 }), session, seen(5000))).toBe(7001)
    expect(appSessionExpiresAt(app({ idle: 2000 }), session, seen(0))).toBe(3001)
  })

  test('by the idle time of the session', () => {
    expect(appSessionExpiresAt(app(), session, seen(5000))).toBe(hour + 5001)
  })
})
