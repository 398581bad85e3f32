// Builds the upstreams of an app from `to`: http, https, h2c and unix sockets, checked without opening anything.

import { stat } from 'node:fs/promises'
import { parseUpstreamOrigin, upstreamEndpoint } from '../upstream-origin.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

export async function upstreamOrigins(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
): Promise<string[]> {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: string[] = []
  for (const [index, text] of (input ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    const parsed = parseUpstreamOrigin(text)
    if (!parsed.ok) check.problem(where, parsed.message)
    else if (found.includes(parsed.origin)) check.problem(where, 'duplicate entry')
    else {
      found.push(parsed.origin)
      await warnOfMissingSocket(check, where, parsed.origin)
    }
  }
  return found
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
