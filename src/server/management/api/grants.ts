// Grants at the admin socket: which there are, giving, prolonging and taking back.

import { externalAccess } from '../../../gateway/external-access.ts'
import { GrantRefused, type NewGrant } from '../../../grants/grants.ts'
import { isExternalGrantee, longestExternal } from '../../../policy/external.ts'
import type { Externals } from '../../../policy/externals.ts'
import type { Grant } from '../../../policy/grant.ts'
import { administrator, done, page, refused, text, unknown, type Act, type Answered, type Input } from './response.ts'
import type { Parts } from '../../../gateway/dependencies.ts'

export const grantActs: Readonly<Record<string, Act>> = {
  'GET /grants': async (parts, input) => page(sorted(parts.grants.all(), parts.now()), input),
  'GET /grants/external': async (parts) => done(await externalAccess(parts)),
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

async function giveGrant(parts: Parts, input: Input): Promise<Answered> {
  const grant = grantOf(parts, input)
  if (typeof grant === 'string') return refused(400, grant)
  return orRefused(() => parts.grants.give(grant, administrator))
}

function grantOf(parts: Parts, input: Input): NewGrant | string {
  const { configuration } = parts.applied()
  const who = text(input, 'who')
  const app = text(input, 'app')
  const level = input['level'] ?? 'full'
  const from = input['from'] ?? parts.now()
  const { until } = input
  const schedule = text(input, 'schedule')
  const sponsor = text(input, 'sponsor')
  if (who === undefined || !/^[^|]+\|.+$/.test(who)) return 'who: write PROVIDER|SUBJECT or PROVIDER|mailto:ADDRESS'
  const provider = who.slice(0, who.indexOf('|'))
  if (!configuration.providers.has(provider)) {
    return unknown('who', 'provider', provider, configuration.providers.keys())
  }
  if (app === undefined || !configuration.apps.has(app)) {
    return unknown('app', 'app', app ?? '', configuration.apps.keys())
  }
  if (level !== 'read' && level !== 'full') return 'level: write read or full'
  if (typeof from !== 'number' || typeof until !== 'number') return 'until: a grant has an end'
  if (!(from < until)) return 'until: the grant ends before it begins'
  if (until <= parts.now()) return 'until: that is over already'
  if (schedule !== undefined && !configuration.schedules.has(schedule)) {
    return unknown('schedule', 'schedule', schedule, configuration.schedules.keys())
  }
  const { sponsors } = configuration
  if (sponsor !== undefined && sponsors !== undefined && !sponsors.has(sponsor.normalize('NFC').toLowerCase())) {
    return unknown('sponsor', 'sponsor', sponsor, sponsors)
  }
  const more = { schedule, sponsor, reason: text(input, 'reason'), contract: text(input, 'contract') }
  return { who, app, level, from, until, ...more }
}

async function extendGrant(parts: Parts, input: Input): Promise<Answered> {
  const id = text(input, 'id')
  const { until } = input
  const grant = parts.grants.all().find((one) => one.id === id)
  if (grant === undefined) return none(id)
  if (grant.origin === 'configuration') {
    return refused(400, 'this grant is declared in the configuration: change it there')
  }
  if (typeof until !== 'number' || !Number.isSafeInteger(until)) return refused(400, 'until: until when?')
  if (until <= grant.until) return refused(400, 'until: it lasts that long already; "einlass grants revoke" ends it')
  const cap = grant.basis && parts.applied().configuration.apps.get(grant.app)?.requests?.maxTotal
  if (grant.basis?.entitlement === 'emergency') return refused(400, 'an emergency is not prolonged: give a grant')
  if (cap !== undefined && until - grant.from > cap) {
    return refused(400, `until: longer than requests.max_total of ${grant.app} allows`)
  }
  if (until - parts.now() > longestExternal && isExternalGrantee(externals(parts), grant.who)) {
    return refused(400, 'until: a person of another organisation gets 90 days at most')
  }
  const extended = await parts.grants.prolong(grant.id, { until }, administrator)
  return extended === undefined ? refused(400, `${grant.id} is over or revoked: give a new one`) : done(extended)
}

async function revokeGrant(parts: Parts, input: Input): Promise<Answered> {
  const id = text(input, 'id')
  const grant = parts.grants.all().find((one) => one.id === id)
  if (grant === undefined) return none(id)
  if (grant.origin === 'configuration')
    return refused(400, 'this grant is declared in the configuration: remove it there')
  return (await parts.grants.revoke(grant.id, administrator))
    ? done({ revoked: grant.id })
    : refused(400, `${grant.id} is revoked already`)
}

function externals(parts: Parts): Externals {
  return parts.applied().configuration.external ?? { providers: new Set(), people: [] }
}

function none(id: string | undefined): Answered {
  return refused(404, `there is no grant ${id ?? ''}; "einlass grants list" shows them`)
}

async function orRefused(act: () => Promise<unknown>): Promise<Answered> {
  try {
    return done(await act())
  } catch (error) {
    if (error instanceof GrantRefused) return refused(400, error.message)
    throw error
  }
}
