// Builds the user sets of `requests` and `emergency`: eligible users, approvers, reviewers.

import type { ConditionSet } from '../../policy/declaration.ts'
import type { RoleSettings } from '../configuration.ts'
import type { ProviderSettings } from '../provider-settings.ts'
import type { EmergencySettings, RequestSettings } from '../request-settings.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { buildConditions, type Names } from './conditions.ts'
import type { PeopleInput } from '../schema/requests.ts'

export interface BuildContext {
  readonly names: Names
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** The files had no schema problems: only then are warnings about missing things reliable. */
  readonly whole: boolean
}

/** Matches no user. */
export const noUsers: ConditionSet = { users: [] }

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

/** The users a set lists by name; undefined if groups or providers make it open-ended. */
export function listedUsers(
  set: ConditionSet,
  roles: ReadonlyMap<string, RoleSettings>,
): ReadonlySet<string> | undefined {
  if (set.groups !== undefined || (set.users === undefined && set.roles === undefined)) return undefined
  const named = (set.roles ?? []).map((name) => roles.get(name))
  if (named.some((role) => role === undefined || role.groups.length > 0)) return set.users && new Set(set.users)
  const byRole = set.roles === undefined ? undefined : new Set(named.flatMap((role) => role!.users))
  if (set.users === undefined) return byRole
  return byRole === undefined ? new Set(set.users) : new Set(set.users).intersection(byRole)
}

/** Union of the users eligible for requests or emergency access, and the highest level available. */
export function eligibleRequesters(
  requests: RequestSettings | undefined,
  emergency: EmergencySettings | undefined,
): false | { readonly by: ConditionSet; readonly level: 'read' | 'full' } {
  const by = [requests?.eligible, emergency?.eligible].filter((set) => set !== undefined)
  if (by.length === 0) return false
  const full = requests?.levels.includes('full') === true || (emergency !== undefined && emergency.level === 'full')
  return { by: by.length === 1 ? by[0]! : { any: by }, level: full ? 'full' : 'read' }
}
