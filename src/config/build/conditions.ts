// Converts conditions from the file format to policy condition sets, and resolves the names in them.

import type { ConditionSet } from '../../policy/declaration.ts'
import type { ConditionsInput } from '../schema/conditions.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { lookup, childPlace } from './diagnostics.ts'
import { buildDomains, checkUserEntries, warnAboutDomains } from './email-domains.ts'
import { normalUser } from './named-objects.ts'
import { warnAboutAddresses, type AddressRules } from './vouched-addresses.ts'

/**
 * Names that conditions may refer to. Taken from the original file, so that a problem inside an object is not reported
 * again as an unknown name.
 */
export interface Names {
  readonly networks: readonly string[]
  readonly schedules: readonly string[]
  readonly roles: readonly string[]
  readonly postures: readonly string[]
  readonly providers: readonly string[]
  readonly apps: readonly string[]
  /** Undefined while the providers have problems, and before they are built. */
  readonly addresses?: AddressRules | undefined
}

export function buildConditions(check: Diagnostics, place: Place, input: ConditionsInput, names: Names): ConditionSet {
  lookUpNames(check, childPlace(place, 'roles'), 'role', input.roles, names.roles)
  lookUpNames(check, childPlace(place, 'providers'), 'provider', input.providers, names.providers)
  lookUpNames(check, childPlace(place, 'networks'), 'network', input.networks, names.networks)
  lookUpNames(check, childPlace(place, 'schedule'), 'schedule', input.schedule, names.schedules)
  if (input.device !== undefined) lookup(check, childPlace(place, 'device'), 'posture', input.device, names.postures)
  checkPaths(check, childPlace(place, 'paths'), input.paths)
  checkUserEntries(check, childPlace(place, 'users'), input.users, 'write domains')
  warnAboutAddresses(check, childPlace(place, 'users'), (input.users ?? []).map(normalUser), names.addresses)

  const context: Context = { check, place, names }
  const keys = Object.keys(input) as (keyof ConditionsInput)[]
  return Object.assign({}, ...keys.map((key) => buildOne(key, input, context)))
}

interface Context {
  readonly check: Diagnostics
  readonly place: Place
  readonly names: Names
}

type Build<Key extends keyof ConditionsInput> = (
  value: NonNullable<ConditionsInput[Key]>,
  context: Context,
) => RequireOne<ConditionSet>

/** A set with at least one key: a builder that returns no condition does not compile. */
type RequireOne<T> = { [Key in keyof T]-?: { readonly [K in Key]-?: NonNullable<T[K]> } }[keyof T]

/**
 * One builder per condition of the schema. A key of the schema without a row does not compile: a dropped condition
 * would leave a rule that allows more than the file states.
 */
const builders: { readonly [Key in keyof Required<ConditionsInput>]: Build<Key> } = {
  users: (users) => ({ users: users.map(normalUser) }),
  groups: (groups) => ({ groups }),
  roles: (roles) => ({ roles }),
  providers: (providers) => ({ providers }),
  domains: (domains, { check, place, names }) => {
    const at = childPlace(place, 'domains')
    const built = buildDomains(check, at, domains)
    warnAboutDomains(check, at, built, names.addresses)
    return { domains: built }
  },
  claims: (claims) => ({
    claims: Object.fromEntries(
      Object.entries(claims).map(([name, wanted]) => [
        name,
        Array.isArray(wanted) ? wanted : { values: wanted.values, absent: wanted.absent ?? ('unknown' as const) },
      ]),
    ),
  }),
  mfa: (mfa) => ({
    mfa: mfa === true ? mfa : { ...defined('maxAge', mfa.max_age), ...defined('level', mfa.level) },
  }),
  device: (device) => ({ device }),
  networks: (networks) => ({ networks }),
  countries: () => notAvailable('countries'),
  schedule: (schedule) => ({ schedule }),
  grant: (grant) => ({ grant }),
  actions: (actions) => ({ actions }),
  methods: (methods) => ({ methods }),
  paths: (paths) => ({ paths }),
  risk: () => notAvailable('risk'),
  any: (sets, { check, place, names }) => ({
    any: sets.map((inner, index) => buildConditions(check, childPlace(place, 'any', index), inner, names)),
  }),
  not: (inner, { check, place, names }) => ({ not: buildConditions(check, childPlace(place, 'not'), inner, names) }),
}

/** Omits absent keys instead of setting `undefined`: the policy engine iterates over the keys of a set. */
function buildOne<Key extends keyof ConditionsInput>(key: Key, input: ConditionsInput, context: Context): ConditionSet {
  const value = input[key]
  return value === undefined || value === null ? {} : builders[key](value, context)
}

/** The schema rejects these keys; fails closed if one gets through. */
function notAvailable(key: string): never {
  throw new TypeError(`the condition ${key} is not available yet`)
}

/** Rejects paths that no canonical path can match. */
export function checkPaths(check: Diagnostics, place: Place, paths: readonly string[] | undefined): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, path] of (paths ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    if (/\/\/|\/\.\.?(\/|$|\*)|\\|%2f|%2a|%00|%(?![0-9a-f]{2})/i.test(path)) {
      check.problem(
        where,
        'can never match: canonical paths have no empty or dot segments, no encoded / \\ * or NUL, and no lone %',
      )
    }
  }
}

function lookUpNames(
  check: Diagnostics,
  place: Place,
  kind: string,
  used: readonly string[] | undefined,
  names: readonly string[],
): void {
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, name] of (used ?? []).entries())
    lookup(check, listed ? childPlace(place, index) : place, kind, name, names)
}

function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
