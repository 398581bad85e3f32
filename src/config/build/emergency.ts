// Builds the emergency access settings of an app: eligible users, reviewers, limits.

import type { EmergencySettings, RequestSettings } from '../request-settings.ts'
import { buildEligible, listedUsers, noUsers, isEmptySet, type BuildContext } from './eligible-users.ts'
import { requireKeys, childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import type { EmergencyInput } from '../schema/requests.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export function buildEmergency(
  check: Diagnostics,
  place: Place,
  input: EmergencyInput | undefined,
  requests: RequestSettings | undefined,
  context: BuildContext,
): EmergencySettings | undefined {
  if (input === undefined) return undefined
  // With codes only, no user opens access themselves.
  if (input.codes !== true) requireKeys(check, place, ['eligible'])
  if (input.eligible !== undefined && Object.keys(input.eligible).length === 0) {
    check.problem(childPlace(place, 'eligible'), 'must not match every user: name users, groups or roles')
  }
  const explicit = input.reviewers !== undefined
  if (!explicit && requests === undefined) {
    check.problem(place, 'reviewers is missing (without `requests` there are no approvers as default)', 'key')
  }
  if (isEmptySet(input.reviewers))
    check.problem(childPlace(place, 'reviewers'), 'matches no user: name users, groups or roles')
  const maxDuration = input.max_duration ?? hour
  if (maxDuration < minute || maxDuration > day)
    check.problem(childPlace(place, 'max_duration'), 'must be from 1m to 24h')
  const reviewWithin = input.review_within ?? day
  if (reviewWithin < minute || reviewWithin > 7 * day) {
    check.problem(childPlace(place, 'review_within'), 'must be from 1m to 7d')
  }
  const freshMfa = input.fresh_mfa ?? 5 * minute
  if (freshMfa < minute || freshMfa > day) check.problem(childPlace(place, 'fresh_mfa'), 'must be from 1m to 24h')
  const eligible = buildEligible(check, childPlace(place, 'eligible'), input.eligible, context.names)
  const settings: EmergencySettings = {
    eligible: input.eligible === undefined ? noUsers : eligible,
    reviewers: explicit
      ? buildEligible(check, childPlace(place, 'reviewers'), input.reviewers, context.names)
      : (requests?.approvers ?? noUsers),
    maxDuration,
    level: input.level ?? 'full',
    freshMfa,
    reviewWithin,
    codes: input.codes ?? false,
  }
  if (context.whole && input.eligible !== undefined) warnAboutReviewers(check, place, settings, context)
  return settings
}

function warnAboutReviewers(
  check: Diagnostics,
  place: Place,
  settings: EmergencySettings,
  { roles, providers }: BuildContext,
): void {
  const reviewers = listedUsers(settings.reviewers, roles)
  const eligible = listedUsers(settings.eligible, roles)
  if (reviewers?.size === 1 && eligible?.has([...reviewers][0]!)) {
    check.warn(place, `${[...reviewers][0]} is the only reviewer: their own emergency access cannot be reviewed`, 'key')
  }
  for (const { name, mfa, phishingResistant } of providers.values()) {
    const proves = [mfa, phishingResistant].some(({ amrAny, acrAny }) => amrAny.length + acrAny.length > 0)
    if (!proves)
      check.warn(
        place,
        `requires a second factor, but "${name}" has no claim values that prove one: set mfa there`,
        'key',
      )
  }
}
