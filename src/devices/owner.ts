// Device ownership: compares the owner an inventory names with the subject of the session.

import type { Subject } from '../policy/subject.ts'

export type Person = Pick<Subject, 'provider' | 'sub' | 'email' | 'external'>

/**
 * True when `person` may use a device of this owner. `owner` is `provider|sub`, `provider|mailto:address` or an address alone.
 * A device without an owner may be used by every user. An address alone never matches a user of an external provider,
 * since another organization assigns the addresses there.
 */
export function mayUse(owner: string | undefined, person: Person): boolean {
  if (owner === undefined) return true
  const email = person.email?.toLowerCase()
  const provider = person.provider.toLowerCase()
  if (owner === `${provider}|${person.sub.toLowerCase()}`) return true
  if (email === undefined) return false
  return owner === `${provider}|mailto:${email}` || (owner === email && !person.external)
}
