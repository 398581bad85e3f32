// Refuses upstreams at special addresses, at listeners of Einlass and at its public origins, unless an app allows them.

import type { App } from '../configuration.ts'
import { upstreamRefusal } from '../upstream-addresses.ts'
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
    if (app.allowSpecialAddresses === true) continue
    for (const [index, { origin }] of app.upstreams.entries()) {
      const { hostname } = new URL(origin)
      const owner = owners.get(authorityOf(origin))
      const why =
        refusal(hostname.replace(/^\[|\]$/g, ''), portOf(origin)) ??
        (authorityOf(origin) === authorityOf(settings.origin)
          ? 'gateway.url, the address of Einlass itself'
          : owner === undefined
            ? undefined
            : `\`from\` of the app "${owner}", so Einlass would forward to itself`)
      if (why === undefined) continue
      check.problem(
        listed ? childPlace(place, index) : place,
        `${hostname} is ${why}; allow_special_addresses: true of this app permits it`,
      )
    }
  }
}

/** Host and port; '' for an origin that is missing or invalid, which was reported before. */
function authorityOf(origin: string): string {
  return origin === '' ? '' : `${new URL(origin).hostname}:${portOf(origin)}`
}

function portOf(origin: string): number {
  const { port, protocol } = new URL(origin)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
