// Subject of a guest: derived from the mail address alone, so that the same address is the same person on every node and after years.

import { createHash } from 'node:crypto'
import { mailAddress } from '../../audit/notifications/sanitize.ts'
import type { Configuration } from '../../config/configuration.ts'
import { guestProvider, type Subject } from '../../policy/subject.ts'
import { emailOf } from '../users/email.ts'

type Settings = Pick<Configuration, 'guests' | 'providers'>

/**
 * `typed`: as a person wrote it, or as a session has it. Undefined unless it is one address (`email.ts`) a mail can be sent to.
 * `kim+pump@x` and `kim@x` stay two: whether they are one mailbox is for the mail server to know, and a grant names one of them.
 */
export function guestSubject(typed: string, settings: Settings): Subject | undefined {
  const email = mailAddress(emailOf(typed.trim()))
  if (email === undefined) return undefined
  return {
    provider: guestProvider,
    sub: guestSub(email),
    email,
    name: undefined,
    username: undefined,
    groups: [],
    groupsComplete: true,
    claims: { email: [email] },
    external: settings.guests?.external ?? true,
  }
}

/**
 * 132 bits of a SHA-256. Without a key: `sub` must survive a change of `gateway.secret_key`. It names a person whose address stands
 * beside it, and is no secret.
 */
export function guestSub(email: string): string {
  return createHash('sha256').update(`einlass guest|${email}`).digest('base64url').slice(0, 22)
}

/**
 * Whether guests may sign in with this address at present. Never with one of a domain whose addresses another provider vouches for:
 * its user would have two accounts, and the mailbox would open what the provider's sign-in protects.
 */
export function isGuestAddress(email: string, { guests, providers }: Settings): boolean {
  if (guests?.mail === undefined) return false
  const domain = email.slice(email.lastIndexOf('@') + 1)
  if (providers.get(guestProvider)?.foreignDomains?.has(domain) === true) return false
  return guests.domains.length === 0 || guests.domains.includes(domain)
}
