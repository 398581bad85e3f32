// `einlass grants list|add|revoke`: access until a moment, given and taken on every node.

import { never } from '../config/build-grants.ts'
import { parseDuration, parseMoment } from '../config/units.ts'
import type { Grant } from '../policy/grant.ts'
import { call, errorOf, socketHelp, socketOptions, socketPath, type Called } from './client.ts'
import { json } from './json.ts'
import { moment, plain, table } from './table.ts'
import { actOf, command, needed, WrongUsage, type Values } from './usage.ts'

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

const ofNewOnes = ['who', 'app', 'level', 'for', 'from', 'until', 'schedule', 'sponsor', 'reason'] as const

export const grants = command(
  {
    name: 'grants',
    usage:
      'einlass grants list | add --who WHO --app APP (--for 4h | --until TIME) | revoke GRANT [--socket PATH | --config FILE] [--json]',
    help: `  list             all grants; those that ended or were revoked for 90 days more
  add              gives one:
    --who WHO        PROVIDER|SUBJECT, or PROVIDER|mailto:ADDRESS before their first sign-in
    --app APP        to which app
    --for 4h         how long from its beginning: 90s 15m 8h 30d; or
    --until TIME     until when
    --from TIME      from when; now when left out
    --level read     read or full; full when left out
    --schedule NAME  only within this schedule of the configuration
    --sponsor ADDRESS, --reason TEXT
                     who answers for it, and what for
  revoke GRANT     takes one back; what is open under it ends, on every node

TIME is ISO 8601: 2026-12-01T08:00+01:00. Without an offset it is in the zone of this machine; a date alone is
its first moment, after --until its last. Grants of the configuration are listed here and taken back there.

${socketHelp}`,
    options,
    words: true,
  },
  async (values, io, words) => {
    const act = actOf(words, ['list', 'add', 'revoke'])
    const [, id, ...more] = words
    const excess = act === 'revoke' ? more[0] : id
    if (excess !== undefined) throw new WrongUsage(`what is "${plain(excess)}"?`)
    if (act === 'revoke' && id === undefined) throw new WrongUsage('revoke which one? "einlass grants list" tells')
    const odd = act === 'add' ? undefined : ofNewOnes.find((name) => values[name] !== undefined)
    if (odd !== undefined) throw new WrongUsage(`--${odd} goes with add, not with ${act}`)

    const wanted = act === 'add' ? newGrant(values) : undefined
    const called = await ask(await socketPath(values, io), act, id, wanted)
    if (called.status !== 200) return (io.stderr(`einlass grants: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (act === 'list') io.stdout(listed(called.value as readonly Grant[]))
    else if (act === 'add') io.stdout(given(called.value as Grant))
    else io.stdout(`revoked ${id}\n`)
    return 0
  },
)

function ask(socket: string, act: string, id: string | undefined, grant: object | undefined): Promise<Called> {
  if (act === 'list') return call(socket, 'GET', '/grants')
  return act === 'add' ? call(socket, 'POST', '/grants', grant) : call(socket, 'POST', '/grants/revoke', { id })
}

/** What the gateway takes. Names are checked there: it knows the configuration. Throws `WrongUsage`. */
function newGrant(values: Values<typeof options>): object {
  const { level, schedule, sponsor, reason } = values
  const who = needed(values.who, '--who')
  const app = needed(values.app, '--app')
  if (values.for === undefined && values.until === undefined) {
    throw new WrongUsage('a grant has an end: --for or --until is missing')
  }
  if (values.for !== undefined && values.until !== undefined) {
    throw new WrongUsage('--for and --until say the same thing twice: leave one out')
  }
  if (level !== undefined && level !== 'read' && level !== 'full') throw new WrongUsage('--level: write read or full')
  const from = values.from === undefined ? Date.now() : instant('--from', values.from)
  const length = values.for === undefined ? undefined : parseDuration(values.for)
  if (values.for !== undefined && !length) throw new WrongUsage('--for: write a duration such as 90s, 15m, 8h or 30d')
  const until = length === undefined ? instant('--until', values.until!) : from + length
  if (until <= from) throw new WrongUsage('--until: the grant ends before it begins')
  return { who, app, level, schedule, sponsor, reason, from, until }
}

function instant(option: '--from' | '--until', text: string): number {
  const moment = parseMoment(text, Temporal.Now.timeZoneId(), option === '--until')
  if (moment === undefined) {
    throw new WrongUsage(`${option}: write a time such as 2026-12-01T08:00+01:00 or 2026-12-01T08:00`)
  }
  return moment
}

function given(grant: Grant): string {
  return `gave ${grant.id}: ${plain(grant.who)} to ${plain(grant.app)} (${grant.level}), ${moment(grant.from)} to ${moment(grant.until)}\n`
}

function listed(all: readonly Grant[]): string {
  if (all.length === 0) return 'there are no grants\n'
  const now = Date.now()
  const rows = all.map((grant) => [
    grant.id,
    plain(grant.who),
    plain(grant.app),
    grant.level,
    grant.from === 0 ? 'ever' : moment(grant.from),
    grant.until >= never ? 'no end' : moment(grant.until),
    stateOf(grant, now),
    grant.origin === 'configuration' ? 'configuration' : plain(grant.givenBy),
    plain(grant.reason),
  ])
  return table(['GRANT', 'WHO', 'APP', 'LEVEL', 'FROM', 'UNTIL', 'STATE', 'GIVEN BY', 'REASON'], rows)
}

function stateOf(grant: Grant, now: number): string {
  if (grant.revokedAt !== undefined && grant.revokedAt !== null) return `revoked ${moment(grant.revokedAt)}`
  if (grant.until <= now) return 'ended'
  return grant.from > now ? 'not yet' : 'counts'
}
