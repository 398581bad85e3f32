// `einlass grants list|add|revoke`: access until a moment, given and taken on every node.

import { parseArgs } from 'node:util'
import { parseDuration } from '../config/units.ts'
import type { Grant } from '../policy/grant.ts'
import { call, errorOf, socketHelp, socketOptions, socketPath, type Called } from './client.ts'
import type { Io } from './command.ts'
import { moment, plain, table } from './table.ts'

const help = `Usage: einlass grants list [--json]
       einlass grants add --who PROVIDER|SUBJECT --app APP (--for 4h | --until TIME) [--from TIME]
                          [--level read|full] [--schedule NAME] [--sponsor ADDRESS] [--reason TEXT]
       einlass grants revoke GRANT

  --who           the person: PROVIDER|SUBJECT, or PROVIDER|mailto:ADDRESS before their first sign-in
  TIME            ISO 8601 with its offset: 2026-12-01T08:00+01:00
${socketHelp}`

const options = {
  ...socketOptions,
  who: { type: 'string' },
  app: { type: 'string' },
  level: { type: 'string' },
  for: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  schedule: { type: 'string' },
  sponsor: { type: 'string' },
  reason: { type: 'string' },
} as const

export async function grants(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (values.help) return (io.stdout(help), 0)
  const [act, id, ...more] = positionals
  const wants = { list: id === undefined, add: id === undefined, revoke: id !== undefined }[act ?? '']
  if (!wants || more.length > 0) return (io.stderr(help), 2)

  const wanted = act === 'add' ? newGrant(values) : undefined
  if (typeof wanted === 'string') return (io.stderr(`einlass grants: ${wanted}\n`), 2)
  const socket = await socketPath(values, io)
  const called = await ask(socket, act!, id, wanted)
  if (called.status !== 200) return (io.stderr(`einlass grants: ${errorOf(called)}\n`), 1)
  if (values.json) io.stdout(`${JSON.stringify(called.value)}\n`)
  else if (act === 'list') io.stdout(listed(called.value as readonly Grant[]))
  else if (act === 'add') io.stdout(given(called.value as Grant))
  else io.stdout(`revoked ${id}\n`)
  return 0
}

function ask(socket: string, act: string, id: string | undefined, grant: object | undefined): Promise<Called> {
  if (act === 'list') return call(socket, 'GET', '/grants')
  return act === 'add' ? call(socket, 'POST', '/grants', grant) : call(socket, 'POST', '/grants/revoke', { id })
}

type Values = Readonly<Record<string, string | boolean | undefined>>

/** What the gateway takes, or what is wrong with the call. Names are checked there: it knows the configuration. */
function newGrant(values: Values): object | string {
  const now = Date.now()
  const from = values['from'] === undefined ? now : instant(values['from'])
  const length = values['for'] === undefined ? undefined : parseDuration(String(values['for']))
  if ((values['for'] === undefined) === (values['until'] === undefined)) return 'a grant has an end: --for or --until'
  if (from === undefined) return '--from: no ISO 8601 time with an offset'
  if (values['for'] !== undefined && length === undefined) return '--for: write a duration such as 90s, 15m, 8h or 30d'
  const until = length === undefined ? instant(values['until']) : from + length
  if (until === undefined) return '--until: no ISO 8601 time with an offset'
  const { who, app, level, schedule, sponsor, reason } = values
  return { who, app, level, schedule, sponsor, reason, from, until }
}

function instant(text: unknown): number | undefined {
  try {
    return Temporal.Instant.from(String(text)).epochMilliseconds
  } catch {
    return undefined
  }
}

function given(grant: Grant): string {
  return `gave ${grant.id}: ${plain(grant.who)} to ${plain(grant.app)} (${grant.level}), ${moment(grant.from)} to ${moment(grant.until)}\n`
}

function listed(all: readonly Grant[]): string {
  const rows = all.map((grant) => [
    grant.id,
    plain(grant.who),
    plain(grant.app),
    grant.level,
    moment(grant.from),
    moment(grant.until),
    grant.revokedAt === undefined ? grant.origin : `revoked ${moment(grant.revokedAt)}`,
    plain(grant.reason),
  ])
  return table(['GRANT', 'WHO', 'APP', 'LEVEL', 'FROM', 'UNTIL', 'STATE', 'REASON'], rows)
}
