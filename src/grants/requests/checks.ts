// Validates access requests and approvals against the configuration before anything is written.

import { linearPattern } from '../../config/linear-pattern.ts'
import type { EmergencySettings, RequestSettings } from '../../config/request-settings.ts'
import { clockTolerance } from '../../policy/clock-tolerance.ts'
import type { Grant, GrantLevel } from '../../policy/grant.ts'
import { maxExternalGrant } from '../../policy/external.ts'
import { subjectKey, type Authentication } from '../../policy/subject.ts'
import type { Entitlement, Entitlements } from '../entitlements.ts'
import type { Approval, GrantRequest, Person, Terms } from './request.ts'
import { RequestRejected, type ActingUser, type RejectionReason, type WantedAccess } from './repository.ts'
import { personOf } from '../grant-events.ts'

export type PersonActing = Extract<ActingUser, { kind: 'person' }>

/** A request within what the configuration offers; existing grants are not considered here. */
export interface ValidatedRequest {
  readonly level: GrantLevel
  readonly duration: number
  readonly from: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  readonly needed: number
  readonly lapseAfter: number
}

/** Throws `RequestRejected`. */
export function validateRequest(
  wanted: WantedAccess,
  acting: ActingUser,
  entitlements: Entitlements,
  now: number,
): ValidatedRequest {
  const { app } = wanted
  if (!entitlements.hasApp(app)) throw rejected('app_unknown', { app })
  const requests = wanted.emergency ? undefined : entitlements.requests(app)
  const emergency = wanted.emergency ? entitlements.emergency(app) : undefined
  if (requests === undefined && emergency === undefined) throw rejected('requests_closed', { app })
  const entitlement: Entitlement = wanted.emergency ? 'emergency' : 'requests'
  if (acting.kind !== 'person' || !entitlements.eligible(acting.subject, app, entitlement)) {
    throw rejected('not_eligible', { app })
  }
  return requests === undefined
    ? checkEmergency(wanted, acting, emergency!, entitlements, now)
    : checkRequest(wanted, acting, requests, now)
}

function checkRequest(
  wanted: WantedAccess,
  acting: PersonActing,
  settings: RequestSettings,
  now: number,
): ValidatedRequest {
  const { level, duration } = wanted
  if (!settings.levels.includes(level)) throw rejected('level_not_offered', { level })
  checkDuration(duration, settings.minDuration, settings.maxDuration)
  const from = wanted.from === undefined || wanted.from <= now ? undefined : wanted.from
  if (wanted.from !== undefined) {
    if (!Number.isFinite(wanted.from) || wanted.from + duration <= now) throw rejected('ends_before_it_begins')
    if (wanted.from > now + settings.beginWithin) throw rejected('begins_too_late', { within: settings.beginWithin })
  }
  const reason = text(wanted.reason)
  if (reason === undefined && settings.reason === 'required') throw rejected('reason_missing')
  const ticket = ticketOf(text(wanted.ticket), settings)
  checkMfa(acting.authentication, 'mfa', settings.freshMfa.ask, now)
  return { level, duration, from, reason, ticket, needed: settings.approvals, lapseAfter: settings.lapseAfter }
}

/** Emergency access: effective at once, with a reason and the strongest second factor that the provider supports. */
function checkEmergency(
  wanted: WantedAccess,
  acting: PersonActing,
  settings: EmergencySettings,
  entitlements: Entitlements,
  now: number,
): ValidatedRequest {
  if (wanted.level !== settings.level && settings.level !== 'full') {
    throw rejected('level_not_offered', { level: wanted.level })
  }
  checkDuration(wanted.duration, 1000, settings.maxDuration)
  if (wanted.from !== undefined && wanted.from > now) throw rejected('begins_too_late', { within: 0 })
  if (wanted.extends !== undefined) throw rejected('extension_too_often', { most: 0 })
  const reason = text(wanted.reason)
  if (reason === undefined) throw rejected('reason_missing')
  checkMfa(acting.authentication, entitlements.strongestFactor(acting.subject.provider), settings.freshMfa, now)
  const { level, duration } = wanted
  return { level, duration, from: undefined, reason, ticket: text(wanted.ticket), needed: 0, lapseAfter: 0 }
}

/**
 * Checks the extension of a grant read from the store. `latest`: epoch milliseconds of the latest permitted end.
 * Throws `RequestRejected`.
 */
export function checkExtension(
  grant: Grant | undefined,
  who: string,
  app: string,
  duration: number,
  settings: RequestSettings,
  now: number,
  latest: number,
): Grant {
  if (grant === undefined || grant.who !== who || grant.app !== app || grant.basis?.entitlement !== 'requests') {
    throw rejected('grant_unknown')
  }
  if (!isActive(grant, now)) throw rejected('grant_over', { until: grant.revokedAt ?? grant.until })
  if ((grant.extensions?.length ?? 0) >= settings.maxExtensions) {
    throw rejected('extension_too_often', { most: settings.maxExtensions })
  }
  const left = Math.min(settings.maxTotal - (grant.until - grant.from), latest - grant.until)
  if (duration > left) throw rejected('too_long', { longest: Math.max(0, left) })
  return grant
}

/** An approval of at most what was requested and what the configuration still offers. Throws `RequestRejected`. */
export function checkApproval(
  request: GrantRequest,
  reduced: { readonly level?: GrantLevel; readonly duration?: number; readonly comment?: string },
  acting: ActingUser,
  settings: Pick<RequestSettings, 'levels' | 'maxDuration' | 'freshMfa'>,
  now: number,
): Approval {
  const level = reduced.level ?? request.level
  const duration = reduced.duration ?? request.duration
  if (level === 'full' && request.level === 'read') throw rejected('more_than_asked', { level: request.level })
  if (!settings.levels.includes('full') && !settings.levels.includes(level))
    throw rejected('level_not_offered', { level })
  if (duration > request.duration) throw rejected('longer_than_asked', { longest: request.duration })
  checkDuration(duration, Math.min(1000, request.duration), settings.maxDuration)
  if (acting.kind === 'person') checkMfa(acting.authentication, 'mfa', settings.freshMfa.approve, now)
  return { by: personOf(acting), at: now, level, duration, comment: text(reduced.comment) }
}

/** Minimum of all approvals. `grant`: the one to extend. */
export function termsOf(
  request: GrantRequest,
  approvals: readonly Approval[],
  grant: Grant | undefined,
  now: number,
): Terms {
  const duration = Math.min(request.duration, ...approvals.map((one) => one.duration))
  const level = request.level === 'read' || approvals.some((one) => one.level === 'read') ? 'read' : 'full'
  if (grant !== undefined) return { level, from: grant.from, until: grant.until + duration }
  const from = Math.max(now, request.from ?? now)
  return { level, from, until: from + duration }
}

/** Epoch milliseconds: external users get 90 days at most per approval; Infinity for others. */
export function latestEnd(person: Person, entitlements: Entitlements, now: number): number {
  const keys = [
    subjectKey(person),
    ...(person.email === undefined ? [] : [`${person.provider}|mailto:${person.email}`]),
  ]
  return keys.some(entitlements.external) ? now + maxExternalGrant : Infinity
}

/** Neither revoked nor expired; a grant that begins later is active too. */
export function isActive(grant: Grant, now: number): boolean {
  return grant.revokedAt === undefined && now < grant.until
}

/** Trimmed text; undefined when blank. Throws `RequestRejected`. */
export function text(written: string | undefined): string | undefined {
  const trimmed = written?.trim()
  if (trimmed === undefined || trimmed === '') return undefined
  if (trimmed.length > maxTextLength) throw rejected('text_too_long', { longest: maxTextLength })
  return trimmed
}

const maxTextLength = 2000

export function rejected(
  code: RejectionReason,
  detail: Readonly<Record<string, string | number>> = {},
): RequestRejected {
  return new RequestRejected(code, rejectionMessages[code], detail)
}

function checkDuration(duration: number, min: number, max: number): void {
  if (!(duration > 0) || !Number.isSafeInteger(duration)) throw rejected('ends_before_it_begins')
  if (duration < min) throw rejected('too_short', { min })
  if (duration > max) throw rejected('too_long', { max })
}

function ticketOf(ticket: string | undefined, settings: RequestSettings): string | undefined {
  if (settings.ticket === 'none') return undefined
  if (ticket === undefined) {
    if (settings.ticket === 'required') throw rejected('ticket_missing')
    return undefined
  }
  if (ticket.length > 200) throw rejected('text_too_long', { longest: 200 })
  const { ticketPattern } = settings
  if (ticketPattern !== undefined && !matches(ticketPattern, ticket)) {
    throw rejected('ticket_malformed', { pattern: ticketPattern })
  }
  return ticket
}

/** False for a pattern that the configuration would have refused. */
function matches(source: string, text: string): boolean {
  const pattern = linearPattern(source)
  return pattern.state === 'valid' && pattern.matches(text)
}

/** `maxAge` undefined: no factor is needed. An absent `auth_time` (OIDC Core section 2) is never fresh (fail closed). */
export function checkMfa(
  { mfa, phishingResistant, authTime }: Authentication,
  level: 'mfa' | 'phishing_resistant',
  maxAge: number | undefined,
  now: number,
): void {
  if (maxAge === undefined) return
  const proven = level === 'phishing_resistant' ? phishingResistant : mfa
  const fresh = authTime !== undefined && authTime <= now + clockTolerance && now < authTime + maxAge
  if (!proven || !fresh) throw rejected('mfa_needed', { level, maxAge })
}

/** One line each, for the command line and the admin API; the pages have texts of their own. */
const rejectionMessages: Readonly<Record<RejectionReason, string>> = {
  app_unknown: 'there is no such app',
  requests_closed: 'this app takes no access requests',
  not_eligible: 'this user may not request access to this app',
  level_not_offered: 'this level is not offered for this app',
  too_long: 'the duration is longer than the configuration allows',
  too_short: 'the duration is shorter than the configuration allows',
  ends_before_it_begins: 'the access would end before it begins',
  begins_too_late: 'the beginning is too far ahead',
  reason_missing: 'a reason is missing',
  ticket_missing: 'a ticket number is missing',
  ticket_malformed: 'the ticket number does not have the expected form',
  too_many_requests: 'this user already has too many requests',
  already_requested: 'this user already has an open request for this app',
  already_granted: 'this user already has this access',
  grant_unknown: 'there is no such grant to extend',
  grant_over: 'the grant has ended',
  extension_too_often: 'the grant cannot be extended any further',
  mfa_needed: 'a fresh second factor is required',
  request_unknown: 'there is no such request',
  not_an_approver: 'this user is not an approver of this app',
  own_request: 'requesters cannot decide their own requests',
  same_person_unclear:
    'it cannot be established that requester and approver are different people: one of the accounts has no confirmed address',
  approved_already: 'this user has already approved the request',
  longer_than_asked: 'the duration is longer than requested',
  more_than_asked: 'the level is higher than requested',
  request_closed: 'the request has already been decided or withdrawn',
  request_lapsed: 'the request has lapsed without a decision',
  text_too_long: 'a text is too long',
  no_review_due: 'there is nothing to review',
}
