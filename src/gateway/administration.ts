// What an administrator may ask and do at the socket: a table of routes, JSON in and JSON out.

import type { Actor } from '../audit/event.ts'
import { didYouMean } from '../config/problem.ts'
import { GrantRefused, type NewGrant } from '../grants/grants.ts'
import type { Session } from '../identity/session.ts'
import type { Parts } from './parts.ts'
import { statusOf, type Running } from './status.ts'

/** Whoever may open the socket is an administrator: its file permissions are the access control. */
export const administrator: Actor = { kind: 'administrator', name: 'admin socket' }

export interface Answered {
  readonly status: 200 | 400 | 404 | 503
  readonly value: unknown
}

export type Administer = (method: string, path: string, input: Readonly<Record<string, unknown>>) => Promise<Answered>

type Act = (parts: Parts, input: Readonly<Record<string, unknown>>, running: Running) => Promise<Answered>

const acts: Readonly<Record<string, Act>> = {
  'GET /status': async (parts, _input, running) => done(await statusOf(parts, running)),
  'GET /sessions': async (parts) => done((await parts.sessions.all()).map(described)),
  'POST /sessions/end': endSessions,
  'GET /grants': async (parts) => done(parts.grants.all()),
  'POST /grants': giveGrant,
  'POST /grants/revoke': revokeGrant,
  'POST /reload': async (_parts, _input, running) => done(await running.reload()),
}

/** Rejects only with the unforeseen. */
export async function administer(
  parts: Parts,
  running: Running,
  method: string,
  path: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Answered> {
  const name = `${method} ${path}`
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined
  return act === undefined ? refused(404, `there is no "${name}"`) : act(parts, input, running)
}

async function endSessions(parts: Parts, input: Readonly<Record<string, unknown>>): Promise<Answered> {
  const { id, user } = input
  if ((typeof id === 'string') === (typeof user === 'string')) return refused(400, 'name either a session or a user')
  const open = (await parts.sessions.all()).filter((session) => session.id === id || belongsTo(session, user))
  const ended: string[] = []
  for (const session of open) {
    if (await parts.sessions.end(session.id, 'session_revoked', administrator)) ended.push(session.id)
  }
  return ended.length === 0
    ? refused(404, `${String(id ?? user)}: no open session fits; "einlass sessions list" shows them`)
    : done({ ended })
}

function belongsTo(session: Session, user: unknown): boolean {
  if (typeof user !== 'string') return false
  const { provider, sub, email } = session.subject
  return user === `${provider}|${sub}` || (email !== undefined && user.toLowerCase() === email)
}

async function giveGrant(parts: Parts, input: Readonly<Record<string, unknown>>): Promise<Answered> {
  const grant = grantOf(parts, input)
  if (typeof grant === 'string') return refused(400, grant)
  try {
    return done(await parts.grants.give(grant, administrator))
  } catch (error) {
    if (error instanceof GrantRefused) return refused(400, error.message)
    throw error
  }
}

function grantOf(parts: Parts, input: Readonly<Record<string, unknown>>): NewGrant | string {
  const { configuration } = parts.applied()
  const who = text(input, 'who')
  const app = text(input, 'app')
  const level = input['level'] ?? 'full'
  const from = input['from'] ?? parts.now()
  const { until } = input
  const schedule = text(input, 'schedule')
  if (who === undefined || !/^[^|]+\|.+$/.test(who)) return 'who: write PROVIDER|SUBJECT or PROVIDER|mailto:ADDRESS'
  const provider = who.slice(0, who.indexOf('|'))
  if (!configuration.providers.has(provider)) return unknown('who', 'provider', provider, configuration.providers)
  if (app === undefined || !configuration.apps.has(app)) return unknown('app', 'app', app ?? '', configuration.apps)
  if (level !== 'read' && level !== 'full') return 'level: write read or full'
  if (typeof from !== 'number' || typeof until !== 'number') return 'until: a grant has an end'
  if (!(from < until)) return 'until: the grant ends before it begins'
  if (until <= parts.now()) return 'until: that is over already'
  if (schedule !== undefined && !configuration.schedules.has(schedule)) {
    return unknown('schedule', 'schedule', schedule, configuration.schedules)
  }
  return { who, app, level, from, until, schedule, sponsor: text(input, 'sponsor'), reason: text(input, 'reason') }
}

function unknown(key: string, kind: string, name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()]
  const hint = didYouMean(name, names) || (names.length === 0 ? '; there is none' : `; there are: ${names.join(', ')}`)
  return `${key}: there is no ${kind} "${name}"${hint}`
}

async function revokeGrant(parts: Parts, input: Readonly<Record<string, unknown>>): Promise<Answered> {
  const id = text(input, 'id')
  const grant = parts.grants.all().find((one) => one.id === id)
  if (grant === undefined) return refused(404, `there is no grant ${id ?? ''}; "einlass grants list" shows them`)
  if (grant.origin === 'configuration')
    return refused(400, 'this grant is declared in the configuration: remove it there')
  return (await parts.grants.revoke(grant.id, administrator))
    ? done({ revoked: grant.id })
    : refused(400, `${grant.id} is revoked already`)
}

/** Never the tokens. */
function described(session: Session): unknown {
  const { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address } = session
  return { id, subject, authentication, createdAt, endsAt, validatedAt, device, userAgent, address }
}

function text(input: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = input[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function done(value: unknown): Answered {
  return { status: 200, value }
}

function refused(status: 400 | 404, message: string): Answered {
  return { status, value: { error: message } }
}
