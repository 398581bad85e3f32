// Pre-policy checks: each has its own reason code; expiry of open connections with their session.

import { describe, expect, test } from 'vitest'
import type { AuthenticationResult } from '../../src/gateway/idp-freshness.ts'
import { appSessionExpiresAt, decideBeforePolicy, type PrePolicyRequest } from '../../src/gateway/pre-policy.ts'
import { requestSource } from '../../src/gateway/origin-check.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { emergencyProvider } from '../../src/policy/subject.ts'

const hour = 3_600_000
const trusted = 'https://shop.example.com'
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
  addresses: [{ origin: 'https://wiki.example.com', host: 'wiki.example.com', secure: true, path: '' }],
  trustedOrigins: [trusted],
  websocketOrigins: [],
  websocketWithoutOrigin: false,
  session: { ...settings, ...session },
})
const seen = (at: number) => () => at
const live = (more: Partial<Session> = {}): AuthenticationResult => ({
  state: 'live',
  session: { ...session, ...more },
})
const emergency = (claims: Record<string, string[]>): AuthenticationResult =>
  live({ subject: { ...session.subject, provider: emergencyProvider, claims } })

const none: AuthenticationResult = { state: 'none', absence: 'no_session' }

function from(method: string, origin?: string): PrePolicyRequest['source'] {
  const fields: Record<string, string | undefined> = { origin, 'access-control-request-method': 'PUT' }
  const upgrade = method === 'CONNECT' ? 'websocket' : undefined
  return requestSource({ method, upgrade, contentLength: 0, header: (name) => fields[name] })
}

function settled(more: Partial<PrePolicyRequest>): { effect: string; code: string | undefined } | undefined {
  const access = { now: 2000, device: { state: 'absent' } } as PrePolicyRequest['access']
  const request = { app: app(), lease: 60_000, publicPath: false, who: live(), access, source: undefined }
  const decision = decideBeforePolicy({ ...request, lastSeen: seen(2000), ...more })
  return decision && { effect: decision.effect, code: decision.reasons[0]?.code }
}

describe('pre-policy checks', () => {
  test('leave a live session and an unauthenticated request to the rules', () => {
    expect(settled({})).toBeUndefined()
    expect(settled({ who: none })).toBeUndefined()
    expect(settled({ source: from('POST', trusted) })).toBeUndefined()
    expect(settled({ source: from('CONNECT', 'https://wiki.example.com') })).toBeUndefined()
  })

  const mismatch = { now: 2000, device: { state: 'mismatch' } } as PrePolicyRequest['access']
  test.each([
    ['a public path', { publicPath: true }, 'allow', undefined],
    ['an unreachable store', { who: { state: 'unreachable', code: 'store_unreachable' } }, 'deny', 'store_unreachable'],
    ['a cross-origin write', { source: from('POST', 'https://evil.test') }, 'deny', 'origin_not_allowed'],
    [
      'a cross-origin write without a session',
      { source: from('POST', 'null'), who: none },
      'deny',
      'origin_not_allowed',
    ],
    ['a cross-origin WebSocket', { source: from('CONNECT', 'https://evil.test') }, 'deny', 'origin_not_allowed'],
    ['a WebSocket without Origin', { source: from('CONNECT') }, 'deny', 'origin_not_allowed'],
    ['a preflight from another origin', { source: from('OPTIONS', 'https://evil.test') }, 'deny', 'origin_not_allowed'],
    ['a preflight from a trusted origin', { source: from('OPTIONS', trusted), who: none }, 'allow', undefined],
    ['a public path, from any origin', { publicPath: true, source: from('POST', 'null') }, 'allow', undefined],
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
