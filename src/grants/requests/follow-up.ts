// Follow-up of a grant: more time asked for by its holder, approved by its sponsor, as a grant that begins where the first ends.
//
// Grants of the configuration and those given by an administrator are never changed by a request: a stored grant follows
// them. It begins at the end of the first, so that connections open then go on under it.

import { maxExternalGrant } from '../../policy/external.ts'
import { isOfOtherAccount, type Grant } from '../../policy/grant.ts'
import { hasEnd } from '../../policy/grant-period.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { Entitlements } from '../entitlements.ts'
import { isActive, latestEnd, rejected } from './checks.ts'
import type { FollowUpOffer, WantedAccess } from './repository.ts'
import type { Approval, GrantRequest, Person, Terms } from './request.ts'

/** Milliseconds. A follow-up is at most as long as the grant it follows, and as a grant of an external person may be. */
const shortest = 5 * 60_000
const usual = 30 * 24 * 3_600_000
/** Milliseconds until an undecided request lapses where the app has no requests of its own: a sponsor reads mail less often. */
const lapseAfter = 7 * 24 * 3_600_000

/** What its holder may ask for at the end of this grant; undefined: nothing, or another way (an extension) exists for it. */
export function followUpOffer(
  grant: Grant,
  holder: Person,
  rules: Entitlements,
  now: number,
): FollowUpOffer | undefined {
  if (!isFollowable(grant, holder, rules)) return undefined
  if (!hasEnd(grant) || !isActive(grant, now) || now < grant.from) return undefined
  const settings = rules.requests(grant.app)
  if (!rules.hasApp(grant.app) || (grant.sponsor === undefined && settings === undefined)) return undefined
  // An address that cannot be compared has nobody behind it: nobody could decide.
  const sponsor = grant.sponsor === undefined ? undefined : rules.sponsorAddress(grant.sponsor)
  if (grant.sponsor !== undefined && (sponsor === undefined || sponsor === rules.emailOf(holder))) return undefined
  const given = grant.until - Math.max(grant.from, grant.givenAt ?? 0)
  const maxDuration = Math.min(given, maxExternalGrant, latestEnd(holder, rules, now) - grant.until)
  if (maxDuration < shortest) return undefined
  return {
    app: grant.app,
    levels: [grant.level],
    minDuration: shortest,
    defaultDuration: Math.min(usual, maxDuration),
    maxDuration,
    beginWithin: 0,
    reason: 'required',
    ticket: 'none',
    ticketPattern: undefined,
    approvals: 1,
    freshMfa: settings?.freshMfa.ask,
    emergency: undefined,
    lapseAfter: settings?.lapseAfter ?? lapseAfter,
    sponsor,
  }
}

/** Whether this is a grant of this holder that no request changes. */
export function isFollowable(grant: Grant, holder: Person, rules: Entitlements): boolean {
  return (grant.basis === undefined || grant.basis.entitlement === 'sponsor') && isHeldBy(grant, holder, rules)
}

/** Throws `RequestRejected`. */
export function checkFollowUp(
  grant: Grant | undefined,
  holder: Person,
  wanted: Pick<WantedAccess, 'app' | 'duration' | 'level'>,
  rules: Entitlements,
  now: number,
): FollowUpOffer & { readonly grant: Grant } {
  // Another person's grant is unknown, whatever its state: nothing about it is told.
  if (grant === undefined || grant.app !== wanted.app || !isFollowable(grant, holder, rules))
    throw rejected('grant_unknown')
  if (!isActive(grant, now)) throw rejected('grant_over', { until: grant.revokedAt ?? grant.until })
  const offer = followUpOffer(grant, holder, rules, now)
  if (offer === undefined) throw rejected('requests_closed', { app: grant.app })
  if (wanted.level === 'full' && grant.level === 'read') throw rejected('level_not_offered', { level: wanted.level })
  const { duration } = wanted
  if (!(duration > 0) || !Number.isSafeInteger(duration)) throw rejected('ends_before_it_begins')
  if (duration < offer.minDuration) throw rejected('too_short', { min: offer.minDuration })
  if (duration > offer.maxDuration) throw rejected('too_long', { longest: offer.maxDuration })
  return { ...offer, grant }
}

/** From the end of the grant on, at most what was asked for and approved. */
export function followUpTerms(request: GrantRequest, approvals: readonly Approval[], grant: Grant): Terms {
  const duration = Math.min(request.duration, ...approvals.map((one) => one.duration))
  const read = grant.level === 'read' || request.level === 'read' || approvals.some((one) => one.level === 'read')
  return { level: read ? 'read' : 'full', from: grant.until, until: grant.until + duration }
}

/** By account, or by the address that counts for it and that no other account has used. */
function isHeldBy(grant: Grant, holder: Person, rules: Entitlements): boolean {
  if (isOfOtherAccount(grant, holder)) return false
  if (grant.who === subjectKey(holder)) return !holder.sub.startsWith('mailto:')
  const email = rules.emailOf(holder)
  return email !== undefined && grant.who === `${holder.provider}|mailto:${email}`
}
