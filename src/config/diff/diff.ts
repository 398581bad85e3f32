// Compares two configurations (dry run of `check --against`): who would gain or lose access to what, in words.

import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import { compareApp, addedOrRemovedApp } from './app.ts'
import { compareGrants } from './grants.ts'
import { compareGuests } from './guests.ts'
import { compareNames } from './named-objects.ts'

/**
 * Sorted lines of text. Compares the files only: group members, devices and networks of users are unknown here, so the
 * lines name groups and conditions instead of persons.
 */
export function compareConfigurations(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.apps.keys(), ...after.apps.keys()])) {
    const was = before.apps.get(name)
    const is = after.apps.get(name)
    if (was === undefined) lines.push(...addedOrRemovedApp(is!, 'gain', after))
    else if (is === undefined) lines.push(...addedOrRemovedApp(was, 'lose', before))
    else lines.push(...compareApp(was, is))
  }
  lines.push(...compareNames(before, after))
  lines.push(...compareProviders(before, after), ...compareGuests(before, after))
  lines.push(...compareExternalPeople(before, after))
  lines.push(...compareGrants(before, after), ...compareSponsors(before, after))
  lines.push(...compareFoundations(before, after))
  return [...new Set(lines)].sort()
}

function compareProviders(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.providers.keys(), ...after.providers.keys()])) {
    const was = before.providers.get(name)
    const is = after.providers.get(name)
    if (was === undefined) lines.push(`provider ${name}: its users can sign in`)
    else if (is === undefined) lines.push(`provider ${name}: its users can no longer sign in`)
    else {
      if (was.issuer !== is.issuer) lines.push(`provider ${name}: the issuer changed, so other users can sign in`)
      if (!isDeepStrictEqual(was.mfa, is.mfa)) lines.push(`provider ${name}: other claim values prove mfa`)
      if (!isDeepStrictEqual(was.phishingResistant, is.phishingResistant))
        lines.push(`provider ${name}: other claim values prove phishing-resistant sign-in`)
      if (!isDeepStrictEqual(groupSource(was), groupSource(is)))
        lines.push(`provider ${name}: groups come from ${describeGroupSource(is)}`)
      if (was.external !== is.external)
        lines.push(
          `provider ${name}: is ${is.external ? 'external: its users always need a grant' : 'no longer external'}`,
        )
    }
  }
  return lines
}

function groupSource({ claims, groupsFrom = 'token', googleDirectory }: ProviderSettings): unknown {
  return [claims.groups, groupsFrom, googleDirectory]
}

function describeGroupSource({ claims: { groups }, groupsFrom = 'token' }: ProviderSettings): string {
  if (groupsFrom === 'google_directory') return 'the Google directory'
  const field = groups.field === undefined ? '' : `, field ${groups.field}`
  const claim = `the claim ${groups.claim}${groups.shape === 'list' && field === '' ? '' : ` (${groups.shape}${field})`}`
  if (groupsFrom === 'graph') return `${claim}, beyond it from Microsoft Graph`
  return groupsFrom === 'userinfo' ? `${claim} of UserInfo` : claim
}

function compareExternalPeople(before: Configuration, after: Configuration): string[] {
  const [was, is] = [before, after].map(({ external }) => new Set(external?.people)) as [Set<string>, Set<string>]
  return [
    ...[...is.difference(was)].map((who) => `${who}: is external, always needs a grant`),
    ...[...was.difference(is)].map((who) => `${who}: is no longer external`),
  ]
}

/** Settings shared by all apps: reported once, because the affected users are unknown. */
function compareFoundations(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  if (before.gateway.origin !== after.gateway.origin) lines.push(`gateway: moves to ${after.gateway.origin}`)
  if (!isDeepStrictEqual(before.gateway.trustedProxies, after.gateway.trustedProxies)) {
    lines.push('gateway: other proxies are trusted, so rules with networks may see other client addresses')
  }
  if (!isDeepStrictEqual(before.devices.sources, after.devices.sources)) {
    lines.push('devices: the posture sources changed, so rules with a device may decide differently')
  }
  if (!isDeepStrictEqual(before.store, after.store)) {
    lines.push('store: changed, without the sessions and run-time grants of the present one')
  }
  return lines
}

function compareSponsors(before: Configuration, after: Configuration): string[] {
  const lost = [...(before.sponsors ?? [])].filter((address) => after.sponsors?.has(address) === false)
  const lines = lost.map((address) => `sponsor ${address}: is no longer a sponsor: all their grants end`)
  if (before.sponsors === undefined && after.sponsors !== undefined) {
    lines.push('sponsors: grants with any other sponsor end')
  }
  if (!isDeepStrictEqual(before.linked ?? [], after.linked ?? [])) {
    lines.push('identity.linked: other accounts count as one person when requests are approved')
  }
  return lines
}
