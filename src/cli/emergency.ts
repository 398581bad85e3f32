// `einlass emergency create|list|revoke`: one-time emergency codes for use while sign-in is impossible.

import { parseDuration, printDuration } from '../config/units.ts'
import type { EmergencyCode } from '../grants/emergency/codes.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath, type ApiResult } from './admin-client.ts'
import { json } from './json.ts'
import { nullToUndefined } from './paging.ts'
import { formatTime, escapeControls, table } from './table.ts'
import { subcommandOf, command, requiredOption, UsageError, type Values } from './parse-arguments.ts'

const options = {
  ...socketOptions,
  app: { type: 'string' },
  for: { type: 'string' },
  expires: { type: 'string' },
} as const

const subcommands = ['create', 'list', 'revoke'] as const

export const emergency = command(
  {
    name: 'emergency',
    usage:
      'einlass emergency create --app APP [--for 1h] [--expires 90d] | list | revoke CODE-ID [--socket PATH | --config FILE] [--json]',
    help: `  create           creates a code that gives access to one app, once, while the provider is down. It is printed
                   only once: write it down, seal it and lock it away
    --app APP        the app; requires emergency.codes: true in its configuration
    --for 1h         duration of the access from the use of the code; default 1h
    --expires 90d    lifetime of the unused code; default 90d, at most 366d
  list             lists all codes with their state and use; never the codes themselves
  revoke CODE-ID   revokes an unused code

A code is redeemed at /emergency of the gateway, for a session of that app only. Its use raises an alarm immediately
and must be reviewed like any emergency access.

${socketHelp}`,
    options,
    words: true,
  },
  async (values, io, words) => {
    const subcommand = subcommandOf(words, subcommands)
    const [, id, ...more] = words
    const excess = subcommand === 'revoke' ? more[0] : id
    if (excess !== undefined) throw new UsageError(`unexpected argument "${escapeControls(excess)}"`)
    if (subcommand === 'revoke' && id === undefined)
      throw new UsageError('missing CODE-ID; see "einlass emergency list"')
    const odd = subcommand === 'create' ? undefined : (['app', 'for', 'expires'] as const).find((name) => values[name])
    if (odd !== undefined) throw new UsageError(`--${odd} is an option of create, not of ${subcommand}`)

    const call = apiCallOf(subcommand, id, values)
    const called = await call(await socketPath(values, io))
    if (called.status !== 200) return (io.stderr(`einlass emergency: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (subcommand === 'list') io.stdout(listed(called.value as readonly EmergencyCode[], called.timeZone))
    else if (subcommand === 'create')
      io.stdout(created(called.value as { code: string; record: EmergencyCode }, called.timeZone))
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
  if (subcommand === 'list') return (socket) => callApi(socket, 'GET', '/emergency')
  if (subcommand === 'revoke') return (socket) => callApi(socket, 'POST', '/emergency/revoke', { id })
  const app = requiredOption(values.app, '--app')
  const duration = parseDuration(values.for ?? '1h')
  const expires = parseDuration(values.expires ?? '90d')
  if (!duration) throw new UsageError('--for: expected a duration such as 30m or 1h')
  if (!expires) throw new UsageError('--expires: expected a duration such as 90d')
  return (socket) => callApi(socket, 'POST', '/emergency', { app, duration, expiresAt: Date.now() + expires })
}

function created({ code, record }: { readonly code: string; readonly record: EmergencyCode }, zone: string): string {
  return `${code}

opens ${escapeControls(record.app)} once, for ${printDuration(record.duration)}; expires ${formatTime(record.expiresAt, zone)}; listed as ${record.id}.
It is not shown again: write it down, seal it and lock it away.
`
}

function listed(all: readonly EmergencyCode[], zone: string): string {
  if (all.length === 0) return 'no emergency codes\n'
  const now = Date.now()
  const rows = all.map((code) => [
    code.id,
    escapeControls(code.app),
    printDuration(code.duration),
    formatTime(code.createdAt, zone),
    escapeControls(code.createdBy),
    formatTime(code.expiresAt, zone),
    stateOf(code, now, zone),
  ])
  return table(['CODE-ID', 'APP', 'FOR', 'CREATED', 'BY', 'EXPIRES', 'STATE'], rows)
}

function statedBy({ name }: NonNullable<EmergencyCode['used']>): string {
  return name === undefined ? '' : `, stated name ${escapeControls(JSON.stringify(name))}`
}

function stateOf({ used, revokedAt, expiresAt }: EmergencyCode, now: number, zone: string): string {
  if (nullToUndefined(used) !== undefined)
    return `used ${formatTime(used!.at, zone)} from ${escapeControls(used!.address)}${statedBy(used!)}`
  if (nullToUndefined(revokedAt) !== undefined) return `revoked ${formatTime(revokedAt, zone)}`
  return expiresAt <= now ? 'expired' : 'valid'
}
