// Which grants of the files would begin to count, or count no more, if one configuration took the place of another.

import type { Configuration } from '../configuration.ts'
import type { Grant } from '../../policy/grant.ts'
import { noEnd } from '../build/grants.ts'

export function compareGrants(before: Configuration, after: Configuration): string[] {
  const both = (name: string): boolean => before.apps.has(name) && after.apps.has(name)
  const gone = before.grants.filter((grant) => both(grant.app) && !after.grants.some((other) => other.id === grant.id))
  const come = after.grants.filter((grant) => both(grant.app) && !before.grants.some((other) => other.id === grant.id))
  return [
    ...come.map((grant) => `${grant.app}: ${describeGrant(grant)} begins to count`),
    ...gone.map((grant) => `${grant.app}: ${describeGrant(grant)} counts no more`),
  ]
}

export function describeGrant(grant: Grant): string {
  const at = (moment: number): string => new Date(moment).toISOString().replace('.000Z', 'Z')
  const from = grant.from === 0 ? '' : ` from ${at(grant.from)}`
  const until = grant.until === noEnd ? ' without end' : ` until ${at(grant.until)}`
  return `the ${grant.level} grant of ${grant.who}${from}${until}${grant.schedule === undefined ? '' : ` within ${grant.schedule}`}`
}
