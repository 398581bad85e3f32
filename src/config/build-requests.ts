// `requests` and `emergency` of an app, `identity.linked` and `sponsors`: who may ask, agree, review and answer for it.

import { isDeepStrictEqual } from 'node:util'
import type { EmergencySettings, ProviderSettings, RequestSettings, RoleSettings } from './configuration.ts'
import type { ConditionSet } from '../policy/app.ts'
import { normalUser } from './build-names.ts'
import { demand, known, under, type Check, type Place } from './check.ts'
import { buildConditions, type Names } from './conditions.ts'
import type { MainInput } from './schema.ts'
import type { EmergencyInput, PeopleInput, RequestsInput } from './schema-requests.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

interface Around {
  readonly names: Names
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly roles: ReadonlyMap<string, RoleSettings>
  /** Nothing was cut from the files: only then are statements about missing things certain. */
  readonly whole: boolean
}

export function buildRequests(
  check: Check,
  place: Place,
  input: RequestsInput | undefined,
  around: Around,
): RequestSettings | undefined {
  if (input === undefined) return undefined
  demand(check, place, ['eligible', 'approvers', 'max_duration'])
  const eligible = buildPeople(check, under(place, 'eligible'), input.eligible, around.names)
  const approvers = buildPeople(check, under(place, 'approvers'), input.approvers, around.names)
  if (nobodyNamed(input.approvers)) check.problem(under(place, 'approvers'), 'says nobody: name users, groups or roles')
  const maxDuration = input.max_duration ?? hour
  const minDuration = input.min_duration ?? Math.min(5 * minute, maxDuration)
  const settings: RequestSettings = {
    eligible,
    approvers,
    approvals: input.approvals ?? 1,
    levels: [...new Set(input.levels ?? ['full' as const])],
    minDuration,
    defaultDuration: input.default_duration ?? Math.max(minDuration, Math.min(hour, maxDuration)),
    maxDuration,
    reason: input.reason ?? 'required',
    ...ticketOf(check, under(place, 'ticket'), input.ticket),
    lapseAfter: input.lapse_after ?? day,
    beginWithin: input.begin_within ?? 7 * day,
    maxExtensions: input.max_extensions ?? 1,
    maxTotal: input.max_total ?? maxDuration * ((input.max_extensions ?? 1) + 1),
    freshMfa: { ask: input.fresh_mfa?.ask, approve: input.fresh_mfa?.approve },
    openPerPerson: input.open_per_person ?? 5,
  }
  checkDurations(check, place, input, settings)
  if (around.whole) warnOfApprovers(check, place, settings, around)
  return settings
}

export function buildEmergency(
  check: Check,
  place: Place,
  input: EmergencyInput | undefined,
  requests: RequestSettings | undefined,
  around: Around,
): EmergencySettings | undefined {
  if (input === undefined) return undefined
  // With codes alone nobody lets themselves in.
  if (input.codes !== true) demand(check, place, ['eligible'])
  if (input.eligible !== undefined && Object.keys(input.eligible).length === 0) {
    check.problem(under(place, 'eligible'), 'says everybody: name users, groups or roles')
  }
  const written = input.reviewers !== undefined
  if (!written && requests === undefined) {
    check.problem(
      place,
      'reviewers is missing: who looks at it afterwards? (without `requests` there are no approvers)',
      'key',
    )
  }
  if (nobodyNamed(input.reviewers)) check.problem(under(place, 'reviewers'), 'says nobody: name users, groups or roles')
  const maxDuration = input.max_duration ?? hour
  if (maxDuration < minute || maxDuration > day) check.problem(under(place, 'max_duration'), 'must be from 1m to 24h')
  const reviewWithin = input.review_within ?? day
  if (reviewWithin < minute || reviewWithin > 7 * day) {
    check.problem(under(place, 'review_within'), 'must be from 1m to 7d')
  }
  const freshMfa = input.fresh_mfa ?? 5 * minute
  if (freshMfa < minute || freshMfa > day) check.problem(under(place, 'fresh_mfa'), 'must be from 1m to 24h')
  const eligible = buildPeople(check, under(place, 'eligible'), input.eligible, around.names)
  const settings: EmergencySettings = {
    eligible: input.eligible === undefined ? nobody : eligible,
    reviewers: written
      ? buildPeople(check, under(place, 'reviewers'), input.reviewers, around.names)
      : (requests?.approvers ?? nobody),
    maxDuration,
    level: input.level ?? 'full',
    freshMfa,
    reviewWithin,
    codes: input.codes ?? false,
  }
  if (around.whole && input.eligible !== undefined) warnOfReviewers(check, place, settings, around)
  return settings
}

/** An empty list of users is met by nobody. */
const nobody: ConditionSet = { users: [] }

/** Everybody who may ask for anything, and the most they may ask for. */
export function askersOf(
  requests: RequestSettings | undefined,
  emergency: EmergencySettings | undefined,
): false | { readonly by: ConditionSet; readonly level: 'read' | 'full' } {
  const by = [requests?.eligible, emergency?.eligible].filter((set) => set !== undefined)
  if (by.length === 0) return false
  const full = requests?.levels.includes('full') === true || (emergency !== undefined && emergency.level === 'full')
  return { by: by.length === 1 ? by[0]! : { any: by }, level: full ? 'full' : 'read' }
}

export function buildLinked(
  check: Check,
  place: Place,
  input: NonNullable<MainInput['identity']>['linked'],
  names: Names,
): (readonly string[])[] {
  const seen = new Set<string>()
  return (input ?? []).map((accounts, set) =>
    accounts.map((account, index) => {
      const at = under(place, set, index)
      const [, provider, name] = /^([^|]+)\|(.+)$/.exec(account) ?? []
      if (provider === undefined || name === undefined) {
        check.problem(at, 'expected provider|sub or provider|mailto:address')
        return account
      }
      known(check, at, 'provider', provider, names.providers)
      const key = name.startsWith('mailto:') ? `${provider}|${name.normalize('NFC').toLowerCase()}` : account
      if (seen.has(key)) check.problem(at, 'is listed twice: an account belongs to one person')
      seen.add(key)
      return key
    }),
  )
}

export function buildSponsors(
  check: Check,
  place: Place,
  input: MainInput['sponsors'],
  names: Names,
  roles: ReadonlyMap<string, RoleSettings>,
): ReadonlySet<string> | undefined {
  if (input === undefined) return undefined
  for (const [index, role] of (input.roles ?? []).entries()) {
    const at = under(place, 'roles')
    known(check, Array.isArray(place.file.tree.at(at.path)) ? under(at, index) : at, 'role', role, names.roles)
  }
  const all = [...(input.users ?? []), ...(input.roles ?? []).flatMap((role) => roles.get(role)?.users ?? [])]
  const addresses = all.map(normalUser).filter((user) => user.includes('@') && !user.includes('|'))
  if (addresses.length === 0) check.warn(place, 'nobody is a sponsor: no e-mail address is listed', 'key')
  return new Set(addresses)
}

function buildPeople(check: Check, place: Place, input: PeopleInput | undefined, names: Names): ConditionSet {
  return buildConditions(check, place, (input ?? {}) as Parameters<typeof buildConditions>[2], names)
}

function nobodyNamed(input: PeopleInput | undefined): boolean {
  return input !== undefined && Object.keys(input).length === 0
}

function ticketOf(
  check: Check,
  place: Place,
  input: RequestsInput['ticket'],
): Pick<RequestSettings, 'ticket' | 'ticketPattern'> {
  if (typeof input !== 'object') return { ticket: input ?? 'optional', ticketPattern: undefined }
  if (input.pattern !== undefined && !isExpression(input.pattern)) {
    check.problem(under(place, 'pattern'), 'is not a regular expression')
  }
  return { ticket: input.required === false ? 'optional' : 'required', ticketPattern: input.pattern }
}

function isExpression(pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').unicode
  } catch {
    return false
  }
}

function checkDurations(check: Check, place: Place, input: RequestsInput, settings: RequestSettings): void {
  const at = (key: string): Place => under(place, key)
  const { minDuration, defaultDuration, maxDuration } = settings
  if (maxDuration < minute || maxDuration > 90 * day) check.problem(at('max_duration'), 'must be from 1m to 90d')
  if (input.min_duration !== undefined && (minDuration < 1000 || minDuration > maxDuration)) {
    check.problem(at('min_duration'), 'must be from 1s to max_duration')
  }
  if (input.default_duration !== undefined && (defaultDuration < minDuration || defaultDuration > maxDuration)) {
    check.problem(at('default_duration'), 'must be from min_duration to max_duration')
  }
  if (settings.maxTotal < maxDuration) check.problem(at('max_total'), 'is shorter than max_duration')
  if (settings.maxTotal > 366 * day) check.problem(at('max_total'), 'must be at most 366d')
  if (settings.lapseAfter < minute || settings.lapseAfter > 30 * day) {
    check.problem(at('lapse_after'), 'must be from 1m to 30d')
  }
  if (settings.beginWithin > 90 * day) check.problem(at('begin_within'), 'must be at most 90d')
  for (const key of ['ask', 'approve'] as const) {
    const age = settings.freshMfa[key]
    if (age !== undefined && age < minute) check.problem(under(place, 'fresh_mfa', key), 'must be at least 1m')
  }
}

/** Whoever is listed by name: undefined where groups or providers leave it open. */
function listed(set: ConditionSet, roles: ReadonlyMap<string, RoleSettings>): ReadonlySet<string> | undefined {
  if (set.groups !== undefined || (set.users === undefined && set.roles === undefined)) return undefined
  const meant = (set.roles ?? []).map((name) => roles.get(name))
  if (meant.some((role) => role === undefined || role.groups.length > 0)) return set.users && new Set(set.users)
  const byRole = set.roles === undefined ? undefined : new Set(meant.flatMap((role) => role!.users))
  if (set.users === undefined) return byRole
  return byRole === undefined ? new Set(set.users) : new Set(set.users).intersection(byRole)
}

function warnOfApprovers(check: Check, place: Place, settings: RequestSettings, { roles }: Around): void {
  const approvers = listed(settings.approvers, roles)
  if (approvers === undefined) return
  const at = under(place, 'approvers')
  if (approvers.size === 0) return check.warn(at, 'nobody can approve: no user is listed')
  if (approvers.size < settings.approvals) {
    return check.warn(
      at,
      `nobody can ever get in: ${settings.approvals} approvals are needed of ${approvers.size} people`,
    )
  }
  const eligible = isDeepStrictEqual(settings.eligible, settings.approvers)
    ? approvers
    : listed(settings.eligible, roles)
  if (eligible === undefined || approvers.size - 1 >= settings.approvals) return
  const stuck = [...eligible].filter((user) => approvers.has(user))
  if (stuck.length > 0) {
    check.warn(
      at,
      `${stuck[0]} can ask but never be approved: nobody approves their own, and too few others are listed`,
    )
  }
}

function warnOfReviewers(check: Check, place: Place, settings: EmergencySettings, { roles, providers }: Around): void {
  const reviewers = listed(settings.reviewers, roles)
  const eligible = listed(settings.eligible, roles)
  if (reviewers?.size === 1 && eligible?.has([...reviewers][0]!)) {
    check.warn(place, `what ${[...reviewers][0]} does in an emergency nobody else can review`, 'key')
  }
  for (const { name, mfa, phishingResistant } of providers.values()) {
    const proves = [mfa, phishingResistant].some(({ amrAny, acrAny }) => amrAny.length + acrAny.length > 0)
    if (!proves)
      check.warn(place, `needs a second factor, but nothing says what proves one at "${name}": set mfa there`, 'key')
  }
}
