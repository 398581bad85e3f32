// Builds the lists of origins of an app: upstreams, and other pages that may send it requests; paths that take their forms.

import type { App } from '../configuration.ts'
import { parseOrigin } from '../address.ts'
import { checkPaths } from './conditions.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** A page over plain http can be altered on its way, and would then act for the user. */
export function trustedOrigins(check: Diagnostics, place: Place, input: readonly string[] | undefined): string[] {
  const found = origins(check, place, input)
  const plain = found.find((text) => !parseOrigin(text, 'loopback').ok)
  if (plain !== undefined)
    check.warn(place, `${plain} is not protected by TLS: anyone on the network can act through it`)
  return found
}

/** `words`: entries that are no origins; the caller reads them. */
export function origins(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  words: readonly string[] = [],
): string[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: string[] = []
  for (const [index, text] of (input ?? []).entries()) {
    if (words.includes(text)) continue
    const where = listed ? childPlace(place, index) : place
    const origin = parseOrigin(text, 'anywhere')
    if (!origin.ok) check.problem(where, origin.message)
    else if (found.includes(origin.origin)) check.problem(where, 'duplicate entry')
    else found.push(origin.origin)
  }
  return found
}

/** `open`: the app's paths without sign-in. */
export function crossSitePosts(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  open: App['public'],
): readonly string[] {
  checkPaths(check, place, input)
  const listed = Array.isArray(place.file.tree.at(place.path))
  const posts = open.filter(({ methods }) => methods.includes('POST')).flatMap(({ paths }) => paths)
  for (const [index, path] of (input ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    if (path === '/*') check.warn(where, 'every form of the app can be sent by any website in the name of its visitors')
    else if (posts.includes(path)) check.warn(where, 'has no effect: `public` admits POST to this path from everywhere')
  }
  return input ?? []
}
