// fast-check arbitraries: random policies and access requests with times close together, so that edges matter.

import fc from 'fast-check'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import type { AppDeclaration, ConditionSet, RuleDeclaration } from '../../src/policy/declaration.ts'
import type { Device, PostureRequirement } from '../../src/policy/device.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { PolicyVocabulary } from '../../src/policy/compile-context.ts'
import type { Schedule } from '../../src/policy/schedule/window.ts'
import { access, at, day, grant, hour, laptop, minute, posture } from './access-request-fixtures.ts'

/** The evening before the end of DST in Berlin. */
const base = at('2026-10-24T21:00:00Z')

const window = (name: string, from: number, to: number, more: Partial<Schedule> = {}): Schedule => ({
  name,
  days: [6, 7],
  from,
  to,
  timeZone: 'Europe/Berlin',
  except: [],
  ...more,
})

const posted = (name: string, more: Partial<PostureRequirement>): PostureRequirement => ({ ...laptop, name, ...more })

export const vocabulary: PolicyVocabulary = {
  roles: new Map([['finance', { groups: ['b'], users: ['x@example.com'] }]]),
  schedules: new Map(
    [
      window('evening', 22 * 60, 23 * 60 + 30),
      window('night', 23 * 60, 2 * 60 + 30),
      window('twice', 2 * 60, 2 * 60 + 45),
      window('early', 60, 3 * 60, { except: ['2026-10-25'] }),
    ].map((schedule) => [schedule.name, schedule]),
  ),
  postures: new Map(
    [
      posted('strict', { maxAge: 2 * hour }),
      posted('lenient', { maxAge: hour, whenUnknown: 'read_only', screenLock: true }),
    ].map((posture) => [posture.name, posture]),
  ),
}

const some = <Value>(...values: Value[]) => fc.subarray(values, { minLength: 1 })
const moments = fc.integer({ min: -16, max: 16 }).map((quarters) => base + quarters * 15 * minute)

const simple: {
  readonly [Key in Exclude<keyof Required<ConditionSet>, 'any' | 'not'>]: fc.Arbitrary<ConditionSet[Key]>
} = {
  users: some('x@example.com', 'y@example.com', 'p|1'),
  groups: some('a', 'b'),
  roles: fc.constant(['finance']),
  providers: some('p', 'q'),
  domains: some('example.com', 'elsewhere.example'),
  claims: fc.constantFrom<NonNullable<ConditionSet['claims']>>(
    { team: ['blue'] },
    { team: { values: ['blue'], absent: 'unmet' } },
    { team: { values: ['blue'], absent: 'met' } },
  ),
  mfa: fc.oneof(
    fc.constant(true as const),
    fc.record({
      maxAge: fc.constantFrom(30 * minute, hour, 2 * hour),
      level: fc.constantFrom('mfa' as const, 'phishing_resistant' as const),
    }),
  ),
  device: fc.constantFrom('strict', 'lenient'),
  networks: some('office', 'vpn'),
  schedule: some('evening', 'night', 'twice', 'early'),
  grant: fc.constant('required' as const),
  actions: some('read' as const, 'write' as const),
  methods: some('GET', 'POST'),
  paths: some('/a', '/a/*', '/b*'),
  riskAtMost: fc.constant('low' as const),
}

type Key = keyof typeof simple

/** One or two conditions, time-dependent ones more often. */
const plain: fc.Arbitrary<ConditionSet> = fc
  .uniqueArray(
    fc.constantFrom(
      ...(Object.keys(simple) as Key[]),
      'mfa' as const,
      'schedule' as const,
      'grant' as const,
      'schedule' as const,
    ),
    { minLength: 1, maxLength: 2 },
  )
  .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, simple[key]]))) as fc.Arbitrary<ConditionSet>)

export const conditionSets: fc.Arbitrary<ConditionSet> = fc.letrec<{ set: ConditionSet }>((tie) => ({
  set: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: plain },
    { weight: 1, arbitrary: fc.record({ not: tie('set') }) },
    { weight: 1, arbitrary: fc.record({ any: fc.array(tie('set'), { minLength: 1, maxLength: 3 }) }) },
  ),
})).set

const rules: fc.Arbitrary<RuleDeclaration> = fc.record({
  name: fc.constant(''),
  effect: fc.constantFrom('allow' as const, 'allow' as const, 'allow' as const, 'deny' as const),
  when: conditionSets,
  mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'enforce' as const, 'monitor' as const),
  limits: fc.constant({ download: undefined, upload: undefined }),
})

export const apps: fc.Arbitrary<AppDeclaration> = fc.record({
  name: fc.constant('erp'),
  mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'enforce' as const, 'monitor' as const),
  require: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: conditionSets }),
  rules: fc
    .array(rules, { minLength: 1, maxLength: 5 })
    .map((list) => list.map((rule, number) => ({ ...rule, name: `rule ${number}` }))),
  // Longer than all other limits, so that edges and not the lease end decisions.
  lease: fc.constant(30 * day),
  requests: fc.boolean(),
})

const grants: fc.Arbitrary<Grant> = fc
  .record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    level: fc.constantFrom('read' as const, 'full' as const),
    from: moments,
    until: moments,
    schedule: fc.constantFrom(undefined, undefined, 'night', 'twice', 'gone'),
    revokedAt: fc.constantFrom(undefined, undefined, undefined, base),
  })
  .map((more) => grant(more))

const facts = fc.constantFrom(true, true, true, false, undefined)

const devices: fc.Arbitrary<Device> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom<Device>({ state: 'absent' }, { state: 'unreachable' }, { state: 'mismatch' }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ observedAt: moments, managed: facts, diskEncrypted: facts, screenLock: facts })
      .map((more): Device => ({ state: 'known', posture: posture(more) })),
  },
)

export const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE')
export const paths = fc.constantFrom('/', '/a', '/a/', '/a/x', '/ab', '/b', '/bc', '/c')

export const accesses: fc.Arbitrary<AccessRequest> = fc
  .record({
    person: fc.record({
      provider: fc.constantFrom('p', 'q'),
      sub: fc.constantFrom('1', '2'),
      email: fc.constantFrom('x@example.com', 'z@example.com', undefined),
      groups: fc.subarray(['a', 'b', 'c']),
      groupsComplete: fc.constantFrom(true, true, true, false),
      claims: fc.constantFrom<Record<string, string[]>>({}, { team: ['blue'] }, { team: ['red'] }),
      partialClaims: fc.constantFrom<readonly string[] | undefined>(undefined, undefined, ['team']),
      external: fc.constantFrom(false, false, true),
    }),
    proof: fc.record({
      mfa: fc.boolean(),
      phishingResistant: fc.boolean(),
      authTime: fc.oneof({ weight: 4, arbitrary: moments }, { weight: 1, arbitrary: fc.constant(undefined) }),
    }),
    signedOut: fc.integer({ min: 0, max: 15 }).map((number) => number === 0),
    device: devices,
    grants: fc.array(grants, { maxLength: 3 }),
    network: fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .subarray(['office', 'vpn'])
          .map((names): AccessRequest['network'] => ({ address: '203.0.113.7', names: new Set(names) })),
      },
      { weight: 1, arbitrary: fc.constant({ address: undefined, names: new Set<string>() }) },
    ),
    method: methods,
    path: paths,
    now: fc.tuple(moments, fc.constantFrom(0, 0, -1, 1, 7777)).map(([moment, shift]) => moment + shift),
  })
  .map((given) => access(given))
