// Who is of another organisation: people of providers marked so, and those listed one by one. They get in by grant only.

import { listed } from './conditions/identity.ts'
import type { Externals } from './externals.ts'
import type { Subject } from './subject.ts'

/** Milliseconds: nobody of another organisation is let in for longer without somebody deciding again. */
export const maxExternalGrant = 90 * 24 * 60 * 60_000

/** Are there any? Where not, nothing about a decision depends on it. */
export function hasExternals(externals: Externals | undefined): boolean {
  return externals === undefined || externals.providers.size + externals.people.length > 0
}

/**
 * Never throws. Whoever has no verified address counts as external where some are listed by address: they may be the
 * one. A session begun while its provider was external stays so until the provider is asked again.
 */
export function externalSubjects(externals: Externals | undefined): (subject: Subject) => boolean {
  if (externals === undefined) return ({ external }) => external
  if (!hasExternals(externals)) return () => false
  const { providers, people } = externals
  if (people.length === 0) return ({ external, provider }) => external || providers.has(provider)
  const isListed = listed(people)
  return (subject) => subject.external || providers.has(subject.provider) || isListed(subject) !== 'unmet'
}

/** `who` as a grant names somebody: `provider|sub` or `provider|mailto:address`. An address listed alone is of any provider. */
export function isExternalGrantee({ providers, people }: Externals, who: string): boolean {
  if (providers.has(who.slice(0, who.indexOf('|'))) || people.includes(who)) return true
  const mailed = who.indexOf('|mailto:')
  return mailed >= 0 && people.includes(who.slice(mailed + '|mailto:'.length))
}
