// Warns about conditions that a claim decides by its absence: a deny rule, or a `not`, over a claim that a provider may omit.

import type { ConditionSet } from '../../policy/declaration.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** `place`: of the condition set. A claim written with `absent` is not reported: its absence has been thought of. */
export function warnAboutOptionalClaims(
  check: Diagnostics,
  place: Place,
  when: ConditionSet,
  effect: 'allow' | 'deny',
): void {
  visit(check, place, when, effect === 'deny', effect)
}

function visit(check: Diagnostics, place: Place, set: ConditionSet, rests: boolean, effect: 'allow' | 'deny'): void {
  if (rests) {
    for (const [claim, wanted] of Object.entries(set.claims ?? {})) {
      if ('absent' in wanted) continue
      const consequence = effect === 'deny' ? 'is denied' : 'is not allowed'
      check.warn(
        childPlace(place, 'claims', claim),
        `a user without this claim ${consequence}: write {values: [${wanted.join(', ')}], absent: unmet} ` +
          'if absence means that they have none of these values, else absent: unknown',
        'key',
      )
    }
  }
  set.any?.forEach((inner, index) => visit(check, childPlace(place, 'any', index), inner, rests, effect))
  if (set.not !== undefined) visit(check, childPlace(place, 'not'), set.not, true, effect)
}
