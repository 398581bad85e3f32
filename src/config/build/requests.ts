// Builds the access request settings of an app: eligible users, approvers, durations, ticket rules.

import { isDeepStrictEqual } from 'node:util'
import type { RequestSettings } from '../request-settings.ts'
import { buildEligible, listedUsers, isEmptySet, type BuildContext } from './eligible-users.ts'
import { linearPattern } from '../linear-pattern.ts'
import { requireKeys, childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { RequestsInput } from '../schema/requests.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export function buildRequests(
  check: Diagnostics,
  place: Place,
  input: RequestsInput | undefined,
  context: BuildContext,
): RequestSettings | undefined {
  if (input === undefined) return undefined
  requireKeys(check, place, ['eligible', 'approvers', 'max_duration'])
  const eligible = buildEligible(check, childPlace(place, 'eligible'), input.eligible, context.names)
  const approvers = buildEligible(check, childPlace(place, 'approvers'), input.approvers, context.names)
  if (isEmptySet(input.approvers))
    check.problem(childPlace(place, 'approvers'), 'matches no user: name users, groups or roles')
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
    ...ticketOf(check, childPlace(place, 'ticket'), input.ticket),
    lapseAfter: input.lapse_after ?? day,
    beginWithin: input.begin_within ?? 7 * day,
    maxExtensions: input.max_extensions ?? 1,
    maxTotal: input.max_total ?? maxDuration * ((input.max_extensions ?? 1) + 1),
    freshMfa: { ask: input.fresh_mfa?.ask, approve: input.fresh_mfa?.approve },
    openPerPerson: input.open_per_person ?? 5,
  }
  checkDurations(check, place, input, settings)
  if (context.whole) warnAboutApprovers(check, place, settings, context)
  return settings
}

function ticketOf(
  check: Diagnostics,
  place: Place,
  input: RequestsInput['ticket'],
): Pick<RequestSettings, 'ticket' | 'ticketPattern'> {
  if (typeof input !== 'object') return { ticket: input ?? 'optional', ticketPattern: undefined }
  const pattern = input.pattern === undefined ? undefined : linearPattern(input.pattern)
  if (pattern?.state === 'invalid') check.problem(childPlace(place, 'pattern'), pattern.message)
  return { ticket: input.required === false ? 'optional' : 'required', ticketPattern: input.pattern }
}

function checkDurations(check: Diagnostics, place: Place, input: RequestsInput, settings: RequestSettings): void {
  const at = (key: string): Place => childPlace(place, key)
  const { minDuration, defaultDuration, maxDuration } = settings
  if (maxDuration < minute || maxDuration > 90 * day) check.problem(at('max_duration'), 'must be from 1m to 90d')
  if (input.min_duration !== undefined && (minDuration < 1000 || minDuration > maxDuration)) {
    check.problem(at('min_duration'), 'must be from 1s to max_duration')
  }
  if (input.default_duration !== undefined && (defaultDuration < minDuration || defaultDuration > maxDuration)) {
    check.problem(at('default_duration'), 'must be from min_duration to max_duration')
  }
  if (settings.maxTotal < maxDuration) check.problem(at('max_total'), 'must not be shorter than max_duration')
  if (settings.maxTotal > 366 * day) check.problem(at('max_total'), 'must be at most 366d')
  if (settings.lapseAfter < minute || settings.lapseAfter > 30 * day) {
    check.problem(at('lapse_after'), 'must be from 1m to 30d')
  }
  if (settings.beginWithin > 90 * day) check.problem(at('begin_within'), 'must be at most 90d')
  for (const key of ['ask', 'approve'] as const) {
    const age = settings.freshMfa[key]
    if (age !== undefined && age < minute) check.problem(childPlace(place, 'fresh_mfa', key), 'must be at least 1m')
  }
}

function warnAboutApprovers(
  check: Diagnostics,
  place: Place,
  settings: RequestSettings,
  { roles }: BuildContext,
): void {
  const approvers = listedUsers(settings.approvers, roles)
  if (approvers === undefined) return
  const at = childPlace(place, 'approvers')
  if (approvers.size === 0) return check.warn(at, 'no user can approve: the list is empty')
  if (approvers.size < settings.approvals) {
    return check.warn(
      at,
      `requests can never be approved: ${settings.approvals} approvals required, but only ${approvers.size} approvers listed`,
    )
  }
  const eligible = isDeepStrictEqual(settings.eligible, settings.approvers)
    ? approvers
    : listedUsers(settings.eligible, roles)
  if (eligible === undefined || approvers.size - 1 >= settings.approvals) return
  const stuck = [...eligible].filter((user) => approvers.has(user))
  if (stuck.length > 0) {
    check.warn(
      at,
      `requests of ${stuck[0]} can never be approved: users cannot approve their own, and too few others are listed`,
    )
  }
}
