// Fixtures for policy tests: builders of subject, device, grant, app and access request with defaults.

import type { AccessRequest } from '../../src/policy/access-request.ts'
import type { AppDeclaration, ConditionSet, RuleDeclaration } from '../../src/policy/declaration.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import type { Device, Posture, PostureRequirement } from '../../src/policy/device.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { Policy, Verdict } from '../../src/policy/policy.ts'
import type { Authentication, Subject } from '../../src/policy/subject.ts'
import type { PolicyVocabulary } from '../../src/policy/compile-context.ts'
import type { Schedule } from '../../src/policy/schedule/window.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds

/** A Wednesday, 11:00 in Berlin. */
export const noon = at('2026-11-18T10:00:00Z')

export const office: Schedule = {
  name: 'office_hours',
  days: [1, 2, 3, 4, 5],
  from: 8 * 60,
  to: 18 * 60,
  timeZone: 'Europe/Berlin',
  except: [],
}

/** Mondays from 13:00 to 17:00; the last workday of November 2026 is one. */
export const monthEnd: Schedule = { ...office, name: 'month_end', days: [1], from: 13 * 60, to: 17 * 60 }

export const laptop: PostureRequirement = {
  name: 'company_laptop',
  managed: true,
  diskEncrypted: true,
  os: { windows: '10.0.22631', macOS: '14.6' },
  maxAge: day,
  whenUnknown: 'deny',
}

export const vocabulary: PolicyVocabulary = {
  roles: new Map([
    ['finance', { groups: ['grp-finance'], users: ['Extra@Example.com'] }],
    ['by_name', { groups: [], users: ['keycloak|7'] }],
  ]),
  schedules: new Map([
    ['office_hours', office],
    ['month_end', monthEnd],
  ]),
  postures: new Map([
    ['company_laptop', laptop],
    ['relaxed', { ...laptop, name: 'relaxed', whenUnknown: 'read_only' }],
  ]),
}

export function subject(more: Partial<Subject> = {}): Subject {
  return {
    provider: 'keycloak',
    sub: '42',
    email: 'anna@example.com',
    name: 'Anna',
    username: 'anna',
    groups: ['staff'],
    groupsComplete: true,
    claims: {},
    external: false,
    ...more,
  }
}

export function authentication(more: Partial<Authentication> = {}): Authentication {
  return { acr: undefined, amr: [], authTime: noon - hour, mfa: false, phishingResistant: false, ...more }
}

export function posture(more: Partial<Posture> = {}): Posture {
  return {
    deviceId: 'd1',
    source: 'inventory',
    observedAt: noon - hour,
    managed: true,
    owner: undefined,
    compliant: undefined,
    diskEncrypted: true,
    os: { name: 'Windows', version: '10.0.22631.2428' },
    screenLock: undefined,
    firewall: undefined,
    antivirus: undefined,
    risk: undefined,
    ...more,
  }
}

export const known = (more: Partial<Posture> = {}): Device => ({ state: 'known', posture: posture(more) })

export function grant(more: Partial<Grant> = {}): Grant {
  return {
    id: 'g1',
    who: 'keycloak|42',
    app: 'erp',
    level: 'full',
    from: noon - hour,
    until: noon + hour,
    schedule: undefined,
    sponsor: undefined,
    reason: undefined,
    origin: 'runtime',
    givenBy: 'admin',
    revokedAt: undefined,
    ...more,
  }
}

export interface AccessOverrides extends Partial<Omit<AccessRequest, 'identity'>> {
  readonly person?: Partial<Subject>
  readonly proof?: Partial<Authentication>
  readonly signedOut?: boolean
  readonly networks?: readonly string[]
}

export function access({ person, proof, signedOut, networks, ...more }: AccessOverrides = {}): AccessRequest {
  return {
    identity: signedOut ? undefined : { subject: subject(person), authentication: authentication(proof) },
    absence: 'no_session',
    device: { state: 'absent' },
    grants: [],
    network: { address: '203.0.113.7', names: new Set(networks) },
    method: 'GET',
    path: '/',
    now: noon,
    ...more,
  }
}

export function app(rules: readonly RuleDeclaration[], more: Partial<AppDeclaration> = {}): AppDeclaration {
  return { name: 'erp', title: 'ERP', mode: 'enforce', require: {}, rules, lease: minute, ...more }
}

export function rule(
  effect: 'allow' | 'deny',
  name: string,
  when: ConditionSet,
  more: Partial<RuleDeclaration> = {},
): RuleDeclaration {
  return { name, effect, when, mode: 'enforce', limits: { download: undefined, upload: undefined }, ...more }
}

export const allow = (name: string, when: ConditionSet, more?: Partial<RuleDeclaration>) =>
  rule('allow', name, when, more)
export const deny = (name: string, when: ConditionSet, more?: Partial<RuleDeclaration>) =>
  rule('deny', name, when, more)

export function policyOf(rules: readonly RuleDeclaration[], more: Partial<AppDeclaration> = {}): Policy {
  return compilePolicy(app(rules, more), vocabulary)
}

/** Verdict of a condition set with a single condition. */
export function verdictOf(
  when: ConditionSet,
  given: AccessOverrides = {},
  more: Partial<AppDeclaration> = {},
): Verdict {
  const [only] = policyOf([allow('it', when)], more).rules[0]!.conditions
  return only!.evaluate(access(given))
}

/** `state` and reason codes, as one line: `unmet not_in_group`. */
export function formatVerdict(verdict: Verdict): string {
  return [verdict.state, ...verdict.reasons.map((reason) => reason.code)].join(' ')
}
