// Builds `response_headers` of an app: which fields can be set or removed, and which values would harm sessions.

import type { ResponseFieldSettings } from '../forwarding-settings.ts'
import { normalizeName } from '../header-names/reserved-names.ts'
import { responseFieldProblem } from '../header-names/settable-names.ts'
import type { ResponseHeadersInput } from '../schema/app-headers.ts'
import { constantFields, refuseNames } from './app-headers.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** `origins`: whose pages may read responses with the cookies of a user, the app's own and `trusted_origins`. */
export function buildResponseFields(
  check: Diagnostics,
  place: Place,
  { set = {}, remove = [] }: ResponseHeadersInput,
  origins: readonly string[],
): ResponseFieldSettings | undefined {
  const within = childPlace(place, 'set')
  const names = Object.keys(set)
  const values = new Map(names.map((name) => [normalizeName(name), set[name]!]))
  refuseNames(check, within, names, (name) => {
    return responseFieldProblem(name, 'set') ?? valueProblem(normalizeName(name), values, origins)
  })
  const at = childPlace(place, 'remove')
  const listed = Array.isArray(at.file.tree.at(at.path))
  for (const [index, name] of remove.entries()) {
    const where = listed ? childPlace(at, index) : at
    const why = responseFieldProblem(name, 'remove')
    if (why !== undefined) check.problem(where, `${name} cannot be removed: ${why}`)
    else if (values.has(normalizeName(name))) check.problem(where, `${name} is in set as well, which replaces it`)
  }
  if (names.length + remove.length === 0) return undefined
  return { set: constantFields(check, within, set), remove }
}

/** Values of these fields decide who may read or store what a signed-in user sees. */
function valueProblem(
  plain: string,
  values: ReadonlyMap<string, string>,
  origins: readonly string[],
): string | undefined {
  const origin = values.get('access-control-allow-origin')
  switch (plain) {
    case 'access-control-allow-origin':
      if (origin === '*' || origins.includes(origin!)) return undefined
      return 'expected * or an origin in `trusted_origins` of the app'
    case 'access-control-allow-credentials':
      if (origin !== undefined && origins.includes(origin)) return undefined
      return 'pages of any origin the app names could read what a user sees; set Access-Control-Allow-Origin to an origin in `trusted_origins` as well'
    case 'cache-control':
      if (/(^|[\s,])(private|no-store)(?=[\s,=]|$)/i.test(values.get(plain)!)) return undefined
      return 'without private or no-store, shared caches would store what one user sees'
    // open: any other field
    default:
      return undefined
  }
}
