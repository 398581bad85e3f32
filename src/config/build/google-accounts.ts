// Rejects rules that every account of a public provider satisfies: anybody can have one, so that the provider alone is no restriction.

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
  const open = [...providers.values()].filter((one) => !one.external && isOpenToAll(one))
  for (const { name: provider, kind, issuer } of open) {
    const mend = 'limit the rule by users, domains, groups, claims or grant'
    const message =
      kind === 'google'
        ? `every Google account satisfies this rule: set hosted_domain for the provider "${provider}", or ${mend}`
        : `everybody with an account at ${new URL(issuer).hostname} satisfies this rule: ${mend}`
    for (const app of apps.values()) {
      if (limitsPeople(app.declaration.require, provider)) continue
      for (const [index, rule] of app.declaration.rules.entries()) {
        if (rule.effect !== 'allow' || limitsPeople(rule.when, provider)) continue
        const place = places.get(app.name)!
        const at = childPlace(place, 'policy', index)
        check.problem(place.file.tree.existedOriginally([...at.path]) ? at : place, message, 'key')
      }
    }
  }
}

function isOpenToAll({ kind, hostedDomains, issuer }: ProviderSettings): boolean {
  if (kind === 'google') return hostedDomains.length === 0
  return publicIssuers.has(URL.parse(issuer)?.hostname ?? '')
}

/** Where anybody can have an account. */
const publicIssuers: ReadonlySet<string> = new Set([
  'gitlab.com',
  'accounts.google.com',
  'appleid.apple.com',
  'slack.com',
  'www.facebook.com',
  'www.linkedin.com',
  'id.twitch.tv',
  'api.login.yahoo.com',
  'token.actions.githubusercontent.com',
])

/** True when a condition excludes some users of this provider. */
export function limitsPeople(set: ConditionSet, provider: string): boolean {
  if (set.providers !== undefined && !set.providers.includes(provider)) return true
  if ([set.users, set.domains, set.groups, set.roles, set.claims, set.grant].some((one) => one !== undefined))
    return true
  return set.any !== undefined && set.any.every((one) => limitsPeople(one, provider))
}
