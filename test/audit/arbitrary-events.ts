// fast-check arbitraries of audit events with any content an attacker could cause.

import fc from 'fast-check'
import { reasonCodes } from '../../src/policy/reasons.ts'
import type { Actor, AuditEvent, Origin } from '../../src/audit/event.ts'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import type { Decision } from '../../src/policy/decision.ts'
import type { Device, Posture } from '../../src/policy/device.ts'
import type { Grant } from '../../src/policy/grant.ts'

/** Anything at all, with what hurts logs more often than chance would bring it. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '\r\n{"class_uid":4002}',
    '","injected":"1',
    '\u001b[2J\u001b]0;owned\u0007',
    '\u009b31m',
    '\u2028\u2029',
    'abc\u202etxt.exe\u2066',
    '\u0000',
    '\ud800',
    '__proto__',
    '\\u0022',
    '</script>',
    '',
  ),
)
export const aTime = fc.integer({ min: 0, max: 4_102_444_800_000 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const fact = maybe(fc.boolean())
const anAddress = fc.oneof(fc.ipV4(), fc.ipV6(), anyText)
const aMethod = fc.oneof(fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE', 'PATCH'), anyText)

export const anyActor: fc.Arbitrary<Actor> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('person' as const),
      provider: anyText,
      sub: anyText,
      email: fc.oneof(fc.emailAddress(), anyText),
      name: anyText,
      groups: fc.array(anyText, { maxLength: 4 }),
      session: anyText,
    },
    { requiredKeys: ['kind', 'provider', 'sub'] },
  ),
  fc.record({ kind: fc.constant('administrator' as const), name: anyText }),
  fc.constantFrom<Actor>({ kind: 'system' }, { kind: 'stranger' }),
)

export const anyOrigin: fc.Arbitrary<Origin> = fc.record(
  {
    requestId: anyText,
    address: anAddress,
    port: fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.integer()),
    userAgent: fc.oneof(anyText, fc.string({ minLength: 600, maxLength: 900 })),
  },
  { requiredKeys: ['requestId', 'address'] },
)

export const anyPosture: fc.Arbitrary<Posture> = fc.record({
  deviceId: anyText,
  source: anyText,
  observedAt: aTime,
  managed: fact,
  owner: maybe(anyText),
  compliant: fact,
  diskEncrypted: fact,
  os: maybe(fc.record({ name: anyText, version: anyText })),
  screenLock: fact,
  firewall: fact,
  antivirus: maybe(fc.record({ present: fact, healthy: fact })),
  risk: maybe(fc.constantFrom('low', 'medium', 'high', 'critical')),
})

export const anyDevice: fc.Arbitrary<Device> = fc.oneof(
  fc.record({ state: fc.constant('known' as const), posture: anyPosture }),
  fc.constantFrom<Device>({ state: 'absent' }, { state: 'unreachable' }, { state: 'mismatch' }),
)

export const anyGrant: fc.Arbitrary<Grant> = fc.record({
  id: anyText,
  who: anyText,
  app: anyText,
  level: fc.constantFrom('read', 'full'),
  from: fc.oneof(aTime, fc.constant(Number.NEGATIVE_INFINITY)),
  until: fc.oneof(aTime, fc.constant(Number.POSITIVE_INFINITY)),
  schedule: maybe(anyText),
  sponsor: maybe(anyText),
  reason: maybe(anyText),
  origin: fc.constantFrom('configuration', 'runtime'),
  givenBy: anyText,
  revokedAt: maybe(aTime),
})

export const anyAccess: fc.Arbitrary<AccessRequest> = fc.record({
  identity: maybe(
    fc.record({
      subject: fc.record({
        provider: anyText,
        sub: anyText,
        email: maybe(anyText),
        name: maybe(anyText),
        username: maybe(anyText),
        groups: fc.array(anyText, { maxLength: 4 }),
        groupsComplete: fc.boolean(),
        claims: fc.dictionary(anyText, fc.array(anyText, { maxLength: 3 }), { maxKeys: 4, noNullPrototype: true }),
        external: fc.boolean(),
      }),
      authentication: fc.record({
        acr: maybe(anyText),
        amr: fc.array(anyText, { maxLength: 3 }),
        authTime: maybe(aTime),
        mfa: fc.boolean(),
        phishingResistant: fc.boolean(),
      }),
    }),
  ),
  absence: fc.constantFrom('no_session', 'session_expired', 'session_idle', 'session_revoked'),
  device: anyDevice,
  grants: fc.array(anyGrant, { maxLength: 3 }),
  network: fc.record({
    address: anAddress,
    names: fc.array(anyText, { maxLength: 4 }).map((names) => new Set(names)),
  }),
  method: aMethod,
  path: anyText,
  destination: maybe(anyText),
  now: aTime,
})

export const anyDecision: fc.Arbitrary<Decision> = fc.record({
  effect: fc.constantFrom('allow', 'challenge', 'deny'),
  rule: maybe(anyText),
  reasons: fc.array(
    fc.record({
      code: fc.constantFrom(...reasonCodes),
      parameters: fc.dictionary(anyText, anyText, { maxKeys: 2, noNullPrototype: true }),
    }),
    { maxLength: 2 },
  ),
  remedy: maybe(fc.constantFrom<NonNullable<Decision['remedy']>>({ kind: 'ask_owner' }, { kind: 'request_access' })),
  limits: fc.record({ download: maybe(fc.nat()), upload: maybe(fc.nat()) }),
  validUntil: fc.oneof(aTime, fc.constant(Number.POSITIVE_INFINITY)),
  grant: maybe(anyText),
  observed: maybe(
    fc.array(
      fc.record({
        rule: anyText,
        effect: fc.constantFrom('allow' as const, 'deny' as const),
        reasons: fc.constant([{ code: 'denied_by_rule' as const, parameters: {} }]),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  ),
  monitored: maybe(fc.constantFrom('allow', 'challenge', 'deny')),
})

const anyMailbox = fc.oneof(fc.emailAddress(), anyText)

export const anyTell = fc.record({
  approvers: fc.array(anyMailbox, { maxLength: 3 }),
  requester: maybe(anyMailbox),
  sponsor: maybe(anyMailbox),
  person: anyText,
  app: anyText,
  link: fc.oneof(fc.webUrl(), anyText),
})

export const anyEvent: fc.Arbitrary<AuditEvent> = fc.oneof(
  fc
    .record({
      kind: fc.constant('access' as const),
      at: aTime,
      origin: anyOrigin,
      actor: anyActor,
      app: anyText,
      decision: anyDecision,
      input: anyAccess,
      configuration: anyText,
      request: fc.record({
        method: aMethod,
        host: fc.oneof(
          fc.domain(),
          fc.constantFrom('localhost:8080', '[::1]:8443', '10.0.0.1', 'a_b.example:99999'),
          anyText,
        ),
        path: anyText,
        scheme: fc.constantFrom('http', 'https'),
        version: fc.constantFrom('1.0', '1.1', '2'),
        upgrade: maybe(fc.constant('websocket')),
      }),
      result: fc.record({
        status: fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 599 })),
        bytesIn: fc.maxSafeNat(),
        bytesOut: fc.nat(),
        duration: fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom(-1, Number.NaN)),
        end: fc.constantFrom('complete', 'answered', 'client_gone', 'upstream_failed', 'cut'),
        upstream: maybe(anyText),
      }),
    })
    .map((event) => ({ ...event, result: { ...event.result, bytesIn: Math.trunc(event.result.bytesIn / 2) } })),
  fc.record({
    kind: fc.constant('authentication' as const),
    at: aTime,
    origin: anyOrigin,
    actor: anyActor,
    activity: fc.constantFrom('sign_in', 'step_up', 'sign_out', 'session_ended', 'refresh', 'token_revoked'),
    outcome: fc.constantFrom('success', 'failure'),
    reason: maybe(anyText),
    detail: maybe(anyText),
    provider: anyText,
    session: maybe(anyText),
    mfa: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('grant' as const),
    at: aTime,
    actor: anyActor,
    activity: fc.constantFrom('given', 'revoked', 'extended', 'ending', 'ended'),
    grant: fc.record({
      id: anyText,
      who: anyText,
      app: anyText,
      level: fc.constantFrom('read', 'full'),
      from: aTime,
      until: fc.oneof(aTime, fc.constant(Number.POSITIVE_INFINITY)),
      reason: maybe(anyText),
      sponsor: maybe(anyText),
    }),
    tell: maybe(anyTell),
  }),
  fc.record({
    kind: fc.constant('request' as const),
    at: aTime,
    actor: anyActor,
    activity: fc.constantFrom('opened', 'supported', 'approved', 'denied', 'withdrawn', 'lapsed'),
    request: fc.record({
      id: anyText,
      app: anyText,
      who: anyText,
      level: anyText,
      duration: fc.oneof(fc.nat(), fc.constantFrom(-1, Number.NaN, Number.MAX_VALUE)),
      reason: maybe(anyText),
      ticket: maybe(anyText),
      extends: maybe(anyText),
      emergency: fc.boolean(),
      statedName: anyText,
      comment: anyText,
    }),
    tell: maybe(anyTell),
  }),
  fc.record({
    kind: fc.constant('configuration' as const),
    at: aTime,
    actor: anyActor,
    outcome: fc.constantFrom('applied', 'refused'),
    hash: anyText,
    previous: maybe(anyText),
    detail: anyText,
  }),
  fc.record({
    kind: fc.constant('device' as const),
    at: aTime,
    actor: anyActor,
    device: anyText,
    source: anyText,
    activity: fc.constantFrom('observed', 'changed', 'conflict', 'mismatch'),
    detail: anyText,
  }),
  fc.record({
    kind: fc.constant('finding' as const),
    at: aTime,
    actor: anyActor,
    origin: maybe(anyOrigin),
    title: anyText,
    detail: anyText,
    severity: fc.constantFrom('low', 'medium', 'high', 'critical'),
  }),
)
