// Entitlements derived from the configuration: who may request which access, who may approve it, and which grants are no
// longer covered by it. Compiled once per configuration; a pure function without I/O.

import type { Configuration } from '../config/configuration.ts'
import type { EmergencySettings, RequestSettings } from '../config/request-settings.ts'
import { foldAddress } from '../net/domain-names.ts'
import type { ConditionSet } from '../policy/declaration.ts'
import type { Grant } from '../policy/grant.ts'
import { isExternalGrantee } from '../policy/external.ts'
import { compileUserSet } from '../policy/user-set.ts'
import { emergencyProvider, subjectKey, type Subject } from '../policy/subject.ts'
import { vouchedEmail, vouchersOf } from '../policy/vouching.ts'
import { externalSubjects } from '../policy/external.ts'
import type { GrantRequest, Person } from './requests/request.ts'
import type { Offer } from './requests/repository.ts'
import { never } from '../policy/never.ts'

export type Entitlement = 'requests' | 'emergency'

export interface Entitlements {
  hasApp(app: string): boolean
  requests(app: string): RequestSettings | undefined
  emergency(app: string): EmergencySettings | undefined
  /** Strongest second factor that users of this provider can have. */
  strongestFactor(provider: string): 'mfa' | 'phishing_resistant'
  eligible(subject: Subject, app: string, entitlement: Entitlement): boolean
  /** Approvers of requests; reviewers of emergencies. */
  mayDecide(subject: Subject, app: string, entitlement: Entitlement): boolean
  mayDecideAnything(subject: Subject): boolean
  /** Whether this user may decide this request: its approver, or the sponsor of the grant to be followed. */
  mayDecideRequest(subject: Subject, request: Pick<GrantRequest, 'app' | 'followUp'>): boolean
  /** A sponsor as the address of who decides; undefined for a name, and for one that `sponsors` does not permit. */
  sponsorAddress(sponsor: string): string | undefined
  /** Whether this user is that sponsor: by an address that counts, and never somebody external. */
  isSponsor(subject: Subject, sponsor: string): boolean
  /**
   * Who sees emergencies of an app (`view`) and may end them (`end`): its reviewers and approvers, and the roles in
   * `console` (viewers see, admins end). Reviewing is left to reviewers.
   */
  oversees(subject: Subject, app: string, act: 'view' | 'end'): boolean
  offer(subject: Subject, app: string): Offer | undefined
  /** Whether any app accepts emergency codes. */
  acceptsCodes(): boolean
  /** Addresses of approvers or reviewers who are listed individually. */
  approvers(app: string, entitlement: Entitlement): readonly string[]
  /** Why a grant given at run time is invalid before its end; undefined while it is valid. */
  invalidReason(grant: Grant): InvalidReason | undefined
  /** The same for the current attributes of the subject. */
  invalidReasonFor(grant: Grant, subject: Subject): InvalidReason | undefined
  /** Whether a grantee is external. `who`: `provider|sub` or `provider|mailto:address`. */
  external(who: string): boolean
  /**
   * Whether two accounts belong to one person, for prohibitions such as approving one's own request. `unclear`: accounts at
   * two providers, one of them without an address that counts.
   */
  comparePeople(one: Person, other: Person): PeopleComparison
  /** The address, unless another provider vouches for its domain. */
  emailOf(person: Pick<Person, 'provider' | 'email'>): string | undefined
  /** Common key of all linked accounts of a user. */
  nameOf(person: Person): string
}

export type PeopleComparison = 'same' | 'different' | 'unclear'

export type InvalidReason = 'app_gone' | 'sponsor_gone' | 'entitlement_gone' | 'no_longer_eligible' | 'followed_gone'

interface Compiled {
  readonly requests: RequestSettings | undefined
  readonly emergency: EmergencySettings | undefined
  readonly eligible: Readonly<Record<Entitlement, (subject: Subject) => boolean>>
  readonly decides: Readonly<Record<Entitlement, (subject: Subject) => boolean>>
}

type Settings = Pick<Configuration, 'apps' | 'roles' | 'providers' | 'external' | 'sponsors' | 'linked'> &
  Partial<Pick<Configuration, 'console'>>

/** Returns the entitlements of the active configuration, cached per configuration. */
export function createEntitlements(configuration: () => Settings): () => Entitlements {
  let made: { readonly of: Settings; readonly entitlements: Entitlements } | undefined
  return () => {
    const current = configuration()
    if (made?.of !== current) made = { of: current, entitlements: entitlementsOf(current) }
    return made.entitlements
  }
}

export function entitlementsOf(configuration: Settings): Entitlements {
  const { apps, roles, providers, external, sponsors, linked = [], console: admin } = configuration
  const vouchers = vouchersOf(providers.values())
  const people = (set: ConditionSet | undefined): ((subject: Subject) => boolean) => {
    if (set === undefined) return emptySet
    const matches = compileUserSet(set, { roles, vouchers })
    // A session opened by an emergency code has no user, so it belongs to no set, not even to `everyone`.
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
  const inRoles = (names: readonly string[] = []) => people(names.length === 0 ? undefined : { roles: names })
  const isAdmin = inRoles(admin?.admins)
  const isViewer = inRoles(admin?.viewers)
  const sets = new Map<string, string>()
  for (const accounts of linked) for (const account of accounts) sets.set(account, accounts[0]!)

  function linkedSetOf(person: Person): string | undefined {
    const email = vouchedEmail(person, vouchers)
    const mailbox = email === undefined ? undefined : sets.get(`${person.provider}|mailto:${email}`)
    return sets.get(subjectKey(person)) ?? mailbox
  }

  const nameOf = (person: Person): string => linkedSetOf(person) ?? subjectKey(person)

  function strongestFactor(provider: string): 'mfa' | 'phishing_resistant' {
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
        return app.eligible.requests(requesterAtRequest(grant)) ? undefined : 'no_longer_eligible'
      case 'emergency':
        if (app.emergency === undefined) return 'entitlement_gone'
        return app.eligible.emergency(requesterAtRequest(grant)) ? undefined : 'no_longer_eligible'
      // Its sponsor was checked before.
      case 'sponsor':
        return undefined
      case 'codes':
        return app.emergency?.codes === true ? undefined : 'entitlement_gone'
      default:
        return never(entitlement)
    }
  }

  const isExternal = externalSubjects(external, vouchers)

  function sponsorAddress(sponsor: string): string | undefined {
    const address = addressOf(sponsor)
    if (!/^[^\s@|]+@[^\s@|]+$/.test(address)) return undefined
    return sponsors === undefined || sponsors.has(address) ? address : undefined
  }

  function isSponsor(subject: Subject, sponsor: string): boolean {
    if (subject.provider === emergencyProvider || isExternal(subject)) return false
    const address = sponsorAddress(sponsor)
    return address !== undefined && address === vouchedEmail(subject, vouchers)
  }

  const mayDecide = (subject: Subject, app: string, entitlement: Entitlement): boolean =>
    compiled.get(app)?.decides[entitlement](subject) ?? false

  return {
    hasApp: (app) => compiled.has(app),
    requests: (app) => compiled.get(app)?.requests,
    emergency: (app) => compiled.get(app)?.emergency,
    strongestFactor,
    eligible: (subject, app, entitlement) => compiled.get(app)?.eligible[entitlement](subject) ?? false,
    mayDecide,
    mayDecideRequest(subject, { app, followUp }) {
      if (followUp?.sponsor === undefined) return mayDecide(subject, app, 'requests')
      return compiled.has(app) && isSponsor(subject, followUp.sponsor)
    },
    sponsorAddress,
    isSponsor,
    mayDecideAnything: (subject) =>
      [...compiled.values()].some(({ decides }) => decides.requests(subject) || decides.emergency(subject)),
    oversees(subject, name, act) {
      const decides = compiled.get(name)?.decides
      if (decides?.emergency(subject) === true || decides?.requests(subject) === true) return true
      return isAdmin(subject) || (act === 'view' && isViewer(subject))
    },
    offer(subject, name) {
      const app = compiled.get(name)
      return app && offerOf(name, app, subject, strongestFactor(subject.provider))
    },
    acceptsCodes: () => [...compiled.values()].some(({ emergency }) => emergency?.codes === true),
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
      if (entitlement === 'codes' || entitlement === 'sponsor') return undefined
      return compiled.get(grant.app)?.eligible[entitlement](subject) === true ? undefined : 'no_longer_eligible'
    },
    comparePeople(one, other) {
      if (nameOf(one) === nameOf(other)) return 'same'
      // An equal address suffices for a prohibition, whichever provider asserts it.
      if (one.email !== undefined && one.email === other.email) return 'same'
      if (one.provider === other.provider || !hasAccount(one) || !hasAccount(other)) return 'different'
      if (linkedSetOf(one) !== undefined && linkedSetOf(other) !== undefined) return 'different'
      const known = [one, other].every((person) => vouchedEmail(person, vouchers) !== undefined)
      return known ? 'different' : 'unclear'
    },
    emailOf: (person) => vouchedEmail(person, vouchers),
    nameOf,
  }
}

/** An administrator at the machine and the bearer of a sealed code have no account that could be compared. */
function hasAccount({ provider }: Person): boolean {
  return provider !== '' && provider !== emergencyProvider
}

const emptySet = (): boolean => false

function offerOf(
  name: string,
  { requests, emergency, eligible }: Compiled,
  subject: Subject,
  level: 'mfa' | 'phishing_resistant',
): Offer | undefined {
  const requestable = requests !== undefined && eligible.requests(subject) ? requests : undefined
  const breakGlass = emergency !== undefined && eligible.emergency(subject) ? emergency : undefined
  if (requestable === undefined && breakGlass === undefined) return undefined
  return {
    app: name,
    levels: requestable?.levels ?? [],
    minDuration: requestable?.minDuration ?? 0,
    defaultDuration: requestable?.defaultDuration ?? 0,
    maxDuration: requestable?.maxDuration ?? 0,
    beginWithin: requestable?.beginWithin ?? 0,
    reason: requestable?.reason ?? 'required',
    ticket: requestable?.ticket ?? 'none',
    ticketPattern: requestable?.ticketPattern,
    approvals: requestable?.approvals ?? 0,
    freshMfa: requestable?.freshMfa.ask,
    emergency: breakGlass && {
      maxDuration: breakGlass.maxDuration,
      level: breakGlass.level,
      mfa: { level, maxAge: breakGlass.freshMfa },
      reviewWithin: breakGlass.reviewWithin,
    },
  }
}

/** An approver may have granted a lower level than offered; it stays valid while a higher one is offered. */
function offered({ levels }: RequestSettings, { level }: Grant): boolean {
  return levels.includes('full') || levels.includes(level)
}

/** The subject with its attributes at the time of the request. */
function requesterAtRequest({ who, basis }: Grant): Subject {
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
  return foldAddress(text.trim())
}
