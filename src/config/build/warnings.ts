// Warnings about valid settings that cannot work: MFA no provider can prove, hosts without a certificate.

import type { App } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { ConditionSet } from '../../policy/declaration.ts'
import { levelOf } from '../../policy/mfa-level.ts'
import type { BuiltGateway } from './gateway.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { childPlace } from './diagnostics.ts'
import { isCovered } from './tls-files.ts'

/** A rule that requires MFA which no provider can prove denies everyone. */
export function warnAboutUnprovableMfa(
  check: Diagnostics,
  root: Place,
  providers: ReadonlyMap<string, ProviderSettings>,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
): void {
  const sets = [...apps.values()].flatMap(({ declaration: { require, rules } }) => [
    require,
    ...rules.map((rule) => rule.when),
  ])
  const levels = new Set(sets.flatMap(mfaLevels))
  const anyAge = sets.some(acceptsAnyAge)
  if (levels.size === 0 || places.size === 0) return
  for (const provider of providers.values()) {
    const at = root.file.tree.existedOriginally(['identity', 'providers'])
      ? childPlace(root, 'identity', 'providers', provider.name)
      : childPlace(root, 'identity')
    const unprovable =
      provider.mfa.acrAny.length === 0 && (provider.mfa.amrAny.length === 0 || provider.kind === 'keycloak')
    const written = root.file.tree.existedOriginally([...at.path, 'mfa'])
    const silent = (provider.kind === 'gitlab' || provider.kind === 'dex') && !written
    if (levels.has('mfa') && silent) {
      check.warn(
        at,
        `rules require mfa, but kind ${provider.kind} states no second factor: no user can meet them`,
        'key',
      )
      continue
    }
    if (levels.has('mfa') && unprovable && !written) {
      check.warn(
        at,
        `rules require mfa, but this provider has no claim values that prove it: set mfa, such as {acr_any: ["2"]}`,
        'key',
      )
    }
    if (anyAge && (!unprovable || written) && !canAskForMore(provider)) {
      check.warn(
        at,
        'rules require mfa, but there is nothing to ask this provider for it with: who signed in without a second factor is sent nowhere. ' +
          'Set step_up: acr_values if the provider has such values, or prompt: login to have it ask for the sign-in again',
        'key',
      )
    }
    if (
      levels.has('phishing_resistant') &&
      provider.phishingResistant.acrAny.length + provider.phishingResistant.amrAny.length === 0
    ) {
      check.warn(
        at,
        'rules require phishing-resistant sign-in, but this provider has no claim values that prove it: set phishing_resistant',
        'key',
      )
    }
  }
}

/** Requires MFA without `max_age`, which would itself ask for a new sign-in. */
function acceptsAnyAge(set: ConditionSet): boolean {
  const { mfa } = set
  if (mfa === true || (mfa !== undefined && mfa.level !== 'phishing_resistant' && mfa.maxAge === undefined)) return true
  return (set.any ?? []).some(acceptsAnyAge) || (set.not !== undefined && acceptsAnyAge(set.not))
}

/** The same question as at a step-up (`step-up-parameters.ts`). */
function canAskForMore({ kind, stepUp }: ProviderSettings): boolean {
  return kind === 'adfs' || stepUp.acrValues.length > 0 || stepUp.prompt !== undefined || stepUp.maxAge !== undefined
}

function mfaLevels(set: ConditionSet): string[] {
  const own = set.mfa === undefined ? [] : [levelOf(set.mfa)]
  return [...own, ...(set.any ?? []).flatMap(mfaLevels), ...(set.not === undefined ? [] : mfaLevels(set.not))]
}

export function warnAboutCertificates(
  check: Diagnostics,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
  gateway: BuiltGateway,
  root: Place,
): void {
  // With `acme` each host that no file covers gets its own.
  if (gateway.certificates.length === 0 || gateway.settings.acme !== undefined) return
  const covered = (origin: string): boolean =>
    gateway.certificates.some(({ certificate }) => isCovered(new URL(origin).hostname, certificate))
  const { origin } = gateway.settings
  if (origin.startsWith('https:') && !covered(origin))
    check.warn(childPlace(root, 'gateway', 'url'), 'no certificate covers this host')
  for (const app of apps.values()) {
    const place = childPlace(places.get(app.name)!, 'from')
    const listed = Array.isArray(place.file.tree.at(place.path))
    for (const [index, { origin: one }] of app.addresses.entries()) {
      if (one.startsWith('https:') && !covered(one))
        check.warn(listed ? childPlace(place, index) : place, 'no certificate covers this host')
    }
  }
}
