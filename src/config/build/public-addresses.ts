// Builds the public addresses of an app (`from`), and detects addresses that belong to two apps.

import type { App, PublicAddress } from '../configuration.ts'
import { parsePublicAddress } from '../address.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { BuiltGateway } from './gateway.ts'
import { checkSeveralHosts } from './several-hosts.ts'

/** Never empty: an invalid `from`, which is reported, becomes an address without origin. */
export function buildAddresses(check: Diagnostics, place: Place, input: readonly string[] | undefined): Addresses {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: PublicAddress[] = []
  for (const [index, text] of (input ?? []).entries()) {
    const parsed = parsePublicAddress(text)
    const where = listed ? childPlace(place, index) : place
    if (!parsed.ok) check.problem(where, parsed.message)
    else found.push({ origin: parsed.origin, host: parsed.host, secure: parsed.secure, path: parsed.path })
  }
  checkSeveralHosts(check, place, found)
  const [first = unknown, ...more] = found
  return [first, ...more]
}

type Addresses = App['addresses']

const unknown: PublicAddress = { origin: '', host: '', secure: true, path: '' }

/**
 * Cookies are not separated by port (RFC 6265 section 8.5), so that one host name is served on one port and scheme.
 * Apps may share it by path; each path belongs to one of them.
 */
export function checkHosts(
  check: Diagnostics,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
  gateway: Pick<BuiltGateway, 'hostname'>,
): void {
  const origins = new Map<string, { readonly origin: string; readonly app: string }>()
  const owners = new Map<string, string>()
  for (const { name, addresses } of apps.values()) {
    const place = childPlace(places.get(name)!, 'from')
    const listed = Array.isArray(place.file.tree.at(place.path))
    for (const [index, { origin, path }] of addresses.entries()) {
      if (origin === '') continue
      const where = listed ? childPlace(place, index) : place
      const { hostname } = new URL(origin)
      const other = origins.get(hostname)
      const owner = owners.get(hostname + path)
      if (hostname === gateway.hostname) check.problem(where, 'this host belongs to gateway.url')
      else if (owner === name) check.problem(where, 'duplicate entry')
      else if (owner !== undefined) {
        check.problem(
          where,
          `${path === '' ? 'the host ' : ''}${hostname}${path} already belongs to the app "${owner}"`,
        )
      } else if (other !== undefined && other.origin !== origin) {
        check.problem(
          where,
          `the app "${other.app}" has this host as ${other.origin}: one host has one scheme and port`,
        )
      }
      owners.set(hostname + path, name)
      origins.set(hostname, { origin, app: name })
    }
  }
}
