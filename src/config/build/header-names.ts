// Builds `headers.remove` and `headers.keep` of an app, and tells what keeping each name means.

import type { App } from '../configuration.ts'
import { productOf } from '../header-names/identity-names.ts'
import { isReserved, normalizeName } from '../header-names/reserved-names.ts'
import type { AppInput } from '../schema/app.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** `postureHeaders`: a posture source reads `X-Device-*`. Undefined when the app names none, and shares the rules of all. */
export function buildHeaderNames(
  check: Diagnostics,
  place: Place,
  { remove = [], keep = [], set = {}, identity }: NonNullable<AppInput['headers']>,
  postureHeaders: boolean,
): App['headerNames'] {
  for (const [name, at] of placed(childPlace(place, 'remove'), remove)) {
    if (isReserved(name)) check.warn(at, `has no effect: Einlass never forwards the client's ${name}`)
    else if (productOf(name) !== undefined) check.warn(at, `has no effect: ${name} is removed by default`)
  }
  const removed = new Set(remove.map(normalizeName))
  const mapped = typeof identity === 'object' ? Object.keys(identity) : []
  const own = new Set([...mapped, ...Object.keys(set)].map(normalizeName))
  for (const [name, at] of placed(childPlace(place, 'keep'), keep)) {
    const product = productOf(name)
    if (isReserved(name)) {
      check.problem(at, `${name} cannot be kept: Einlass sets it, or proxies and identity headers depend on it`)
    } else if (postureHeaders && normalizeName(name).startsWith('x-device-')) {
      check.problem(at, `${name} cannot be kept: a source in devices.sources reads X-Device-*`)
    } else if (own.has(normalizeName(name))) {
      check.problem(at, `${name} cannot be kept: this app sets it`)
    } else if (removed.has(normalizeName(name))) check.problem(at, `${name} is in remove as well`)
    else if (product === undefined) check.warn(at, `has no effect: ${name} is not removed by default`)
    else check.warn(at, `clients can set ${name} to anything, and some applications believe it (${product})`)
  }
  return remove.length + keep.length === 0 ? undefined : { remove, keep }
}

function placed(place: Place, names: readonly string[]): (readonly [name: string, at: Place])[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  return names.map((name, index) => [name, listed ? childPlace(place, index) : place] as const)
}
