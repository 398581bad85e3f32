// Builds the e-mail domains of the providers, each of which vouches for its own alone.

import { guestProvider } from '../../policy/subject.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** `place`: of `identity`. A domain of two providers is a problem. */
export function checkUniqueDomains(
  check: Diagnostics,
  place: Place,
  providers: ReadonlyMap<string, ProviderSettings>,
): void {
  const domains = new Map<string, string>()
  for (const provider of providers.values()) {
    for (const [index, domain] of provider.domains.entries()) {
      const other = domains.get(domain)
      const path = provider.name === guestProvider ? [guestProvider] : ['providers', provider.name]
      const at = childPlace(place, ...path, 'domains')
      const where = Array.isArray(place.file.tree.at(at.path)) ? childPlace(at, index) : at
      if (other !== undefined && other !== provider.name) {
        check.problem(where, `the domain ${domain} already belongs to the provider "${other}"`)
      }
      domains.set(domain, provider.name)
    }
  }
}
