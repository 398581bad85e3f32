// `einlass grants list|external|add|extend|revoke`: time-bound access, effective on every node.

import { isWallClock, parseDuration, parseMoment } from '../config/units.ts'
import { externalCsv } from '../grants/external/csv.ts'
import type { ExternalLine } from '../grants/external/register.ts'
import type { Grant } from '../policy/grant.ts'
import { hasBeginning, hasEnd, lastDayOf } from '../policy/grant-period.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath, type ApiResult } from './admin-client.ts'
import { json } from './json.ts'
import { nullToUndefined, pageQuery, firstPage } from './paging.ts'
import { formatTime, escapeControls, table } from './table.ts'
import { subcommandOf, command, requiredOption, UsageError, type Values } from './parse-arguments.ts'
import { never } from '../policy/never.ts'

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
  contract: { type: 'string' },
  csv: { type: 'boolean' },
  limit: { type: 'string' },
  after: { type: 'string' },
} as const

const subcommands = ['list', 'external', 'add', 'extend', 'revoke'] as const

/** The subcommand of each option. */
const subcommandOfOption: Readonly<Record<string, (typeof subcommands)[number]>> = {
  who: 'add',
  app: 'add',
  level: 'add',
  from: 'add',
  schedule: 'add',
  sponsor: 'add',
  reason: 'add',
  contract: 'add',
  csv: 'external',
  limit: 'list',
  after: 'list',
}

export const grants = command(
  {
    name: 'grants',
    usage:
      'einlass grants list | external [--csv] | add --who WHO --app APP (--for 4h | --until TIME) | extend GRANT --until TIME | revoke GRANT [--socket PATH | --config FILE] [--json]',
    help: `  list             lists all grants by end time; ended grants for another 90 days
    --limit 100      maximum number; --after GRANT: the page after this grant
  external         prints the register of external access: user, sponsor, app, end,
                   contract, last use; --csv for spreadsheets
  add              adds a grant:
    --who WHO        PROVIDER|SUBJECT, or PROVIDER|mailto:ADDRESS before the first sign-in
    --app APP        the app
    --for 4h         duration from the start: 90s 15m 8h 30d; or
    --until TIME     end
    --from TIME      start; default now
    --level read     read or full; default full
    --schedule NAME  valid only within this schedule of the configuration
    --sponsor ADDRESS, --reason TEXT
                     person responsible for the grant, and its reason
    --contract TEXT  contract number
  extend GRANT     extends a grant: --until TIME, or --for 2h from now; never beyond the limits of requests
  revoke GRANT     revokes a grant and ends its open connections, on every node

TIME is ISO 8601: 2026-12-01T08:00+01:00. Without an offset it is in gateway.time_zone; a date alone is the
start of that day, with --until its end. Grants of the configuration are listed here, but removed only there.

${socketHelp}`,
    options,
    words: true,
  },
  async (values, io, words) => {
    const subcommand = subcommandOf(words, subcommands)
    const [, id, ...more] = words
    const named = subcommand === 'revoke' || subcommand === 'extend'
    const excess = named ? more[0] : id
    if (excess !== undefined) throw new UsageError(`unexpected argument "${escapeControls(excess)}"`)
    if (named && id === undefined) throw new UsageError(`missing GRANT; see "einlass grants list"`)
    const odd = Object.keys(subcommandOfOption).find(
      (name) => values[name as 'who'] !== undefined && subcommandOfOption[name] !== subcommand,
    )
    if (odd !== undefined)
      throw new UsageError(`--${odd} is an option of ${subcommandOfOption[odd]}, not of ${subcommand}`)
    const ends = (['for', 'until'] as const).find((name) => values[name] !== undefined)
    if (ends !== undefined && subcommand !== 'add' && subcommand !== 'extend') {
      throw new UsageError(`--${ends} is an option of add and extend, not of ${subcommand}`)
    }

    const call = apiCallOf(subcommand, id, values)
    const called = await call(await socketPath(values, io))
    if (called.status !== 200) return (io.stderr(`einlass grants: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (subcommand === 'list') io.stdout(listed(called.value as readonly Grant[], values, called.timeZone))
    else if (subcommand === 'external')
      io.stdout(register(called.value as readonly ExternalLine[], values.csv === true, called.timeZone))
    else if (subcommand === 'add') io.stdout(given('added', called.value as Grant, called.timeZone))
    else if (subcommand === 'extend') io.stdout(given('extended', called.value as Grant, called.timeZone))
    else io.stdout(`revoked ${id}\n`)
    return 0
  },
)

/** Validates all options before the call. Throws `UsageError`. */
function apiCallOf(
  subcommand: (typeof subcommands)[number],
  id: string | undefined,
  values: Values<typeof options>,
): (socket: string) => Promise<ApiResult> {
  switch (subcommand) {
    case 'list': {
      const query = pageQuery(values)
      return (socket) => callApi(socket, 'GET', `/grants${query}`)
    }
    case 'external':
      return (socket) => callApi(socket, 'GET', '/grants/external')
    case 'add': {
      newGrant(values, undefined)
      return async (socket) => callApi(socket, 'POST', '/grants', newGrant(values, await zoneOfGateway(socket, values)))
    }
    case 'extend': {
      endWanted(values, Date.now(), undefined)
      return async (socket) => {
        const zone = await zoneOfGateway(socket, values)
        const until = endWanted(values, Date.now(), zone)
        return callApi(socket, 'POST', '/grants/extend', { id, until, time_zone: zone })
      }
    }
    case 'revoke':
      return (socket) => callApi(socket, 'POST', '/grants/revoke', { id })
    default:
      return never(subcommand)
  }
}

/** IANA name of the zone in which times without an offset are meant; undefined when there are none. */
async function zoneOfGateway(socket: string, { from, until }: Values<typeof options>): Promise<string | undefined> {
  if (![from, until].some((text) => text !== undefined && isWallClock(text))) return undefined
  return (await callApi(socket, 'GET', '/grants?limit=0')).timeZone
}

/**
 * Request body of `POST /grants`. The gateway validates names. `zone`: of times without an offset; undefined: not known yet,
 * only the syntax is checked. Throws `UsageError`.
 */
function newGrant(values: Values<typeof options>, zone: string | undefined): object {
  const { level, schedule, sponsor, reason, contract } = values
  const who = requiredOption(values.who, '--who')
  const app = requiredOption(values.app, '--app')
  if (level !== undefined && level !== 'read' && level !== 'full')
    throw new UsageError('--level: expected read or full')
  const from = values.from === undefined ? Date.now() : instant('--from', values.from, zone)
  const until = endWanted(values, from, zone)
  // A time with an offset and one without can be compared once the zone is known.
  const written = [values.from, values.until].flatMap((text) => (text === undefined ? [] : isWallClock(text)))
  const comparable = zone !== undefined || new Set(written).size < 2
  if (comparable && until <= from) throw new UsageError('--until: the grant ends before it begins')
  return { who, app, level, schedule, sponsor, reason, contract, from, until, time_zone: zone }
}

/** Epoch milliseconds. Throws `UsageError`. */
function endWanted(values: Values<typeof options>, from: number, zone: string | undefined): number {
  if (values.for === undefined && values.until === undefined) {
    throw new UsageError('missing --for or --until')
  }
  if (values.for !== undefined && values.until !== undefined) {
    throw new UsageError('--for and --until exclude each other')
  }
  const length = values.for === undefined ? undefined : parseDuration(values.for)
  if (values.for !== undefined && !length)
    throw new UsageError('--for: expected a duration such as 90s, 15m, 8h or 30d')
  return length === undefined ? instant('--until', values.until!, zone) : from + length
}

function instant(option: '--from' | '--until', text: string, zone = 'UTC'): number {
  const moment = parseMoment(text, zone, option === '--until')
  if (moment === undefined) {
    throw new UsageError(`${option}: expected a time such as 2026-12-01T08:00+01:00 or 2026-12-01T08:00`)
  }
  return moment
}

function given(what: string, grant: Grant, zone: string): string {
  return `${what} ${grant.id}: ${escapeControls(grant.who)} to ${escapeControls(grant.app)} (${grant.level}), ${beginningOf(grant, zone)} to ${endOf(grant, zone)}\n`
}

function listed(all: readonly Grant[], values: Values<typeof options>, zone: string): string {
  if (all.length === 0) return values.after === undefined ? 'no grants\n' : 'no more grants\n'
  const now = Date.now()
  const { some, rest } = firstPage(all, values, 'grants')
  const rows = some.map((grant) => [
    grant.id,
    escapeControls(grant.who) + boundTo(grant),
    escapeControls(grant.app),
    grant.level,
    beginningOf(grant, zone),
    endOf(grant, zone),
    stateOf(grant, now, zone),
    grant.origin === 'configuration' ? 'configuration' : escapeControls(grant.givenBy),
    escapeControls(grant.reason),
    escapeControls(grant.contract),
  ])
  return (
    table(['GRANT', 'WHO', 'APP', 'LEVEL', 'FROM', 'UNTIL', 'STATE', 'GIVEN BY', 'REASON', 'CONTRACT'], rows) + rest
  )
}

function beginningOf(grant: Pick<Grant, 'from'>, zone: string): string {
  return hasBeginning(grant) ? formatTime(grant.from, zone) : 'always'
}

/** A day alone is the last one, as where it was written; with the zone of that day if it is not the reader's. */
function endOf({ until, timeZone }: Pick<Grant, 'until' | 'timeZone'>, zone: string): string {
  if (!hasEnd({ until })) return 'no end'
  const written = nullToUndefined(timeZone)
  const day = lastDayOf({ until, timeZone: written })
  if (day === undefined) return formatTime(until, zone)
  return written === zone ? day.toString() : `${day} (${written})`
}

/** The account that a grant to an address belongs to since its first use. */
function boundTo(grant: Grant): string {
  const sub = nullToUndefined(grant.boundTo)
  return sub === undefined ? '' : ` (bound to ${escapeControls(sub)})`
}

function register(all: readonly ExternalLine[], csv: boolean, zone: string): string {
  if (csv) return externalCsv(all.map(withoutNull))
  if (all.length === 0) return 'no grants of external users\n'
  const rows = all.map((line) => [
    escapeControls(line.id),
    escapeControls(nullToUndefined(line.email) ?? line.who),
    escapeControls(line.organisation),
    escapeControls(line.app),
    line.level,
    endOf(line, zone),
    line.state,
    escapeControls(line.sponsor),
    escapeControls(line.contract),
    escapeControls(nullToUndefined(line.declaredAt) ?? line.givenBy),
    nullToUndefined(line.lastUsed) === undefined ? 'never' : formatTime(line.lastUsed, zone).slice(0, 10),
    line.remarks.map((remark) => remark.replaceAll('_', ' ')).join(', '),
  ])
  const head = [
    'GRANT',
    'WHO',
    'OF',
    'APP',
    'LEVEL',
    'UNTIL',
    'STATE',
    'SPONSOR',
    'CONTRACT',
    'GIVEN BY',
    'LAST USED',
    '',
  ]
  return table(head, rows)
}

function withoutNull(line: ExternalLine): ExternalLine {
  return Object.fromEntries(Object.entries(line).filter(([, value]) => value !== null)) as unknown as ExternalLine
}

function stateOf(grant: Grant, now: number, zone: string): string {
  if (grant.revokedAt !== undefined && grant.revokedAt !== null) return `revoked ${formatTime(grant.revokedAt, zone)}`
  if (grant.until <= now) return 'ended'
  return grant.from > now ? 'not yet' : 'valid'
}
