// Builds the upstreams of an app (`to`): their origins, and the path that takes the place of the public one.

import { parseUpstreamAddress } from '../address.ts'
import type { App } from '../configuration.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

export function buildUpstreams(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  addresses: App['addresses'],
): Pick<App, 'upstreams' | 'upstreamPath'> {
  const listed = Array.isArray(place.file.tree.at(place.path))
  // Without a path in `from` there is none to remove.
  const removes = addresses.some(({ path }) => path !== '')
  const found: { readonly origin: string; readonly path: string | undefined }[] = []
  for (const [index, text] of (input ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    const parsed = parseUpstreamAddress(text)
    const path = parsed.ok && (parsed.path !== '' || removes) ? parsed.path : undefined
    if (!parsed.ok) check.problem(where, parsed.message)
    else if (found.some(({ origin }) => origin === parsed.origin)) check.problem(where, 'duplicate entry')
    // Which server answers must not decide which path it is asked for.
    else if (found.length > 0 && found[0]!.path !== path)
      check.problem(where, 'must have the same path as the first entry')
    else found.push({ origin: parsed.origin, path })
  }
  return { upstreams: found.map(({ origin }) => ({ origin })), upstreamPath: found[0]?.path }
}
