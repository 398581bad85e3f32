// Warns about methods in rules and public paths that the app does not accept, so that no request ever has them.

import { httpMethods, webdavMethods, type Methods } from '../methods.ts'
import type { AppInput } from '../schema/app.ts'
import type { ConditionsInput } from '../schema/conditions.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** `place`: of the app. `accepted`: its `methods`, undefined for the default. */
export function warnAboutMethods(
  check: Diagnostics,
  place: Place,
  input: AppInput,
  accepted: Methods | undefined = httpMethods,
): void {
  if (accepted === 'all') return
  const visit = (at: Place, set: ConditionsInput | undefined): void => {
    if (set === undefined) return
    warnOf(check, childPlace(at, 'methods'), set.methods, accepted)
    for (const [index, inner] of (set.any ?? []).entries()) visit(childPlace(at, 'any', index), inner)
    visit(childPlace(at, 'not'), set.not)
  }
  visit(childPlace(place, 'require'), input.require)
  for (const [index, rule] of (input.policy ?? []).entries()) {
    visit(childPlace(place, 'policy', index, 'allow'), rule.allow)
    visit(childPlace(place, 'policy', index, 'deny'), rule.deny)
  }
  for (const [index, entry] of (input.public ?? []).entries()) {
    warnOf(check, childPlace(place, 'public', index, 'methods'), entry.methods, accepted)
  }
}

function warnOf(
  check: Diagnostics,
  place: Place,
  names: readonly string[] | undefined,
  accepted: ReadonlySet<string>,
): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, name] of (names ?? []).entries()) {
    // A WebSocket over HTTP/2 is an extended CONNECT (RFC 8441).
    if (accepted.has(name) || name === 'CONNECT') continue
    const mend = webdavMethods.has(name) ? 'methods: webdav' : `methods: [${name}]`
    check.warn(
      listed ? childPlace(place, index) : place,
      `can never apply: this app does not accept ${name} (501); write ${mend} beside \`from\`, or leave it out here`,
    )
  }
}
