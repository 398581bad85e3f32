// Builds the grants declared in YAML: one user, one app, start and end.

import { createHash } from 'node:crypto'
import { isExternalGrantee, maxExternalGrant } from '../../policy/external.ts'
import type { Externals } from '../../policy/externals.ts'
import type { Grant } from '../../policy/grant.ts'
import { noEnd } from '../../policy/grant-period.ts'
import type { Schedule } from '../../policy/schedule/window.ts'
import type { GrantInput } from '../schema/grant.ts'
import { grantRequired } from '../schema/grant.ts'
import { normalUser } from './named-objects.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, lookup, childPlace } from './diagnostics.ts'
import { buildUserReference } from './users.ts'
import type { Names } from './conditions.ts'
import { warnAboutAddresses } from './vouched-addresses.ts'
import { isTimeZone, isWallClock, parseMoment } from '../units.ts'

export { noEnd }

/** Undefined, with a problem, if the grant is invalid. */
export function buildGrant(
  check: Diagnostics,
  place: Place,
  input: GrantInput,
  names: Names,
  context: {
    readonly external: Externals
    readonly schedules: ReadonlyMap<string, Schedule>
    readonly sponsors: ReadonlySet<string> | undefined
  },
): Grant | undefined {
  const { external, schedules, sponsors } = context
  requireKeys(check, place, grantRequired)
  if (input.app !== undefined) lookup(check, childPlace(place, 'app'), 'app', input.app, names.apps)
  if (input.schedule !== undefined)
    lookup(check, childPlace(place, 'schedule'), 'schedule', input.schedule, names.schedules)
  if (input.sponsor !== undefined && sponsors !== undefined) {
    lookup(check, childPlace(place, 'sponsor'), 'sponsor', normalUser(input.sponsor), sponsors)
  }
  if (input.time_zone !== undefined && !isTimeZone(input.time_zone)) {
    check.problem(childPlace(place, 'time_zone'), 'unknown time zone (expected a name such as Europe/Berlin)')
    return undefined
  }
  const person =
    input.who === undefined ? undefined : buildUserReference(check, childPlace(place, 'who'), input.who, names)
  if (person !== undefined) warnAboutAddresses(check, childPlace(place, 'who'), [person.who], names.addresses)
  const zone = input.time_zone ?? schedules.get(input.schedule ?? '')?.timeZone ?? 'UTC'
  const from = moment(check, childPlace(place, 'from'), input.from, zone, false, 0)
  const until = moment(check, childPlace(place, 'until'), input.until, zone, true, noEnd)
  if (from !== undefined && until !== undefined && until <= from) {
    check.problem(childPlace(place, input.until === undefined ? 'from' : 'until'), 'the grant ends before it begins')
  }
  if (person !== undefined && isExternalGrantee(external, person.who)) checkExternal(check, place, from, until)
  if (person === undefined || input.app === undefined || from === undefined || until === undefined) return undefined
  const content = {
    who: person.who,
    app: input.app,
    level: input.level ?? ('read' as const),
    from,
    until,
    schedule: input.schedule,
    sponsor: input.sponsor,
    reason: input.reason,
    // Omitted if absent: grants without a contract keep the id they had before the key existed.
    ...(input.contract === undefined ? {} : { contract: input.contract }),
  }
  // Content hash: the same grant has the same id after every reload and on every node.
  const id = `yaml-${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 20)}`
  // Not part of the content: the moments are, and the id of a grant stays what it was before its zone was kept.
  const written = [input.from, input.until].some((text) => text !== undefined && isWallClock(text))
  const zoned = written ? { timeZone: zone } : {}
  return { id, ...content, ...zoned, origin: 'configuration', givenBy: 'configuration', revokedAt: undefined }
}

/** Grants of external users need an end date and a sponsor. */
function checkExternal(check: Diagnostics, place: Place, from: number | undefined, until: number | undefined): void {
  const { tree } = place.file
  if (!tree.existedOriginally([...place.path, 'until'])) {
    check.problem(place, 'until is missing: required for external users')
  } else if (from !== undefined && until !== undefined) {
    // Without `from`, 90 days count from now.
    const begins = tree.existedOriginally([...place.path, 'from']) ? from : check.now
    if (until - begins > maxExternalGrant + clockChange) {
      check.problem(childPlace(place, 'until'), 'too late: the grant of an external user lasts at most 90 days')
    }
  }
  if (!tree.existedOriginally([...place.path, 'sponsor'])) {
    check.problem(place, 'sponsor is missing: required for external users')
  }
}

/** Milliseconds: tolerance for 90 days that include the end of daylight saving time. */
const clockChange = 3_600_000

function moment(
  check: Diagnostics,
  place: Place,
  text: string | undefined,
  zone: string,
  endOfDay: boolean,
  absent: number,
): number | undefined {
  // Present but removed as invalid: reported before, and not the same as absent.
  if (text === undefined) return place.file.tree.existedOriginally(place.path) ? undefined : absent
  const value = isTimeZone(zone) ? parseMoment(text, zone, endOfDay) : undefined
  if (value === undefined)
    check.problem(place, 'expected a time such as 2026-12-01T08:00, 2026-12-01T08:00+01:00 or 2026-12-01')
  return value
}
