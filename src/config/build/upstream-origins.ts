// Builds the upstreams of an app from `to`: http, https, h2c and unix sockets, checked without opening anything.

import { stat } from 'node:fs/promises'
import { splitUpstreamPath } from '../address.ts'
import type { PublicAddress } from '../configuration.ts'
import { parseUpstreamOrigin, upstreamEndpoint } from '../upstream-origin.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

export interface UpstreamOrigins {
  readonly origins: readonly string[]
  /** '' or such as `/doku`; undefined: that of the public address. */
  readonly path: string | undefined
}

export async function upstreamOrigins(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  addresses: readonly PublicAddress[],
): Promise<UpstreamOrigins> {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: string[] = []
  let first: string | undefined
  // Without a path in `from` there is none to remove.
  const removes = addresses.some(({ path }) => path !== '')
  for (const [index, text] of (input ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    const split = splitUpstreamPath(text)
    const parsed = split.ok ? parseUpstreamOrigin(split.origin) : split
    const path = split.ok && (split.path !== '' || removes) ? split.path : undefined
    if (!parsed.ok) check.problem(where, parsed.message)
    else if (found.includes(parsed.origin)) check.problem(where, 'duplicate entry')
    // Which server answers must not decide which path it is asked for.
    else if (found.length > 0 && first !== path) check.problem(where, 'must have the same path as the first entry')
    else {
      first = path
      found.push(parsed.origin)
      await warnOfMissingSocket(check, where, parsed.origin)
    }
  }
  return { origins: found, path: first }
}

/** The application may start later, and makes its socket then. */
async function warnOfMissingSocket(check: Diagnostics, place: Place, origin: string): Promise<void> {
  const { socketPath } = upstreamEndpoint(origin)
  if (socketPath === undefined) return
  const found = await stat(socketPath).catch(() => undefined)
  if (found?.isSocket() === true) return
  const what = found === undefined ? 'there is no socket at this path' : 'the file at this path is no socket'
  check.warn(place, `${what} now: requests are answered with 502 until the application listens on it`)
}
