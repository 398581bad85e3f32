// Checks the path patterns of an app that shares a host by path: one outside its paths would silently match nothing.

import type { App, PublicAddress } from '../configuration.ts'
import type { AppInput } from '../schema/app.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import { isRecord } from '../load/yaml-tree.ts'

/**
 * `place`: that of the app. Reads the written conditions of `require`, `policy` and `public`: a deny that was copied from
 * an app with a host of its own would deny nothing.
 */
export function checkPathsOfApp(check: Diagnostics, place: Place, addresses: readonly PublicAddress[]): void {
  if (addresses.some(({ path }) => path === '')) return
  const visit = (at: Place): void => {
    const node = place.file.tree.at(at.path)
    if (Array.isArray(node)) return node.forEach((_one, index) => visit(childPlace(at, index)))
    if (!isRecord(node)) return
    for (const key of Object.keys(node)) {
      const child = childPlace(at, key)
      if (key === 'paths') checkPatterns(check, child, addresses)
      else if (key !== 'claims') visit(child)
    }
  }
  for (const key of ['require', 'policy', 'public']) visit(childPlace(place, key))
  checkPatterns(check, childPlace(place, 'cross_site_posts'), addresses)
}

export interface AppPaths extends Pick<App, 'addresses' | 'upstreamPath'>, Pick<AppInput, 'cookie_path' | 'methods'> {}

/** `place`: that of the app. */
export function warnAboutPaths(check: Diagnostics, place: Place, app: AppPaths): void {
  if (app.cookie_path === 'host' && app.addresses.every(({ path }) => path === '')) {
    check.warn(childPlace(place, 'cookie_path'), 'has no effect: the app has the whole host')
  }
  const replaced = app.upstreamPath !== undefined && app.addresses.some(({ path }) => path !== app.upstreamPath)
  if (replaced && app.methods !== undefined && app.methods !== 'http') {
    check.warn(
      childPlace(place, 'to'),
      'WebDAV answers name paths in their content, which is not changed: give `to` the path of `from`',
    )
  }
}

function checkPatterns(check: Diagnostics, place: Place, addresses: readonly PublicAddress[]): void {
  const node = place.file.tree.at(place.path)
  const listed = Array.isArray(node)
  for (const [index, pattern] of (listed ? (node as readonly unknown[]) : [node]).entries()) {
    if (typeof pattern !== 'string' || addresses.some(({ path }) => overlaps(pattern, path))) continue
    const own = addresses.map(({ path }) => path).join(', ')
    check.problem(
      listed ? childPlace(place, index) : place,
      `matches no path of this app: rules see public paths, which begin with ${own} here`,
    )
  }
}

/** Some path that begins with `prefix` may match. */
function overlaps(pattern: string, prefix: string): boolean {
  if (pattern === prefix || pattern.startsWith(`${prefix}/`)) return true
  if (!pattern.endsWith('*')) return false
  const start = pattern.slice(0, -1)
  return `${prefix}/`.startsWith(start) || start === `${prefix}/`
}
