// Sets of people for `requests` and `emergency`: who may ask, agree and review, and whom of them the files name.

import type { ConditionSet } from '../../policy/declaration.ts'
import type { ProviderSettings, RoleSettings } from '../configuration.ts'
import type { EmergencySettings, RequestSettings } from '../request-settings.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { buildConditions, type Names } from './conditions.ts'
import type { PeopleInput } from '../schema/requests.ts'

export interface BuildContext {
  readonly names: Names
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** Nothing was cut from the files: only then are statements about missing things certain. */
  readonly whole: boolean
}

/** An empty list of users is met by nobody. */
export const emptySet: ConditionSet = { users: [] }

export function buildEligible(
  check: Diagnostics,
  place: Place,
  input: PeopleInput | undefined,
  names: Names,
): ConditionSet {
  return buildConditions(check, place, (input ?? {}) as Parameters<typeof buildConditions>[2], names)
}

export function isEmptySet(input: PeopleInput | undefined): boolean {
  return input !== undefined && Object.keys(input).length === 0
}

/** Whoever is listed by name: undefined where groups or providers leave it open. */
export function listedIn(set: ConditionSet, roles: ReadonlyMap<string, RoleSettings>): ReadonlySet<string> | undefined {
  if (set.groups !== undefined || (set.users === undefined && set.roles === undefined)) return undefined
  const meant = (set.roles ?? []).map((name) => roles.get(name))
  if (meant.some((role) => role === undefined || role.groups.length > 0)) return set.users && new Set(set.users)
  const byRole = set.roles === undefined ? undefined : new Set(meant.flatMap((role) => role!.users))
  if (set.users === undefined) return byRole
  return byRole === undefined ? new Set(set.users) : new Set(set.users).intersection(byRole)
}

/** Everybody who may ask for anything, and the most they may ask for. */
export function mayAskSets(
  requests: RequestSettings | undefined,
  emergency: EmergencySettings | undefined,
): false | { readonly by: ConditionSet; readonly level: 'read' | 'full' } {
  const by = [requests?.eligible, emergency?.eligible].filter((set) => set !== undefined)
  if (by.length === 0) return false
  const full = requests?.levels.includes('full') === true || (emergency !== undefined && emergency.level === 'full')
  return { by: by.length === 1 ? by[0]! : { any: by }, level: full ? 'full' : 'read' }
}
