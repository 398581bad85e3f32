// Compares the declared grants of two configurations: which become valid, which are no longer valid.

import type { Configuration } from '../configuration.ts'
import type { Grant } from '../../policy/grant.ts'
import { hasBeginning, hasEnd, lastDayOf } from '../../policy/grant-period.ts'

export function compareGrants(before: Configuration, after: Configuration): string[] {
  const both = (name: string): boolean => before.apps.has(name) && after.apps.has(name)
  const removed = before.grants.filter(
    (grant) => both(grant.app) && !after.grants.some((other) => other.id === grant.id),
  )
  const added = after.grants.filter((grant) => both(grant.app) && !before.grants.some((other) => other.id === grant.id))
  return [
    ...added.map((grant) => `${grant.app}: ${describeGrant(grant)} becomes valid`),
    ...removed.map((grant) => `${grant.app}: ${describeGrant(grant)} is no longer valid`),
  ]
}

export function describeGrant(grant: Grant): string {
  const at = (moment: number): string => new Date(moment).toISOString().replace('.000Z', 'Z')
  const from = hasBeginning(grant) ? ` from ${at(grant.from)}` : ''
  const day = lastDayOf(grant)
  const end = day === undefined ? at(grant.until) : `${day} (${grant.timeZone})`
  const until = hasEnd(grant) ? ` until ${end}` : ' without end'
  return `the ${grant.level} grant of ${grant.who}${from}${until}${grant.schedule === undefined ? '' : ` within ${grant.schedule}`}`
}
