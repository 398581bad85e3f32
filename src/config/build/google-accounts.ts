// Rejects rules that every Google account satisfies: Google signs in any account, so that the provider alone is no restriction.

import type { App } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { ConditionSet } from '../../policy/declaration.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { childPlace } from './diagnostics.ts'

export function checkGoogleAccounts(
  check: Diagnostics,
  providers: ReadonlyMap<string, ProviderSettings>,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
): void {
  // Users of an external provider always need a grant.
  const open = [...providers.values()].filter(
    ({ kind, hostedDomains, external }) => kind === 'google' && hostedDomains.length === 0 && !external,
  )
  for (const { name: provider } of open) {
    for (const app of apps.values()) {
      if (limitsPeople(app.declaration.require, provider)) continue
      for (const [index, rule] of app.declaration.rules.entries()) {
        if (rule.effect !== 'allow' || limitsPeople(rule.when, provider)) continue
        const place = places.get(app.name)!
        const at = childPlace(place, 'policy', index)
        check.problem(
          place.file.tree.existedOriginally([...at.path]) ? at : place,
          `every Google account satisfies this rule: set hosted_domain for the provider "${provider}", or limit the rule by users, groups, claims or grant`,
          'key',
        )
      }
    }
  }
}

/** True when a condition excludes some users of this provider. */
function limitsPeople(set: ConditionSet, provider: string): boolean {
  if (set.providers !== undefined && !set.providers.includes(provider)) return true
  if ([set.users, set.domains, set.groups, set.roles, set.claims, set.grant].some((one) => one !== undefined))
    return true
  return set.any !== undefined && set.any.every((one) => limitsPeople(one, provider))
}
