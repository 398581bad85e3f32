// Whom an event is told: fixed addresses everything a sink is for, roles only what concerns them.

import { mailAddress } from './plain-text.ts'
import type { Notice } from './notice.ts'

type Role = 'approvers' | 'requester' | 'sponsor'

/** `to`: addresses, and the words `approvers`, `requester`, `sponsor`. Nobody twice. */
export function recipientsOf(to: readonly string[], notice: Notice): string[] {
  const concerned = rolesOf(notice)
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

function inRole(role: Role, notice: Notice): readonly string[] {
  if (role === 'approvers') return notice.approvers
  const address = notice[role]
  return address === undefined ? [] : [address]
}

const requests: Readonly<Record<string, readonly Role[]>> = {
  opened: ['approvers'],
  supported: ['requester'],
  approved: ['requester', 'sponsor'],
  denied: ['requester'],
  withdrawn: ['approvers'],
  lapsed: ['requester', 'approvers'],
}

function rolesOf({ kind, activity, emergency }: Notice): readonly Role[] {
  if (kind === 'grant') return ['requester', 'sponsor']
  if (kind !== 'request') return []
  // Nobody decided about it beforehand: everybody who might have is told, whatever happens to it.
  return emergency
    ? ['approvers', 'sponsor', 'requester']
    : Object.hasOwn(requests, activity)
      ? requests[activity]!
      : []
}
