// `einlass explain` and the gateway decide alike: for what is settled before any rule, and for what the rules decide.

import { expect, test } from 'vitest'
import { decisionBeforePolicy } from '../../src/cli/hypothetical-session.ts'
import { hypotheticalRequest, hypotheticalSource, type RequestOptions } from '../../src/cli/hypothetical-request.ts'
import { authorize } from '../../src/gateway/authorize.ts'
import { createDecisionCache } from '../../src/gateway/decision-cache.ts'
import { isPublicPath } from '../../src/gateway/public-paths.ts'
import type { AppRuntime } from '../../src/gateway/active-config.ts'
import type { AuthenticationResult } from '../../src/gateway/idp-freshness.ts'
import type { Session } from '../../src/identity/session/session.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { explain } from '../../src/policy/explain.ts'
import { head, valid } from '../config/config-fixtures.ts'

const text = `${head}networks: { office: [192.0.2.0/24] }
apps:
  erp:
    from: https://erp.example.com
    to: http://10.0.0.1
    session: { lifetime: 1h }
    public: [{ paths: ["/hook"], methods: [POST] }]
    policy:
      - { name: all, allow: { groups: [staff] } }
      - { name: no contractors, deny: { claims: { contractor: ["true"] } } }
      - { name: writing, deny: { actions: [write], not: { networks: [office] } } }
`
const now = Date.UTC(2026, 10, 30, 12)
const staff: RequestOptions = {
  user: 'ada@example.com',
  group: ['staff'],
  claim: ['contractor=false'],
  'auth-age': '5m',
}

test.each<[string, RequestOptions, effect: string, code: string | undefined]>([
  ['nobody signed in', {}, 'challenge', 'no_session'],
  ['a public path', { method: 'POST', path: '/hook' }, 'allow', undefined],
  [
    'a WebSocket of another site',
    { ...staff, ip: '192.0.2.7', origin: 'https://evil.example' },
    'deny',
    'origin_not_allowed',
  ],
  ['a WebSocket of the app', { ...staff, ip: '192.0.2.7', origin: 'https://erp.example.com' }, 'allow', undefined],
  ['a session too old for the app', { ...staff, 'auth-age': '2h' }, 'challenge', 'session_expired'],
  ['an allow', staff, 'allow', undefined],
  ['an absent claim', { ...staff, claim: [] }, 'deny', 'denied_by_unknown'],
  ['a claim that denies', { ...staff, claim: ['contractor=true'] }, 'deny', 'denied_by_rule'],
  ['an unknown address', { ...staff, method: 'POST', ip: 'unknown' }, 'deny', 'denied_by_unknown'],
  ['no group', { ...staff, group: [] }, 'deny', 'not_in_group'],
])('%s', async (_name, facts, effect, code) => {
  const configuration = await valid(text)
  const config = configuration.apps.get('erp')!
  const policy = compilePolicy(config.declaration, {
    roles: configuration.roles,
    schedules: configuration.schedules,
    postures: configuration.devices.postures,
    external: configuration.external,
  })
  const access = hypotheticalRequest(configuration, config, facts, now, '/')
  const said =
    decisionBeforePolicy(configuration, config, policy, access, hypotheticalSource(facts)) ??
    explain(policy, access).decision

  const session = {
    ...access.identity,
    id: 's',
    createdAt: access.identity?.authentication.authTime,
    endsAt: now + 36_000_000,
    idle: 3_600_000,
  }
  const who: AuthenticationResult =
    access.identity === undefined
      ? { state: 'none', absence: access.absence }
      : { state: 'live', session: session as unknown as Session }
  const done = authorize(
    {
      decisions: createDecisionCache(),
      sessions: { lastSeen: () => now },
      log: { error: () => {} },
    } as unknown as Parameters<typeof authorize>[0],
    {
      app: { config, policy } as AppRuntime,
      publicPath: isPublicPath(config, access.method, access.path),
    },
    who,
    access,
    hypotheticalSource(facts),
  )
  expect(said).toEqual(done)
  expect([done.effect, done.reasons[0]?.code]).toEqual([effect, code])
})
