// Test environment for access requests: nodes with a shared store and configuration, and users of a small company.

import type { AuditEvent } from '../../../src/audit/event.ts'
import type { Configuration } from '../../../src/config/configuration.ts'
import type { EmergencySettings, RequestSettings } from '../../../src/config/request-settings.ts'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import type {
  ActingUser,
  GrantRequests,
  RequestRejected,
  WantedAccess,
} from '../../../src/grants/requests/repository.ts'
import { createGrants, type Grants } from '../../../src/grants/grants.ts'
import { createGrantRequests } from '../../../src/grants/requests/requests.ts'
import { createGrantEvents, type GrantEvents } from '../../../src/grants/grant-events.ts'
import type { Subject } from '../../../src/policy/subject.ts'
import { createChangeFeed, type ChangeFeed } from '../../../src/store/change-feed.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'

export const start = 1_800_000_000_000
export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export const requestSettings = (more: Partial<RequestSettings> = {}): RequestSettings => ({
  eligible: { groups: ['finance'] },
  approvers: { users: ['owner@example.com', 'boss@example.com', 'corp|kim'] },
  approvals: 1,
  levels: ['read', 'full'],
  minDuration: 5 * minute,
  defaultDuration: hour,
  maxDuration: 4 * hour,
  reason: 'required',
  ticket: 'optional',
  ticketPattern: undefined,
  lapseAfter: day,
  beginWithin: 7 * day,
  maxExtensions: 1,
  maxTotal: 8 * hour,
  freshMfa: { ask: undefined, approve: undefined },
  openPerPerson: 5,
  ...more,
})

export const emergencySettings = (more: Partial<EmergencySettings> = {}): EmergencySettings => ({
  eligible: { groups: ['on-call'] },
  reviewers: { users: ['owner@example.com', 'boss@example.com'] },
  maxDuration: hour,
  level: 'full',
  freshMfa: 5 * minute,
  reviewWithin: day,
  codes: false,
  ...more,
})

export interface AppRules {
  readonly requests?: RequestSettings | undefined
  readonly emergency?: EmergencySettings | undefined
}

export interface Rules {
  readonly apps?: Readonly<Record<string, AppRules>>
  readonly linked?: readonly (readonly string[])[]
  readonly sponsors?: readonly string[]
  /** Domains that `corp` vouches for. */
  readonly domains?: readonly string[]
  /** Configured evidence of a phishing-resistant factor at `corp`. */
  readonly passkeys?: boolean
}

/** The parts of a configuration that requests use. */
export function configurationOf({
  apps = { erp: { requests: requestSettings() } },
  ...rules
}: Rules = {}): Configuration {
  const provider = { phishingResistant: { amrAny: rules.passkeys === true ? ['hwk'] : [], acrAny: [] } }
  return {
    gateway: { origin: 'https://access.example.com' },
    organisation: { name: 'Einlass', support: {} },
    apps: new Map(
      Object.entries(apps).map(([name, one]) => [
        name,
        {
          name,
          title: name.toUpperCase(),
          addresses: [{ origin: `https://${name}.example.com`, path: '' }],
          ...one,
        },
      ]),
    ),
    roles: new Map([['owners', { groups: [], users: ['owner@example.com'] }]]),
    providers: new Map<string, object>([
      ['corp', { ...provider, name: 'corp', domains: rules.domains ?? [] }],
      ['partners', provider],
    ]),
    linked: rules.linked ?? [],
    sponsors: rules.sponsors === undefined ? undefined : new Set(rules.sponsors),
  } as unknown as Configuration
}

export function subject(sub: string, more: Partial<Subject> = {}): Subject {
  return {
    provider: 'corp',
    sub,
    email: `${sub}@example.com`,
    name: sub,
    username: sub,
    groups: [],
    groupsComplete: true,
    claims: {},
    external: false,
    ...more,
  }
}

export const anna = subject('anna', { groups: ['finance', 'on-call'] })
export const ben = subject('ben', { groups: ['finance'] })
export const owner = subject('owner', { groups: ['finance'] })
export const boss = subject('boss')
export const kim = subject('kim')

/** With a fresh second factor by default. */
export function acting(
  who: Subject,
  more: Partial<Extract<ActingUser, { kind: 'person' }>['authentication']> = {},
): ActingUser {
  const proven = { acr: undefined, amr: ['otp'], authTime: undefined, mfa: true, phishingResistant: false }
  return {
    kind: 'person',
    subject: who,
    authentication: { ...proven, ...more },
    session: `session-of-${who.sub}`,
    device: undefined,
    address: '192.0.2.7',
  }
}

export const administrator: ActingUser = { kind: 'administrator', name: 'admin socket' }

export const wanted = (more: Partial<WantedAccess> = {}): WantedAccess => ({
  app: 'erp',
  level: 'full',
  duration: hour,
  from: undefined,
  reason: 'month end',
  ticket: undefined,
  extends: undefined,
  emergency: false,
  ...more,
})

export interface RequestNode {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly grants: Grants
  readonly requests: GrantRequests
  readonly events: AuditEvent[]
  readonly grantEvents: GrantEvents
  /** Activates another configuration. */
  apply(rules: Rules): void
  stop(): Promise<void>
}

export async function openNode(store: Store, now: () => number, rules: Rules = {}): Promise<RequestNode> {
  let configuration = configurationOf(rules)
  const changes = createChangeFeed({ store, now })
  const events: AuditEvent[] = []
  const record = (event: AuditEvent) => void events.push(event)
  const seal = createSeal([Buffer.alloc(32, 3)])
  const entitlements = createEntitlements(() => configuration)
  const grantEvents = createGrantEvents(() => configuration, entitlements)
  const grants = createGrants({ store, changes, seal, record, now, entitlements, grantEvents })
  const requests = createGrantRequests({ store, changes, seal, record, now, grants, entitlements, grantEvents })
  await Promise.all([grants.load(), requests.load()])
  await changes.sweep()
  return {
    store,
    changes,
    grants,
    requests,
    events,
    grantEvents,
    apply(next) {
      configuration = configurationOf(next)
      grants.setDeclared([], { kind: 'system' })
    },
    async stop() {
      requests.stop()
      grants.stop()
      await changes.stop()
    },
  }
}

/** Code of the rejection, or the actual result. */
export function refusal(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    (value) => value,
    (error: RequestRejected) => error.code ?? error,
  )
}
