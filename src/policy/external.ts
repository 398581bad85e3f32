// External subjects: users of providers marked external, and users listed individually. They get access by grant only.

import { createUserMatcher } from './conditions/identity.ts'
import type { Externals } from './externals.ts'
import type { Subject } from './subject.ts'
import type { Vouchers } from './vouching.ts'

/** Milliseconds: longest grant of an external subject before its access must be approved again. */
export const maxExternalGrant = 90 * 24 * 60 * 60_000

/** Without any, no decision depends on external status. */
export function hasExternals(externals: Externals | undefined): boolean {
  return externals === undefined || externals.providers.size + externals.people.length > 0
}

/**
 * Never throws. A subject without a verified address counts as external when some are listed by address, as it may be
 * one of them. A session begun while its provider was external stays external until it is revalidated at the provider.
 */
export function externalSubjects(externals: Externals | undefined, vouchers?: Vouchers): (subject: Subject) => boolean {
  if (externals === undefined) return ({ external }) => external
  if (!hasExternals(externals)) return () => false
  const { providers, people } = externals
  if (people.length === 0) return ({ external, provider }) => external || providers.has(provider)
  const isListed = createUserMatcher(people, vouchers)
  return (subject) => subject.external || providers.has(subject.provider) || isListed(subject) !== 'unmet'
}

/** `who` is the grantee of a grant: `provider|sub` or `provider|mailto:address`. A bare listed address matches any provider. */
export function isExternalGrantee({ providers, people }: Externals, who: string): boolean {
  if (providers.has(who.slice(0, who.indexOf('|'))) || people.includes(who)) return true
  const mailed = who.indexOf('|mailto:')
  return mailed >= 0 && people.includes(who.slice(mailed + '|mailto:'.length))
}
