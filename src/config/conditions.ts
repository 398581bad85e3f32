// Conditions as written to conditions as policy takes them, with every name in them looked up.

import type { ConditionSet } from '../policy/app.ts'
import type { ConditionsInput } from './schema-app.ts'
import type { Check, Place } from './check.ts'
import { known, under } from './check.ts'
import { normalUser } from './build-names.ts'

/** Every name a rule may use. Taken from the file as written, so that a mistake inside one is not told twice. */
export interface Names {
  readonly networks: readonly string[]
  readonly schedules: readonly string[]
  readonly roles: readonly string[]
  readonly postures: readonly string[]
  readonly providers: readonly string[]
  readonly apps: readonly string[]
}

export function buildConditions(check: Check, place: Place, input: ConditionsInput, names: Names): ConditionSet {
  lookUp(check, under(place, 'roles'), 'role', input.roles, names.roles)
  lookUp(check, under(place, 'providers'), 'provider', input.providers, names.providers)
  lookUp(check, under(place, 'networks'), 'network', input.networks, names.networks)
  lookUp(check, under(place, 'schedule'), 'schedule', input.schedule, names.schedules)
  if (input.device !== undefined) known(check, under(place, 'device'), 'posture', input.device, names.postures)
  checkPaths(check, under(place, 'paths'), input.paths)

  const mfa =
    input.mfa === undefined || input.mfa === true
      ? input.mfa
      : { ...defined('maxAge', input.mfa.max_age), ...defined('level', input.mfa.level) }
  return {
    ...defined('users', input.users?.map(normalUser)),
    ...defined('groups', input.groups),
    ...defined('roles', input.roles),
    ...defined('providers', input.providers),
    ...defined('claims', input.claims),
    ...defined('mfa', mfa),
    ...defined('device', input.device),
    ...defined('networks', input.networks),
    ...defined('schedule', input.schedule),
    ...defined('grant', input.grant),
    ...defined('actions', input.actions),
    ...defined('methods', input.methods),
    ...defined('paths', input.paths),
    ...defined(
      'any',
      input.any?.map((inner, index) => buildConditions(check, under(place, 'any', index), inner, names)),
    ),
    ...defined('not', input.not && buildConditions(check, under(place, 'not'), input.not, names)),
  }
}

/** Paths are compared with canonical ones: what a canonical path never contains could never match. */
export function checkPaths(check: Check, place: Place, paths: readonly string[] | undefined): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, path] of (paths ?? []).entries()) {
    const where = listed ? under(place, index) : place
    if (/\/\/|\/\.\.?(\/|$|\*)|%2f|%5c|%2e|%00/i.test(path)) {
      check.problem(
        where,
        'can never match: canonical paths have no empty or dot segments and no encoded / \\ . or NUL',
      )
    }
  }
}

function lookUp(
  check: Check,
  place: Place,
  kind: string,
  used: readonly string[] | undefined,
  names: readonly string[],
): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, name] of (used ?? []).entries())
    known(check, listed ? under(place, index) : place, kind, name, names)
}

/** A key that is not there must not be there as `undefined`: the engine asks which keys a set has. */
function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
