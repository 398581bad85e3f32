// Register of external access: grants of external users with app, sponsor, end and last use, for auditors.

import type { Configuration } from '../../config/configuration.ts'
import { externalSubjects, isExternalGrantee, maxExternalGrant } from '../../policy/external.ts'
import type { Externals } from '../../policy/externals.ts'
import type { Grant } from '../../policy/grant.ts'
import { subjectKey, type Subject } from '../../policy/subject.ts'
import { vouchedEmail, vouchersOf, type Vouchers } from '../../policy/vouching.ts'

/** Tracking data of a user who has signed in. Times in epoch milliseconds; `used`: last use by app. */
export interface SeenUser {
  readonly subject: Subject
  readonly firstSignIn: number
  readonly lastSignIn: number
  readonly used: Readonly<Record<string, number>>
}

export interface ExternalLine {
  /** Id of the grant. */
  readonly id: string
  readonly who: string
  readonly name: string | undefined
  readonly email: string | undefined
  /** Title of the provider. */
  readonly organisation: string
  readonly app: string
  readonly title: string
  readonly level: Grant['level']
  /** Epoch milliseconds, as all times here. */
  readonly from: number
  readonly until: number
  /** As `Grant.timeZone`. */
  readonly timeZone?: string | undefined
  readonly schedule: string | undefined
  readonly sponsor: string | undefined
  readonly contract: string | undefined
  readonly reason: string | undefined
  readonly givenBy: string
  /** `file:line` of the declaration. */
  readonly declaredAt: string | undefined
  readonly state: 'counts' | 'coming' | 'over' | 'revoked'
  /** Epoch milliseconds, rounded to hours; undefined: no use recorded. */
  readonly lastUsed: number | undefined
  readonly remarks: readonly Remark[]
}

/** Findings for an auditor. */
export type Remark = 'no_sponsor' | 'too_long' | 'never_signed_in' | 'never_used'

export interface RegisterDependencies {
  readonly configuration: Pick<Configuration, 'apps' | 'providers' | 'external' | 'places'>
  readonly grants: readonly Grant[]
  readonly people: readonly SeenUser[]
  readonly now: number
}

/** Current and future grants first, by end; then ended ones, latest first. */
export function externalRegister({
  configuration,
  grants,
  people,
  now,
}: RegisterDependencies): readonly ExternalLine[] {
  const externals: Externals = configuration.external ?? { providers: new Set(), people: [] }
  const vouchers = vouchersOf(configuration.providers.values())
  const isExternal = externalSubjects(externals, vouchers)
  const known = byName(people, vouchers)
  const lines = grants.flatMap((grant): ExternalLine[] => {
    const seen = known.get(holderOf(grant))
    const outside =
      grant.basis?.external === true ||
      isExternalGrantee(externals, grant.who) ||
      (seen !== undefined && isExternal(seen.subject))
    return outside ? [lineOf(grant, seen, configuration, now)] : []
  })
  const open = ({ state }: ExternalLine): boolean => state === 'counts' || state === 'coming'
  return lines.toSorted((one, other) => {
    if (open(one) !== open(other)) return open(one) ? -1 : 1
    const earlier = one.until - other.until
    return (open(one) ? earlier : -earlier) || (one.id < other.id ? -1 : 1)
  })
}

/** Index of users by every key that a grant may use: `provider|sub` and `provider|mailto:address`. */
export function byName(people: readonly SeenUser[], vouchers: Vouchers): ReadonlyMap<string, SeenUser> {
  const found = new Map<string, SeenUser>()
  for (const seen of people) {
    const { subject } = seen
    found.set(subjectKey(subject), seen)
    const email = vouchedEmail(subject, vouchers)
    if (email !== undefined) found.set(`${subject.provider}|mailto:${email}`, seen)
  }
  return found
}

/** The key of the account a grant belongs to: of the one it is bound to, else as given. */
export function holderOf({ who, boundTo }: Pick<Grant, 'who' | 'boundTo'>): string {
  return boundTo === undefined ? who : `${who.slice(0, who.indexOf('|'))}|${boundTo}`
}

function lineOf(
  grant: Grant,
  seen: SeenUser | undefined,
  { apps, providers, places }: RegisterDependencies['configuration'],
  now: number,
): ExternalLine {
  const { id, who, app, level, from, until, timeZone, schedule, sponsor, contract, reason, givenBy, revokedAt, basis } =
    grant
  const provider = who.slice(0, who.indexOf('|'))
  const mailed = who.indexOf('|mailto:')
  const lastUsed = seen?.used[app]
  const state = revokedAt !== undefined ? 'revoked' : until <= now ? 'over' : from > now ? 'coming' : 'counts'
  const remarks: Remark[] = []
  // A grant from a request has approvers instead of a sponsor.
  if (sponsor === undefined && basis === undefined) remarks.push('no_sponsor')
  if (state === 'counts' && until - Math.max(from, now) > maxExternalGrant) remarks.push('too_long')
  if (seen === undefined) remarks.push('never_signed_in')
  else if (state === 'counts' && lastUsed === undefined) remarks.push('never_used')
  return {
    id,
    who,
    name: seen?.subject.name,
    email: seen?.subject.email ?? basis?.email ?? (mailed < 0 ? undefined : who.slice(mailed + '|mailto:'.length)),
    organisation: providers.get(provider)?.title ?? provider,
    app,
    title: apps.get(app)?.title ?? app,
    level,
    from,
    until: revokedAt === undefined ? until : Math.min(until, revokedAt),
    timeZone,
    schedule,
    sponsor,
    contract,
    reason,
    givenBy,
    declaredAt: places?.get(`grant ${id}`),
    state,
    lastUsed,
    remarks,
  }
}
