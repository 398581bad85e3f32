// Admin API for grants: list, give, extend and revoke.

import { externalAccess } from '../../../gateway/external-access.ts'
import { GrantRejected, type NewGrant } from '../../../grants/grants.ts'
import { isTimestamp } from '../../../grants/validate-grant.ts'
import { isTimeZone } from '../../../config/units.ts'
import { foldAddress } from '../../../net/domain-names.ts'
import { isExternalGrantee, maxExternalGrant } from '../../../policy/external.ts'
import type { Externals } from '../../../policy/externals.ts'
import type { Grant } from '../../../policy/grant.ts'
import {
  adminActor,
  ok,
  pageInput,
  paginate,
  rejected,
  stringInput,
  unknownName,
  type ApiRoutes,
  type ApiResponse,
  type Input,
} from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

const grantOutput =
  '`{id, who, app, level, from, until, schedule, sponsor, reason, contract, origin, givenBy, revokedAt, boundTo}`'

export const grantRoutes: ApiRoutes = {
  'GET /grants': {
    describes: 'All grants, the next to end first; those that are over stay for 90 days.',
    input: pageInput,
    output: `list of ${grantOutput}`,
    errors: { 400: '`limit` is no whole number', 404: 'there is no grant `after`' },
    handle: async (deps, input) => paginate(sorted(deps.grants.all(), deps.now()), input),
  },
  'GET /grants/external': {
    describes: 'The register of external access: who, for whom, to what, until when, under which contract, last used.',
    input: {},
    output:
      'list of `{id, who, name, email, organisation, app, title, level, from, until, schedule, sponsor, contract, reason, givenBy, declaredAt, state, ...}`',
    errors: {},
    handle: async (deps) => ok(await externalAccess(deps)),
  },
  'POST /grants': {
    describes: 'Gives a grant.',
    input: {
      who: 'text, required: `PROVIDER|SUBJECT`, or `PROVIDER|mailto:ADDRESS` before the first sign-in',
      app: 'text, required: name of the app',
      level: '`read` or `full`; `full` without it',
      from: 'number: epoch milliseconds; now without it',
      until: 'number, required: epoch milliseconds, after `from` and in the future',
      time_zone:
        'text: IANA name of the zone in which these times were written; one that ends with a day is shown as that day',
      schedule: 'text: only within this schedule of the configuration',
      sponsor: 'text: address of the person who answers for it, one of `sponsors` where those are configured',
      reason: 'text: what for',
      contract: 'text: number of the contract',
    },
    output: grantOutput,
    errors: { 400: 'a field is missing, wrong, or names something that is not configured' },
    handle: giveGrant,
  },
  'POST /grants/extend': {
    describes: 'Prolongs a grant that is in force.',
    input: {
      id: 'text, required: id of the grant',
      until: 'number, required: epoch milliseconds, later than now granted',
      time_zone: 'text: as at `POST /grants`',
    },
    output: grantOutput,
    errors: {
      400: 'declared in the configuration, over, revoked, an emergency, or longer than the configuration allows',
      404: 'no such grant',
    },
    handle: extendGrant,
  },
  'POST /grants/revoke': {
    describes: 'Revokes a grant on every node; connections open under it are closed.',
    input: { id: 'text, required: id of the grant' },
    output: '`{revoked: id}`',
    errors: { 400: 'declared in the configuration, or revoked already', 404: 'no such grant' },
    handle: revokeGrant,
  },
}

/** Current and future grants first, ordered by end; then the ended ones, the latest first. */
function sorted(grants: readonly Grant[], now: number): readonly Grant[] {
  const end = ({ until, revokedAt }: Grant): number => Math.min(revokedAt ?? Infinity, until)
  const order = (one: Grant, other: Grant): number => {
    const [a, b] = [end(one), end(other)]
    if (a <= now !== b <= now) return a <= now ? 1 : -1
    return (a <= now ? b - a : a - b) || (one.id < other.id ? -1 : 1)
  }
  return grants.toSorted(order)
}

async function giveGrant(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const grant = grantOf(deps, input)
  if (typeof grant === 'string') return rejected(400, grant)
  return rejectOnError(() => deps.grants.give(grant, adminActor))
}

function grantOf(deps: Dependencies, input: Input): NewGrant | string {
  const { configuration } = deps.activeConfig()
  const who = stringInput(input, 'who')
  const app = stringInput(input, 'app')
  const level = input['level'] ?? 'full'
  const from = input['from'] ?? deps.now()
  const { until } = input
  const schedule = stringInput(input, 'schedule')
  const sponsor = stringInput(input, 'sponsor')
  if (who === undefined || !/^[^|]+\|.+$/.test(who)) return 'who: write PROVIDER|SUBJECT or PROVIDER|mailto:ADDRESS'
  const provider = who.slice(0, who.indexOf('|'))
  if (!configuration.providers.has(provider)) {
    return unknownName('who', 'provider', provider, configuration.providers.keys())
  }
  if (app === undefined || !configuration.apps.has(app)) {
    return unknownName('app', 'app', app ?? '', configuration.apps.keys())
  }
  if (level !== 'read' && level !== 'full') return 'level: write read or full'
  if (!isTimestamp(from) || !isTimestamp(until)) {
    return 'until: required, Unix time in milliseconds (as is from, when given)'
  }
  if (!(from < until)) return 'until: must be later than from'
  if (until <= deps.now()) return 'until: is in the past'
  if (schedule !== undefined && !configuration.schedules.has(schedule)) {
    return unknownName('schedule', 'schedule', schedule, configuration.schedules.keys())
  }
  const { sponsors } = configuration
  if (sponsor !== undefined && sponsors !== undefined && !sponsors.has(foldAddress(sponsor))) {
    return unknownName('sponsor', 'sponsor', sponsor, sponsors)
  }
  const timeZone = stringInput(input, 'time_zone')
  if (timeZone !== undefined && !isTimeZone(timeZone)) return 'time_zone: write a name such as Europe/Berlin'
  const more = {
    timeZone,
    schedule,
    sponsor,
    reason: stringInput(input, 'reason'),
    contract: stringInput(input, 'contract'),
  }
  return { who, app, level, from, until, ...more }
}

async function extendGrant(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const id = stringInput(input, 'id')
  const { until } = input
  const grant = deps.grants.all().find((one) => one.id === id)
  if (grant === undefined) return grantNotFound(id)
  if (grant.origin === 'configuration') {
    return rejected(400, 'this grant is declared in the configuration: change it there')
  }
  if (!isTimestamp(until)) return rejected(400, 'until: required, Unix time in milliseconds')
  if (until <= grant.until)
    return rejected(400, 'until: must be later than the current end; "einlass grants revoke" ends a grant')
  const cap = grant.basis && deps.activeConfig().configuration.apps.get(grant.app)?.requests?.maxTotal
  if (grant.basis?.entitlement === 'emergency')
    return rejected(400, 'an emergency grant cannot be extended; give a new grant')
  if (cap !== undefined && until - grant.from > cap) {
    return rejected(400, `until: exceeds requests.max_total of ${grant.app}`)
  }
  if (until - deps.now() > maxExternalGrant && isExternalGrantee(externals(deps), grant.who)) {
    return rejected(400, 'until: at most 90 days ahead for an external user')
  }
  const timeZone = stringInput(input, 'time_zone')
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return rejected(400, 'time_zone: write a name such as Europe/Berlin')
  const extended = await deps.grants.extend(grant.id, { until, timeZone }, adminActor)
  return extended === undefined ? rejected(400, `${grant.id} has ended or is revoked; give a new grant`) : ok(extended)
}

async function revokeGrant(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const id = stringInput(input, 'id')
  const grant = deps.grants.all().find((one) => one.id === id)
  if (grant === undefined) return grantNotFound(id)
  if (grant.origin === 'configuration')
    return rejected(400, 'this grant is declared in the configuration: remove it there')
  return (await deps.grants.revoke(grant.id, adminActor))
    ? ok({ revoked: grant.id })
    : rejected(400, `${grant.id} is already revoked`)
}

function externals(deps: Dependencies): Externals {
  return deps.activeConfig().configuration.external ?? { providers: new Set(), people: [] }
}

function grantNotFound(id: string | undefined): ApiResponse {
  return rejected(404, `no grant ${id ?? ''}; see "einlass grants list"`)
}

async function rejectOnError(act: () => Promise<unknown>): Promise<ApiResponse> {
  try {
    return ok(await act())
  } catch (error) {
    if (error instanceof GrantRejected) return rejected(400, error.message)
    throw error
  }
}
