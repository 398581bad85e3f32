// `emergency` of an app: who may let themselves in, and who looks at it afterwards.

import type { EmergencySettings, RequestSettings } from '../request-settings.ts'
import { buildEligible, listedIn, emptySet, isEmptySet, type BuildContext } from './eligible-users.ts'
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
  // With codes alone nobody lets themselves in.
  if (input.codes !== true) requireKeys(check, place, ['eligible'])
  if (input.eligible !== undefined && Object.keys(input.eligible).length === 0) {
    check.problem(childPlace(place, 'eligible'), 'says everybody: name users, groups or roles')
  }
  const written = input.reviewers !== undefined
  if (!written && requests === undefined) {
    check.problem(
      place,
      'reviewers is missing: who looks at it afterwards? (without `requests` there are no approvers)',
      'key',
    )
  }
  if (isEmptySet(input.reviewers))
    check.problem(childPlace(place, 'reviewers'), 'says nobody: name users, groups or roles')
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
    eligible: input.eligible === undefined ? emptySet : eligible,
    reviewers: written
      ? buildEligible(check, childPlace(place, 'reviewers'), input.reviewers, context.names)
      : (requests?.approvers ?? emptySet),
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
  const reviewers = listedIn(settings.reviewers, roles)
  const eligible = listedIn(settings.eligible, roles)
  if (reviewers?.size === 1 && eligible?.has([...reviewers][0]!)) {
    check.warn(place, `what ${[...reviewers][0]} does in an emergency nobody else can review`, 'key')
  }
  for (const { name, mfa, phishingResistant } of providers.values()) {
    const proves = [mfa, phishingResistant].some(({ amrAny, acrAny }) => amrAny.length + acrAny.length > 0)
    if (!proves)
      check.warn(place, `needs a second factor, but nothing says what proves one at "${name}": set mfa there`, 'key')
  }
}
