// Refuses upstreams at special addresses, at listeners of Einlass and at its public origins, unless an app allows them.

import type { App } from '../configuration.ts'
import { upstreamRefusal } from '../upstream-addresses.ts'
import { upstreamEndpoint } from '../upstream-origin.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { BuiltGateway } from './gateway.ts'

export function checkUpstreams(
  check: Diagnostics,
  apps: ReadonlyMap<string, App>,
  places: ReadonlyMap<string, Place>,
  { settings }: BuiltGateway,
): void {
  const refusal = upstreamRefusal(settings)
  const owners = new Map<string, string>(
    [...apps.values()].flatMap(({ addresses, name }) =>
      addresses.map(({ origin }): [string, string] => [authorityOf(origin), name]),
    ),
  )
  for (const app of apps.values()) {
    const place = childPlace(places.get(app.name)!, 'to')
    const listed = Array.isArray(place.file.tree.at(place.path))
    for (const [index, { origin }] of app.upstreams.entries()) {
      const { hostname, port, socketPath } = upstreamEndpoint(origin)
      if (socketPath !== undefined && socketPath === settings.adminSocket) {
        // Whoever may open it is an administrator, and for requests of the app that would be everybody.
        check.problem(listed ? childPlace(place, index) : place, 'this is gateway.admin_socket, which is for no app')
      }
      if (socketPath !== undefined || app.allowSpecialAddresses === true) continue
      const owner = owners.get(authorityOf(origin))
      const why =
        refusal(hostname, port) ??
        (authorityOf(origin) === authorityOf(settings.origin)
          ? 'gateway.url, the address of Einlass itself'
          : owner === undefined
            ? undefined
            : `\`from\` of the app "${owner}", so Einlass would forward to itself`)
      if (why === undefined) continue
      check.problem(
        listed ? childPlace(place, index) : place,
        `${hostname.includes(':') ? `[${hostname}]` : hostname} is ${why}; allow_special_addresses: true of this app permits it`,
      )
    }
  }
}

/** Host and port; '' for an origin that is missing or invalid, which was reported before. */
function authorityOf(origin: string): string {
  if (origin === '') return ''
  const { hostname, port } = upstreamEndpoint(origin)
  return `${hostname}:${port}`
}
