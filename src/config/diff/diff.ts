// Who would gain or lose access to what, in words, if one configuration took the place of another.

import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../configuration.ts'
import { compareApp, addedOrRemovedApp } from './app.ts'
import { compareGrants } from './grants.ts'
import { compareNames } from './named-objects.ts'

/**
 * Plain lines, sorted. It compares what is written; who is in a group, on which device and network somebody is, it
 * cannot know, so it names groups and conditions and leaves the persons to the reader.
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
  lines.push(...compareProviders(before, after), ...compareExternalPeople(before, after))
  lines.push(...compareGrants(before, after), ...compareSponsors(before, after))
  lines.push(...compareFoundations(before, after))
  return [...new Set(lines)].sort()
}

function compareProviders(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  for (const name of new Set([...before.providers.keys(), ...after.providers.keys()])) {
    const was = before.providers.get(name)
    const is = after.providers.get(name)
    if (was === undefined) lines.push(`provider ${name}: its people can sign in`)
    else if (is === undefined) lines.push(`provider ${name}: its people can no longer sign in`)
    else {
      if (was.issuer !== is.issuer) lines.push(`provider ${name}: other people can sign in, the issuer is another one`)
      if (!isDeepStrictEqual(was.mfa, is.mfa)) lines.push(`provider ${name}: something else proves mfa`)
      if (!isDeepStrictEqual(was.phishingResistant, is.phishingResistant))
        lines.push(`provider ${name}: something else proves phishing-resistant sign-in`)
      if (was.claims.groups !== is.claims.groups)
        lines.push(`provider ${name}: groups come from the claim ${is.claims.groups}`)
      if (was.external !== is.external)
        lines.push(
          `provider ${name}: is ${is.external ? 'external: its people get in by grant only' : 'no longer external'}`,
        )
    }
  }
  return lines
}

function compareExternalPeople(before: Configuration, after: Configuration): string[] {
  const [was, is] = [before, after].map(({ external }) => new Set(external?.people)) as [Set<string>, Set<string>]
  return [
    ...[...is.difference(was)].map((who) => `${who}: is external, gets in by grant only`),
    ...[...was.difference(is)].map((who) => `${who}: is no longer external`),
  ]
}

/** What every app rests on: said once, because whom it touches cannot be told from here. */
function compareFoundations(before: Configuration, after: Configuration): string[] {
  const lines: string[] = []
  if (before.gateway.origin !== after.gateway.origin) lines.push(`gateway: moves to ${after.gateway.origin}`)
  if (!isDeepStrictEqual(before.gateway.trustedProxies, after.gateway.trustedProxies)) {
    lines.push('gateway: other proxies are trusted, so rules with networks may see other client addresses')
  }
  if (!isDeepStrictEqual(before.devices.sources, after.devices.sources)) {
    lines.push('devices: facts come from other sources, so rules with a device may decide otherwise')
  }
  if (!isDeepStrictEqual(before.store, after.store)) {
    lines.push('store: another one: sessions and run-time grants of the present one do not count there')
  }
  return lines
}

function compareSponsors(before: Configuration, after: Configuration): string[] {
  const lost = [...(before.sponsors ?? [])].filter((address) => after.sponsors?.has(address) === false)
  const lines = lost.map((address) => `sponsor ${address}: is none any more: every grant they answer for ends`)
  if (before.sponsors === undefined && after.sponsors !== undefined) {
    lines.push('sponsors: grants that name anybody else as their sponsor end')
  }
  if (!isDeepStrictEqual(before.linked ?? [], after.linked ?? [])) {
    lines.push('identity.linked: other accounts count as one person when requests are approved')
  }
  return lines
}
