// What it takes to ask, and to agree: every rule of the configuration, checked before anything is written.

import type { EmergencySettings, RequestSettings } from '../../config/request-settings.ts'
import type { Grant, GrantLevel } from '../../policy/grant.ts'
import { maxExternalGrant } from '../../policy/external.ts'
import { subjectKey, type Authentication } from '../../policy/subject.ts'
import type { Entitlement, Entitlements } from '../entitlements.ts'
import type { Approval, GrantRequest, Person, Terms } from './request.ts'
import { RequestRejected, type ActingUser, type RejectionReason, type WantedAccess } from './repository.ts'
import { personOf } from '../grant-events.ts'

export type PersonActing = Extract<ActingUser, { kind: 'person' }>

/** What somebody asks for, within what they are offered; nothing here looks at what they have already. */
export interface ValidatedRequest {
  readonly level: GrantLevel
  readonly duration: number
  readonly from: number | undefined
  readonly reason: string | undefined
  readonly ticket: string | undefined
  readonly needed: number
  readonly lapseAfter: number
}

/** Throws `RequestRefused`. */
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

/** At once, for a reason, with the strongest second factor this person's provider can prove. */
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
  checkMfa(acting.authentication, entitlements.strongest(acting.subject.provider), settings.freshMfa, now)
  const { level, duration } = wanted
  return { level, duration, from: undefined, reason, ticket: text(wanted.ticket), needed: 0, lapseAfter: 0 }
}

/**
 * The grant an extension is for, as the store has it now. `latest`: epoch milliseconds at which it has to end at the
 * latest. Throws `RequestRefused`.
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

/** An approval within what was asked and what the configuration still offers. Throws `RequestRefused`. */
export function checkApproval(
  request: GrantRequest,
  lesser: { readonly level?: GrantLevel; readonly duration?: number; readonly comment?: string },
  acting: ActingUser,
  settings: RequestSettings,
  now: number,
): Approval {
  const level = lesser.level ?? request.level
  const duration = lesser.duration ?? request.duration
  if (level === 'full' && request.level === 'read') throw rejected('more_than_asked', { level: request.level })
  if (!settings.levels.includes('full') && !settings.levels.includes(level))
    throw rejected('level_not_offered', { level })
  if (duration > request.duration) throw rejected('longer_than_asked', { longest: request.duration })
  checkDuration(duration, Math.min(1000, request.duration), settings.maxDuration)
  if (acting.kind === 'person') checkMfa(acting.authentication, 'mfa', settings.freshMfa.approve, now)
  return { by: personOf(acting), at: now, level, duration, comment: text(lesser.comment) }
}

/** The least of everything that was approved. `grant`: the one it prolongs. */
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

/** Whoever is of another organisation is let in for 90 days at most, and then somebody decides again. */
export function latestEnd(person: Person, entitlements: Entitlements, now: number): number {
  const keys = [
    subjectKey(person),
    ...(person.email === undefined ? [] : [`${person.provider}|mailto:${person.email}`]),
  ]
  return keys.some(entitlements.external) ? now + maxExternalGrant : Infinity
}

/** Neither revoked nor over; one that begins later counts as well. */
export function isActive(grant: Grant, now: number): boolean {
  return grant.revokedAt === undefined && now < grant.until
}

/** Undefined for nothing but blanks. Throws `RequestRefused`. */
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
  if (duration < min) throw rejected('too_short', { shortest: min })
  if (duration > max) throw rejected('too_long', { longest: max })
}

function ticketOf(ticket: string | undefined, settings: RequestSettings): string | undefined {
  if (settings.ticket === 'none') return undefined
  if (ticket === undefined) {
    if (settings.ticket === 'required') throw rejected('ticket_missing')
    return undefined
  }
  if (ticket.length > 200) throw rejected('text_too_long', { longest: 200 })
  const { ticketPattern } = settings
  if (ticketPattern !== undefined && !new RegExp(`^(?:${ticketPattern})$`, 'u').test(ticket)) {
    throw rejected('ticket_malformed', { pattern: ticketPattern })
  }
  return ticket
}

/** Milliseconds the provider's clock may be ahead of ours, as in the condition `mfa`. */
const clockSkew = 60_000

/** `maxAge` undefined: none is needed. An absent `auth_time` (OIDC Core section 2) proves nothing. */
function checkMfa(
  { mfa, phishingResistant, authTime }: Authentication,
  level: 'mfa' | 'phishing_resistant',
  maxAge: number | undefined,
  now: number,
): void {
  if (maxAge === undefined) return
  const proven = level === 'phishing_resistant' ? phishingResistant : mfa
  const fresh = authTime !== undefined && authTime <= now + clockSkew && now < authTime + maxAge
  if (!proven || !fresh) throw rejected('mfa_needed', { level, maxAge })
}

/** One line each, for the command line; the pages have their own in both languages. */
const rejectionMessages: Readonly<Record<RejectionReason, string>> = {
  app_unknown: 'there is no such app',
  requests_closed: 'nobody can ask for access to this app',
  not_eligible: 'this person may not ask for access to this app',
  level_not_offered: 'this level is not offered for this app',
  too_long: 'that is longer than the configuration allows',
  too_short: 'that is shorter than the configuration allows',
  ends_before_it_begins: 'the access would end before it begins',
  begins_too_late: 'the beginning is too far ahead',
  reason_missing: 'a reason is missing',
  ticket_missing: 'a ticket number is missing',
  ticket_malformed: 'this is no ticket number of the expected form',
  too_many_requests: 'there are too many requests of this person already',
  already_requested: 'a request of this person for this app is open already',
  already_granted: 'this person has this access already',
  grant_unknown: 'there is no such access to prolong',
  grant_over: 'that access is over',
  extension_too_often: 'that access cannot be prolonged any more',
  mfa_needed: 'a second factor has to be proved again first',
  request_unknown: 'there is no such request',
  not_an_approver: 'this person does not decide requests for this app',
  own_request: 'nobody decides what they asked for themselves',
  approved_already: 'this person has approved it already',
  longer_than_asked: 'that is longer than was asked for',
  more_than_asked: 'that is more than was asked for',
  request_closed: 'the request is decided or withdrawn already',
  request_lapsed: 'the request has lapsed: nobody decided in time',
  text_too_long: 'a text is too long',
  no_review_due: 'there is nothing to review',
}
