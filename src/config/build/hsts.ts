// Builds `gateway.hsts`: the value of Strict-Transport-Security (RFC 6797) on every answer over https.

import type { MainInput } from '../schema/schema.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

const year = 365 * 86_400_000

/** '' when it is off. */
export function buildHsts(check: Diagnostics, place: Place, input: NonNullable<MainInput['gateway']>['hsts']): string {
  if (input === 'off') return ''
  const maxAge = input?.max_age ?? year
  const subdomains = input?.include_subdomains ?? false
  const preload = input?.preload ?? false
  if (preload && (!subdomains || maxAge < year)) {
    check.problem(childPlace(place, 'preload'), 'needs include_subdomains: true and a max_age of 365d or more')
  }
  return [
    `max-age=${maxAge / 1_000}`,
    ...(subdomains ? ['includeSubDomains'] : []),
    ...(preload ? ['preload'] : []),
  ].join('; ')
}
