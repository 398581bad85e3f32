// Builds `frameAncestors` of each app: the origins whose pages may show it in a frame, by default of the apps that embed it.

import type { App } from '../configuration.ts'
import { childPlace, lookup, type Diagnostics, type Place } from './diagnostics.ts'

/** `apps`: as written, `frameAncestors` undefined where the key is absent. Their own origins are added. */
export function withFrameAncestors(
  check: Diagnostics,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
): Map<string, App> {
  for (const app of apps.values()) checkEmbeds(check, app, apps, childPlace(places.get(app.name)!, 'embeds'))
  return new Map(
    [...apps].map(([name, app]) => {
      const written = app.frameAncestors
      if (written !== undefined) warnOfOtherSites(check, app, written, childPlace(places.get(name)!, 'frame_ancestors'))
      const embedding = [...apps.values()].filter(({ embeds }) => embeds?.includes(name))
      const others = written ?? embedding.flatMap(originsOf)
      return [name, { ...app, frameAncestors: [...new Set([...originsOf(app), ...others])] }]
    }),
  )
}

function checkEmbeds(check: Diagnostics, app: App, apps: ReadonlyMap<string, App>, place: Place): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, name] of (app.embeds ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    if (!lookup(check, where, 'app', name, apps.keys())) continue
    const own = originsOf(app)
    const admitted = apps.get(name)!.frameAncestors
    if (admitted !== undefined && !own.every((origin) => admitted.includes(origin)))
      check.warn(where, `frame_ancestors of "${name}" does not list ${own.find((one) => !admitted.includes(one))}`)
  }
}

/** Browsers send `SameSite=Lax` cookies into a frame only if all pages around it are of the same site. */
function warnOfOtherSites(check: Diagnostics, app: App, written: readonly string[], place: Place): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const sites = new Set(originsOf(app).map(siteOf))
  for (const [index, origin] of written.entries()) {
    if (sites.has(siteOf(origin))) continue
    check.warn(
      listed ? childPlace(place, index) : place,
      `${origin} is another website: browsers send no session there, so its frames show a link that opens the app in a tab`,
    )
  }
}

/** Scheme and the last two labels: two origins with different ones are certainly not of one site. */
function siteOf(origin: string): string {
  const { protocol, hostname } = new URL(origin)
  return `${protocol}${/^\[|^[\d.]+$/.test(hostname) ? hostname : hostname.split('.').slice(-2).join('.')}`
}

function originsOf({ addresses }: App): string[] {
  return [...new Set(addresses.map(({ origin }) => origin).filter((origin) => origin !== ''))]
}
