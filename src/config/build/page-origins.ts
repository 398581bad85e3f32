// Builds the lists of origins of an app: upstreams, and other pages that may send it requests.

import { parseOrigin } from '../address.ts'
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
