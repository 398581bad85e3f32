// Whose device it is: an inventory names the owner, the session the person.

import type { Subject } from '../policy/subject.ts'

export type Person = Pick<Subject, 'provider' | 'sub' | 'email' | 'external'>

/**
 * `owner` is `provider|sub`, `provider|mailto:address` or an address alone. A device without an owner is anybody's. An
 * address alone never means a person of an external provider: there, others decide who gets which address.
 */
export function mayUse(owner: string | undefined, person: Person): boolean {
  if (owner === undefined) return true
  const email = person.email?.toLowerCase()
  const provider = person.provider.toLowerCase()
  if (owner === `${provider}|${person.sub.toLowerCase()}`) return true
  if (email === undefined) return false
  return owner === `${provider}|mailto:${email}` || (owner === email && !person.external)
}
