// Builds user references: grantees, external users, linked accounts, sponsors.

import type { RoleSettings } from '../configuration.ts'
import { foldAddress } from '../../net/domain-names.ts'
import { checkUserEntries } from './email-domains.ts'
import { normalUser } from './named-objects.ts'
import { lookup, childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { Names } from './conditions.ts'
import type { MainInput } from '../schema/schema.ts'
import type { PersonInput } from '../schema/person.ts'

/** `who`: `provider|sub` or `provider|mailto:address`. Undefined, with a problem, if the reference is invalid. */
export function buildUserReference(
  check: Diagnostics,
  place: Place,
  who: PersonInput,
  names: Names,
): { provider: string; who: string } | undefined {
  const given = typeof who === 'string' ? { email: who } : who
  const provider =
    'provider' in given && given.provider !== undefined ? given.provider : onlyProvider(check, place, names)
  if (provider === undefined) return undefined
  if ('provider' in given && given.provider !== undefined) {
    if (!lookup(check, childPlace(place, 'provider'), 'provider', provider, names.providers)) return undefined
  }
  const sub = 'sub' in given ? given.sub : undefined
  if ((sub === undefined) === (given.email === undefined)) {
    check.problem(place, 'expected exactly one of sub and email')
    return undefined
  }
  if (sub !== undefined) return { provider, who: `${provider}|${sub}` }
  const email = foldAddress(given.email!)
  if (!mailbox.test(email)) {
    check.problem(typeof who === 'string' ? place : childPlace(place, 'email'), 'expected an e-mail address')
    return undefined
  }
  return { provider, who: `${provider}|mailto:${email}` }
}

/** `identity.external_people` in normal form: an address, `provider|sub` or `provider|mailto:address`. */
export function buildExternalPeople(
  check: Diagnostics,
  place: Place,
  input: NonNullable<MainInput['identity']>['external_people'],
  names: Names,
): string[] {
  const people = (input ?? []).flatMap((entry, index) => {
    const at = childPlace(place, index)
    if (typeof entry !== 'string') return buildUserReference(check, at, entry, names)?.who ?? []
    const [, provider] = /^([^|]+)\|.+$/.exec(entry) ?? []
    if (provider !== undefined) {
      lookup(check, at, 'provider', provider, names.providers)
      return normalUser(entry)
    }
    if (mailbox.test(entry)) return normalUser(entry)
    check.problem(at, 'expected an e-mail address, provider|sub or provider|mailto:address')
    return []
  })
  for (const [index, who] of people.entries()) {
    if (people.indexOf(who) < index) check.warn(childPlace(place, index), 'duplicate entry')
  }
  return people
}

export function buildLinked(
  check: Diagnostics,
  place: Place,
  input: NonNullable<MainInput['identity']>['linked'],
  names: Names,
): (readonly string[])[] {
  const seen = new Set<string>()
  return (input ?? []).map((accounts, set) =>
    accounts.map((account, index) => {
      const at = childPlace(place, set, index)
      const [, provider, name] = /^([^|]+)\|(.+)$/.exec(account) ?? []
      if (provider === undefined || name === undefined) {
        check.problem(at, 'expected provider|sub or provider|mailto:address')
        return account
      }
      lookup(check, at, 'provider', provider, names.providers)
      const key = name.startsWith('mailto:') ? `${provider}|${foldAddress(name)}` : account
      if (seen.has(key)) check.problem(at, 'duplicate account: it can belong to one person only')
      seen.add(key)
      return key
    }),
  )
}

export function buildSponsors(
  check: Diagnostics,
  place: Place,
  input: MainInput['sponsors'],
  names: Names,
  roles: ReadonlyMap<string, RoleSettings>,
): ReadonlySet<string> | undefined {
  if (input === undefined) return undefined
  for (const [index, role] of (input.roles ?? []).entries()) {
    const at = childPlace(place, 'roles')
    lookup(check, Array.isArray(place.file.tree.at(at.path)) ? childPlace(at, index) : at, 'role', role, names.roles)
  }
  checkUserEntries(check, childPlace(place, 'users'), input.users, 'list each person')
  const all = [...(input.users ?? []), ...(input.roles ?? []).flatMap((role) => roles.get(role)?.users ?? [])]
  const addresses = all.map(normalUser).filter((user) => user.includes('@') && !user.includes('|'))
  if (addresses.length === 0) check.warn(place, 'no sponsors: the list contains no e-mail address', 'key')
  return new Set(addresses)
}

const mailbox = /^[^\s@|]+@[^\s@|]+$/

function onlyProvider(check: Diagnostics, place: Place, names: Names): string | undefined {
  if (names.providers.length === 1) return names.providers[0]
  if (names.providers.length > 1) {
    check.problem(place, `provider is missing: write {provider, email}; known providers: ${names.providers.join(', ')}`)
  }
  return undefined
}
