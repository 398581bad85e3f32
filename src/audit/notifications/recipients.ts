// Resolves the recipients of a notification: fixed addresses get all events of a sink, roles only those that concern them.

import type { EventSelector } from '../../config/event-selectors.ts'
import { mailAddress } from './sanitize.ts'
import type { Notification } from './notification.ts'

type Role = 'approvers' | 'requester' | 'sponsor'

/**
 * `to`: addresses, and the roles `approvers`, `requester`, `sponsor`; duplicates are removed. `events`: selectors of the
 * sink; if it also notifies of the resulting grant (with its times), the approval itself is left out.
 */
export function recipientsOf(to: readonly string[], notice: Notification, events: readonly EventSelector[]): string[] {
  const repeated = notice.kind === 'request' && notice.activity === 'approved' && isReportedAsGrant(notice, events)
  const roles = repeated ? [] : rolesOf(notice)
  const found = new Map<string, string>()
  for (const entry of to) {
    const addresses = isRole(entry) ? (roles.includes(entry) ? inRole(entry, notice) : []) : [entry]
    for (const address of addresses) {
      const valid = mailAddress(address)
      // Domains are case-insensitive (RFC 5321 section 2.4), and mailboxes are in practice.
      if (valid !== undefined && !found.has(valid.toLowerCase())) found.set(valid.toLowerCase(), valid)
    }
  }
  return [...found.values()]
}

function isRole(entry: string): entry is Role {
  return entry === 'approvers' || entry === 'requester' || entry === 'sponsor'
}

function inRole(role: Role, notice: Notification): readonly string[] {
  if (role === 'approvers') return notice.approvers
  const address = notice[role]
  return address === undefined ? [] : [address]
}

const requests: Readonly<Record<string, readonly Role[]>> = {
  opened: ['approvers'],
  supported: ['approvers'],
  approved: ['requester', 'sponsor'],
  denied: ['requester'],
  withdrawn: ['approvers'],
  lapsed: ['requester', 'approvers'],
}

/** Emergencies have no prior approval, so all roles that could have decided are notified. */
const emergencies: Readonly<Record<string, readonly Role[]>> = {
  opened: ['approvers', 'sponsor', 'requester'],
  reviewed: ['approvers', 'requester'],
  unreviewed: ['approvers', 'sponsor'],
}

function rolesOf({ kind, activity, emergency }: Notification): readonly Role[] {
  // Those who were alarmed at the start are told of the end.
  if (kind === 'grant' && emergency && endsAccess.has(activity)) return ['approvers', 'requester', 'sponsor']
  if (kind === 'grant') return ['requester', 'sponsor']
  if (kind !== 'request') return []
  const table = emergency ? emergencies : requests
  return Object.hasOwn(table, activity) ? table[activity]! : []
}

const endsAccess: ReadonlySet<string> = new Set(['revoked', 'ended'])

function isReportedAsGrant({ extension }: Notification, events: readonly EventSelector[]): boolean {
  return events.includes('grant') || events.includes(extension ? 'grant.extended' : 'grant.given')
}
