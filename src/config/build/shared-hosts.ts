// Apps that share a host by path: for browsers they are one origin. Settles what belongs to the host, and warns.

import type { App } from '../configuration.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/**
 * Returns the apps, changed where a setting is one of the host: what a sign-out clears is cleared for the whole host
 * (Clear-Site-Data), so that storage is kept only where every app of the host keeps it.
 */
export function settleSharedHosts(
  check: Diagnostics,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
): ReadonlyMap<string, App> {
  const settled = new Map(apps)
  for (const [host, members] of appsByHost(apps)) {
    if (members.length < 2) continue
    warnAboutSensitivity(check, host, members, places)
    const clears = members.find(({ keepStorage }) => !keepStorage)
    if (clears === undefined) continue
    for (const app of members) {
      if (!app.keepStorage) continue
      settled.set(app.name, { ...settled.get(app.name)!, keepStorage: false })
      check.warn(
        places.get(app.name)!,
        `session.keep_storage has no effect: "${clears.name}" has the same host, and a sign-out clears all of it`,
        'key',
      )
    }
  }
  return settled
}

function appsByHost(apps: ReadonlyMap<string, App>): ReadonlyMap<string, readonly App[]> {
  const byHost = new Map<string, App[]>()
  for (const app of apps.values()) {
    for (const host of new Set(app.addresses.map((one) => one.host))) {
      if (host !== '') byHost.set(host, [...(byHost.get(host) ?? []), app])
    }
  }
  return byHost
}

/**
 * A page of one app reads and does everything at the others in the user's name. That their rules differ is the usual
 * case; that one of them matters more is what an administrator has stated.
 */
function warnAboutSensitivity(
  check: Diagnostics,
  host: string,
  members: readonly App[],
  places: ReadonlyMap<string, Place>,
): void {
  const ranked = members.toSorted((a, b) => rank.indexOf(a.sensitivity) - rank.indexOf(b.sensitivity))
  const least = ranked[0]!
  for (const app of ranked) {
    if (app.sensitivity === least.sensitivity) continue
    check.warn(
      childPlace(places.get(app.name)!, 'from'),
      `shares ${host} with "${least.name}", whose sensitivity is ${least.sensitivity} (here ${app.sensitivity}): pages of one app can act in the other; give it a host of its own`,
    )
  }
}

const rank: readonly App['sensitivity'][] = ['low', 'medium', 'high', 'critical']
