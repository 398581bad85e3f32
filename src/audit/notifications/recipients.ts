// Whom an event is told: fixed addresses everything a sink is for, roles only what concerns them.

import type { EventSelector } from '../../config/event-selectors.ts'
import { mailAddress } from './sanitize.ts'
import type { Notification } from './notification.ts'

type Role = 'approvers' | 'requester' | 'sponsor'

/**
 * `to`: addresses, and the words `approvers`, `requester`, `sponsor`. Nobody twice. `events`: what the sink is for; where
 * the grant that comes of an approval is told as well, with its times, the approval itself is not told once more.
 */
export function recipientsOf(to: readonly string[], notice: Notification, events: readonly EventSelector[]): string[] {
  const repeated = notice.kind === 'request' && notice.activity === 'approved' && isReportedAsGrant(notice, events)
  const concerned = repeated ? [] : rolesOf(notice)
  const found = new Map<string, string>()
  for (const entry of to) {
    const addresses = isRole(entry) ? (concerned.includes(entry) ? inRole(entry, notice) : []) : [entry]
    for (const address of addresses) {
      const valid = mailAddress(address)
      // Domains are the same in any case (RFC 5321 section 2.4), and mailboxes as good as always.
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

/** Nobody decided about it beforehand: everybody who might have is told. */
const emergencies: Readonly<Record<string, readonly Role[]>> = {
  opened: ['approvers', 'sponsor', 'requester'],
  reviewed: ['approvers', 'requester'],
  unreviewed: ['approvers', 'sponsor'],
}

function rolesOf({ kind, activity, emergency }: Notification): readonly Role[] {
  if (kind === 'grant') return ['requester', 'sponsor']
  if (kind !== 'request') return []
  const table = emergency ? emergencies : requests
  return Object.hasOwn(table, activity) ? table[activity]! : []
}

function isReportedAsGrant({ extension }: Notification, events: readonly EventSelector[]): boolean {
  return events.includes('grant') || events.includes(extension ? 'grant.extended' : 'grant.given')
}
