// Grants at the admin socket: which there are, giving, prolonging and taking back.

import { externalAccess } from '../../../gateway/external-access.ts'
import { GrantRefused, type NewGrant } from '../../../grants/grants.ts'
import { isExternalGrantee, maxExternalGrant } from '../../../policy/external.ts'
import type { Externals } from '../../../policy/externals.ts'
import type { Grant } from '../../../policy/grant.ts'
import {
  adminActor,
  ok,
  paginate,
  rejected,
  stringInput,
  unknownName,
  type ApiHandler,
  type ApiResponse,
  type Input,
} from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

export const grantRoutes: Readonly<Record<string, ApiHandler>> = {
  'GET /grants': async (parts, input) => paginate(sorted(parts.grants.all(), parts.now()), input),
  'GET /grants/external': async (parts) => ok(await externalAccess(parts)),
  'POST /grants': giveGrant,
  'POST /grants/extend': extendGrant,
  'POST /grants/revoke': revokeGrant,
}

/** Those that count or will: what ends first is first; then those that are over, the latest first. */
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
  if (typeof from !== 'number' || typeof until !== 'number') return 'until: a grant has an end'
  if (!(from < until)) return 'until: the grant ends before it begins'
  if (until <= deps.now()) return 'until: that is over already'
  if (schedule !== undefined && !configuration.schedules.has(schedule)) {
    return unknownName('schedule', 'schedule', schedule, configuration.schedules.keys())
  }
  const { sponsors } = configuration
  if (sponsor !== undefined && sponsors !== undefined && !sponsors.has(sponsor.normalize('NFC').toLowerCase())) {
    return unknownName('sponsor', 'sponsor', sponsor, sponsors)
  }
  const more = { schedule, sponsor, reason: stringInput(input, 'reason'), contract: stringInput(input, 'contract') }
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
  if (typeof until !== 'number' || !Number.isSafeInteger(until)) return rejected(400, 'until: until when?')
  if (until <= grant.until) return rejected(400, 'until: it lasts that long already; "einlass grants revoke" ends it')
  const cap = grant.basis && deps.activeConfig().configuration.apps.get(grant.app)?.requests?.maxTotal
  if (grant.basis?.entitlement === 'emergency') return rejected(400, 'an emergency is not prolonged: give a grant')
  if (cap !== undefined && until - grant.from > cap) {
    return rejected(400, `until: longer than requests.max_total of ${grant.app} allows`)
  }
  if (until - deps.now() > maxExternalGrant && isExternalGrantee(externals(deps), grant.who)) {
    return rejected(400, 'until: a person of another organisation gets 90 days at most')
  }
  const extended = await deps.grants.extend(grant.id, { until }, adminActor)
  return extended === undefined ? rejected(400, `${grant.id} is over or revoked: give a new one`) : ok(extended)
}

async function revokeGrant(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const id = stringInput(input, 'id')
  const grant = deps.grants.all().find((one) => one.id === id)
  if (grant === undefined) return grantNotFound(id)
  if (grant.origin === 'configuration')
    return rejected(400, 'this grant is declared in the configuration: remove it there')
  return (await deps.grants.revoke(grant.id, adminActor))
    ? ok({ revoked: grant.id })
    : rejected(400, `${grant.id} is revoked already`)
}

function externals(deps: Dependencies): Externals {
  return deps.activeConfig().configuration.external ?? { providers: new Set(), people: [] }
}

function grantNotFound(id: string | undefined): ApiResponse {
  return rejected(404, `there is no grant ${id ?? ''}; "einlass grants list" shows them`)
}

async function rejectOnError(act: () => Promise<unknown>): Promise<ApiResponse> {
  try {
    return ok(await act())
  } catch (error) {
    if (error instanceof GrantRefused) return rejected(400, error.message)
    throw error
  }
}
