// Builds lists of e-mail domains, and rejects user entries that mean a whole domain.

import { asciiDomain } from '../../net/domain-names.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { AddressRules } from './vouched-addresses.ts'

/** In ASCII and lower case, as addresses are compared. */
export function buildDomains(check: Diagnostics, place: Place, names: readonly string[] | undefined): string[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  return (names ?? []).flatMap((name, index) => {
    const ascii = asciiDomain(name)
    if (ascii === undefined) check.problem(listed ? childPlace(place, index) : place, `${name} is no domain name`)
    return ascii ?? []
  })
}

/** `place`: of the condition `domains`. `rules` undefined: the providers have problems of their own. */
export function warnAboutDomains(
  check: Diagnostics,
  place: Place,
  domains: readonly string[],
  rules: AddressRules | undefined,
): void {
  if (rules === undefined || rules.internal.length < 2) return
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, domain] of domains.entries()) {
    if (rules.vouchers.has(domain)) continue
    check.warn(
      listed ? childPlace(place, index) : place,
      `each of ${rules.internal.join(', ')} can state an address of ${domain}: list it under \`domains\` of the provider that is responsible for it`,
    )
  }
}

/** `*@example.com` and `@example.com` match no user: they are meant as a domain. `place`: of the list. */
export function checkUserEntries(
  check: Diagnostics,
  place: Place,
  entries: readonly string[] | undefined,
  hint: 'write domains' | 'list each person',
): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, entry] of (entries ?? []).entries()) {
    const [, domain] = /^(?:[^|]*\|(?:mailto:)?)?\*?@(.+)$/.exec(entry) ?? []
    if (domain === undefined) continue
    const mend =
      hint === 'write domains'
        ? `for everybody of a domain, write domains: [${domain.replace(/^\*\./, '')}] in place of it`
        : 'list each person, or use a condition `domains` in a rule'
    check.problem(listed ? childPlace(place, index) : place, `matches no user: ${mend}`)
  }
}
