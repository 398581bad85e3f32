// Decisions before any rule: for each row of the table, the 403 page, the problem document and `explain` give one reason.

import { beforeEach, describe, expect, test } from 'vitest'
import { hypotheticalRequest, hypotheticalSource, type RequestOptions } from '../../src/cli/hypothetical-request.ts'
import { decisionBeforePolicy } from '../../src/cli/hypothetical-session.ts'
import type { App, Configuration } from '../../src/config/configuration.ts'
import { authorize } from '../../src/gateway/authorize.ts'
import { createDecisionCache } from '../../src/gateway/decision-cache.ts'
import type { AuthenticationResult } from '../../src/gateway/idp-freshness.ts'
import { requestSource } from '../../src/gateway/origin-check.ts'
import { prePolicyRows } from '../../src/gateway/pre-policy.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import type { Decision } from '../../src/policy/decision.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { title, type ReasonCode } from '../../src/policy/reasons.ts'
import { emergencyProvider } from '../../src/policy/subject.ts'
import { challenge } from '../../src/web/errors/challenge.ts'
import { valid } from '../config/config-fixtures.ts'
import { pageRequest } from '../web/page-fixtures.ts'

const text = `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }
apps:
  wiki:
    from: https://wiki.example.com
    to: http://10.20.0.7:3000
    trusted_origins: [https://shop.example.com]
    public: [{ paths: ["/webhooks/*"], methods: [POST] }]
    session: { lifetime: 1h }
    policy: [{ allow: { groups: [staff] } }]
`
const now = Date.UTC(2026, 10, 30, 9)
const minute = 60_000
const ada = { user: 'ada@example.com', group: ['staff'] }

let configuration: Configuration
let app: App
let policy: Policy

beforeEach(async () => {
  configuration = await valid(text)
  app = configuration.apps.get('wiki')!
  const { roles, schedules, devices, external } = configuration
  policy = compilePolicy(app.declaration, { roles, schedules, postures: devices.postures, external })
})

interface Example {
  /** Options of `explain`. */
  readonly facts: RequestOptions
  readonly code: ReasonCode | undefined
  /** What the gateway knows and `explain` has no option for. */
  readonly session?: Partial<Session>
  readonly device?: AccessRequest['device']
  readonly who?: AuthenticationResult
  /** Why `explain` cannot be asked. */
  readonly notExplained?: string
}

const emergency = { provider: emergencyProvider, claims: { app: ['erp'] } } as unknown as Session['subject']

/** A row without an example does not compile. */
const examples: Readonly<Record<keyof typeof prePolicyRows, Example>> = {
  publicPath: { facts: { method: 'POST', path: '/webhooks/push', origin: 'https://evil.test' }, code: undefined },
  trustedPreflight: { facts: { method: 'OPTIONS', origin: 'https://shop.example.com' }, code: undefined },
  crossOrigin: { facts: { ...ada, method: 'POST', origin: 'https://evil.test' }, code: 'origin_not_allowed' },
  unreachable: {
    facts: ada,
    code: 'store_unreachable',
    who: { state: 'unreachable', code: 'store_unreachable' },
    notExplained: 'it asks no store and no provider',
  },
  otherDevice: {
    facts: ada,
    code: 'device_mismatch',
    session: { device: 'NB-1' },
    device: { state: 'mismatch' },
    notExplained: 'it has no session that could be bound to a device',
  },
  emergencyCodeOfOtherApp: { facts: ada, code: 'emergency_code_other_app', session: { subject: emergency } },
  appSessionExpired: { facts: { ...ada, 'auth-age': '2h' }, code: 'session_expired' },
}

const all = Object.entries(examples)

test.each(all)('%s is decided by its own code', (_row, example) => {
  const { code } = example
  const decision = enforced(example)
  expect(decision.reasons[0]?.code).toBe(code)
  expect(decision.effect).toBe(code === undefined ? 'allow' : code === 'session_expired' ? 'challenge' : 'deny')
})

test.each(all.filter(([, { code }]) => code !== undefined))(
  '%s is named on the page and in the problem document',
  (_row, example) => {
    const code = example.code!
    const refused = {
      decision: enforced(example),
      app,
      viewer: undefined,
      gateway: configuration.gateway.origin,
      signIn: undefined,
      again: undefined,
      timeZone: 'UTC',
      now,
      acrValues: [],
      cookies: [],
    }
    for (const language of ['en', 'de'] as const) {
      const headers = { 'accept-language': language }
      const page = challenge(pageRequest({ headers }), 'POST', refused)
      expect(String(page.body)).toContain(title(code, language))
      const problem = challenge(pageRequest({ headers, navigation: false }), 'POST', refused)
      expect(problem.status).toBe(page.status)
      expect(JSON.parse(String(problem.body)).reasons[0]).toMatchObject({ code })
    }
  },
)

test.each(all.filter(([, { notExplained }]) => notExplained === undefined))(
  '%s is explained alike',
  (_row, example) => {
    const source = hypotheticalSource(example.facts)
    expect(decisionBeforePolicy(configuration, app, policy, factsOf(example), source)).toEqual(enforced(example))
  },
)

describe('a condition that throws', () => {
  test('is denied as policy_error, and its cause is in the log', () => {
    const rule = policy.rules[0]!
    const broken = {
      ...rule.conditions[0]!,
      name: 'broken',
      evaluate: () => {
        throw new Error('boom')
      },
    }
    const shattered = { ...policy, rules: [{ ...rule, conditions: [broken] }] }
    const target = { kind: 'app', app: { config: app, policy: shattered }, publicPath: false } as unknown
    const access = hypotheticalRequest(configuration, app, ada, now, '/')
    const live = { state: 'live', session: { ...access.identity, createdAt: now, endsAt: now + minute, idle: minute } }
    const { parts: dependencies, logged } = parts()
    const decision = authorize(
      dependencies,
      target as Parameters<typeof authorize>[1],
      live as unknown as AuthenticationResult,
      access,
      undefined,
    )
    expect(decision).toMatchObject({ effect: 'deny', reasons: [{ code: 'policy_error' }] })
    expect(logged).toEqual([expect.objectContaining({ app: 'wiki', condition: 'broken', cause: 'Error: boom' })])
  })
})

function parts() {
  const logged: object[] = []
  const log = { error: (fields: object) => void logged.push(fields) }
  const sessions = { lastSeen: () => now }
  return {
    logged,
    parts: { log, sessions, decisions: createDecisionCache() } as unknown as Parameters<typeof authorize>[0],
  }
}

function factsOf({ facts, session, device }: Example): AccessRequest {
  const access = hypotheticalRequest(configuration, app, facts, now, '/')
  const { identity } = access
  const subject = session?.subject
  return { ...access, ...(device && { device }), ...(identity && subject && { identity: { ...identity, subject } }) }
}

/** As the gateway decides on a request with these facts. */
function enforced(example: Example): Decision {
  const { facts, who, session } = example
  const access = factsOf(example)
  const { identity } = access
  const createdAt = identity?.authentication.authTime ?? now
  const live = { ...identity, createdAt, endsAt: now + 600 * minute, idle: 60 * minute, ...session }
  const known = identity === undefined ? { state: 'none', absence: 'no_session' } : { state: 'live', session: live }
  const fields: Readonly<Record<string, string | undefined>> = {
    origin: facts.origin,
    'access-control-request-method': 'POST',
  }
  const { method } = access
  const navigation = method === 'POST'
  const header = (name: string): string | undefined => fields[name]
  const source = requestSource({ method, upgrade: undefined, contentLength: 0, header, navigation })
  const publicPath = access.path.startsWith('/webhooks/')
  const target = { app: { config: app, policy }, publicPath } as unknown as Parameters<typeof authorize>[1]
  return authorize(parts().parts, target, who ?? (known as AuthenticationResult), access, source)
}
