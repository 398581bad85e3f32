// What the configuration offers whom: who may ask for what, who may agree, and which grants rest on something it no
// longer says. Made anew for each configuration; asks nobody, keeps nothing.

import type { Configuration } from '../config/configuration.ts'
import type { EmergencySettings, RequestSettings } from '../config/request-settings.ts'
import type { ConditionSet } from '../policy/declaration.ts'
import type { Grant } from '../policy/grant.ts'
import { isExternalGrantee } from '../policy/external.ts'
import { compileUserSet } from '../policy/user-set.ts'
import { emergencyProvider, subjectKey, type Subject } from '../policy/subject.ts'
import type { Person } from './requests/request.ts'
import type { Offer } from './requests/repository.ts'
import { never } from '../policy/never.ts'

export type Entitlement = 'requests' | 'emergency'

export interface Entitlements {
  hasApp(app: string): boolean
  requests(app: string): RequestSettings | undefined
  emergency(app: string): EmergencySettings | undefined
  /** How strong a second factor people of this provider can prove. */
  strongest(provider: string): 'mfa' | 'phishing_resistant'
  eligible(subject: Subject, app: string, entitlement: Entitlement): boolean
  /** Approvers of requests; reviewers of emergencies. */
  mayDecide(subject: Subject, app: string, entitlement: Entitlement): boolean
  mayDecideAnything(subject: Subject): boolean
  offer(subject: Subject, app: string): Offer | undefined
  /** Does any app open by a sealed code? */
  takesCodes(): boolean
  /** Addresses of those who decide, as far as they are listed by name. */
  approvers(app: string, entitlement: Entitlement): readonly string[]
  /** Why a grant given at run time is over whatever its times say; undefined when nothing speaks against it. */
  invalidReason(grant: Grant): InvalidReason | undefined
  /** The same for the person as they are now. */
  invalidReasonFor(grant: Grant, subject: Subject): InvalidReason | undefined
  /** Of another organisation: `provider|sub` or `provider|mailto:address`. */
  external(who: string): boolean
  samePerson(one: Person, other: Person): boolean
  /** One name for all linked accounts of a person. */
  nameOf(person: Person): string
}

export type InvalidReason = 'app_gone' | 'sponsor_gone' | 'entitlement_gone' | 'no_longer_eligible'

interface Compiled {
  readonly requests: RequestSettings | undefined
  readonly emergency: EmergencySettings | undefined
  readonly eligible: Readonly<Record<Entitlement, (subject: Subject) => boolean>>
  readonly decides: Readonly<Record<Entitlement, (subject: Subject) => boolean>>
}

type Settings = Pick<Configuration, 'apps' | 'roles' | 'providers' | 'external' | 'sponsors' | 'linked'>

/** The entitlements of the configuration in force, made once for each. */
export function createEntitlements(configuration: () => Settings): () => Entitlements {
  let made: { readonly of: Settings; readonly entitlements: Entitlements } | undefined
  return () => {
    const current = configuration()
    if (made?.of !== current) made = { of: current, entitlements: entitlementsOf(current) }
    return made.entitlements
  }
}

export function entitlementsOf(configuration: Settings): Entitlements {
  const { apps, roles, providers, external, sponsors, linked = [] } = configuration
  const people = (set: ConditionSet | undefined): ((subject: Subject) => boolean) => {
    if (set === undefined) return matchesNobody
    const matches = compileUserSet(set, { roles })
    // Whoever came by a sealed code is nobody in particular, not even one of "everyone".
    return (subject) => subject.provider !== emergencyProvider && matches(subject)
  }
  const compiled = new Map<string, Compiled>()
  for (const { name, requests, emergency } of apps.values()) {
    compiled.set(name, {
      requests,
      emergency,
      eligible: { requests: people(requests?.eligible), emergency: people(emergency?.eligible) },
      decides: { requests: people(requests?.approvers), emergency: people(emergency?.reviewers) },
    })
  }
  const sets = new Map<string, string>()
  for (const accounts of linked) for (const account of accounts) sets.set(account, accounts[0]!)

  function nameOf(person: Person): string {
    const mailbox = person.email === undefined ? undefined : sets.get(`${person.provider}|mailto:${person.email}`)
    return sets.get(subjectKey(person)) ?? mailbox ?? subjectKey(person)
  }

  function strongest(provider: string): 'mfa' | 'phishing_resistant' {
    const proof = providers.get(provider)?.phishingResistant
    return proof !== undefined && proof.amrAny.length + proof.acrAny.length > 0 ? 'phishing_resistant' : 'mfa'
  }

  function invalidReason(grant: Grant): InvalidReason | undefined {
    if (grant.origin === 'configuration') return undefined
    const app = compiled.get(grant.app)
    if (app === undefined) return 'app_gone'
    if (grant.sponsor !== undefined && sponsors !== undefined && !sponsors.has(addressOf(grant.sponsor))) {
      return 'sponsor_gone'
    }
    const entitlement = grant.basis?.entitlement
    switch (entitlement) {
      case undefined:
        return undefined
      case 'requests':
        if (app.requests === undefined || !offered(app.requests, grant)) return 'entitlement_gone'
        return app.eligible.requests(thenOf(grant)) ? undefined : 'no_longer_eligible'
      case 'emergency':
        if (app.emergency === undefined) return 'entitlement_gone'
        return app.eligible.emergency(thenOf(grant)) ? undefined : 'no_longer_eligible'
      case 'codes':
        return app.emergency?.codes === true ? undefined : 'entitlement_gone'
      default:
        return never(entitlement)
    }
  }

  return {
    hasApp: (app) => compiled.has(app),
    requests: (app) => compiled.get(app)?.requests,
    emergency: (app) => compiled.get(app)?.emergency,
    strongest,
    eligible: (subject, app, entitlement) => compiled.get(app)?.eligible[entitlement](subject) ?? false,
    mayDecide: (subject, app, entitlement) => compiled.get(app)?.decides[entitlement](subject) ?? false,
    mayDecideAnything: (subject) =>
      [...compiled.values()].some(({ decides }) => decides.requests(subject) || decides.emergency(subject)),
    offer(subject, name) {
      const app = compiled.get(name)
      return app && offerOf(name, app, subject, strongest(subject.provider))
    },
    takesCodes: () => [...compiled.values()].some(({ emergency }) => emergency?.codes === true),
    approvers(name, entitlement) {
      const app = compiled.get(name)
      const set = entitlement === 'requests' ? app?.requests?.approvers : app?.emergency?.reviewers
      return set === undefined ? [] : addressesIn(set, roles)
    },
    external: (who) => external !== undefined && isExternalGrantee(external, who),
    invalidReason,
    invalidReasonFor(grant, subject) {
      const reason = invalidReason(grant)
      if (reason !== undefined || grant.basis === undefined) return reason
      const { entitlement } = grant.basis
      if (entitlement === 'codes') return undefined
      return compiled.get(grant.app)?.eligible[entitlement](subject) === true ? undefined : 'no_longer_eligible'
    },
    samePerson(one, other) {
      if (nameOf(one) === nameOf(other)) return true
      // To forbid something an address is enough, whoever vouches for it.
      return one.email !== undefined && one.email === other.email
    },
    nameOf,
  }
}

const matchesNobody = (): boolean => false

function offerOf(
  name: string,
  { requests, emergency, eligible }: Compiled,
  subject: Subject,
  level: 'mfa' | 'phishing_resistant',
): Offer | undefined {
  const asks = requests !== undefined && eligible.requests(subject) ? requests : undefined
  const breaks = emergency !== undefined && eligible.emergency(subject) ? emergency : undefined
  if (asks === undefined && breaks === undefined) return undefined
  return {
    app: name,
    levels: asks?.levels ?? [],
    minDuration: asks?.minDuration ?? 0,
    defaultDuration: asks?.defaultDuration ?? 0,
    maxDuration: asks?.maxDuration ?? 0,
    beginWithin: asks?.beginWithin ?? 0,
    reason: asks?.reason ?? 'required',
    ticket: asks?.ticket ?? 'none',
    ticketPattern: asks?.ticketPattern,
    approvals: asks?.approvals ?? 0,
    freshMfa: asks?.freshMfa.ask,
    emergency: breaks && {
      maxDuration: breaks.maxDuration,
      level: breaks.level,
      mfa: { level, maxAge: breaks.freshMfa },
      reviewWithin: breaks.reviewWithin,
    },
  }
}

/** A lesser level than those offered may have been given by an approver: it stands as long as a greater one is offered. */
function offered({ levels }: RequestSettings, { level }: Grant): boolean {
  return levels.includes('full') || levels.includes(level)
}

/** The person as they were when they asked. */
function thenOf({ who, basis }: Grant): Subject {
  const bar = who.indexOf('|')
  return {
    provider: who.slice(0, bar),
    sub: who.slice(bar + 1),
    email: basis!.email,
    name: undefined,
    username: undefined,
    groups: basis!.groups,
    groupsComplete: true,
    claims: {},
    external: basis!.external,
  }
}

function addressesIn(set: ConditionSet, roles: Settings['roles']): readonly string[] {
  const users = [...(set.users ?? []), ...(set.roles ?? []).flatMap((role) => roles.get(role)?.users ?? [])]
  const addresses = users.flatMap((user) => {
    if (!user.includes('|')) return user.includes('@') ? [user] : []
    const at = user.indexOf('|mailto:')
    return at < 0 ? [] : [user.slice(at + '|mailto:'.length)]
  })
  return [...new Set(addresses.map(addressOf))]
}

function addressOf(text: string): string {
  return text.trim().normalize('NFC').toLowerCase()
}
