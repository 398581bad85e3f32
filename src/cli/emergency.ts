// `einlass emergency create|list|revoke`: sealed codes for when nobody can sign in.

import { parseDuration, printDuration } from '../config/units.ts'
import type { EmergencyCode } from '../grants/emergency/codes.ts'
import { callApi, errorOf, socketHelp, socketOptions, socketPath, type ApiResult } from './admin-client.ts'
import { json } from './json.ts'
import { ofList } from './paging.ts'
import { moment, plain, table } from './table.ts'
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
    help: `  create           makes a code that opens one app, once, while the provider is down. It is printed here and never
                   again: write it down, seal it, lock it away
    --app APP        which app; its configuration says emergency.codes: true
    --for 1h         how long the access lasts from when the code is used; 1h when left out
    --expires 90d    when the unused code expires; 90d when left out, 366d at most
  list             which codes there are, which were used and from where; never the codes themselves
  revoke CODE-ID   takes back one that was not used

Whoever uses a code at /emergency of the gateway gets a session for that app and nothing else. It is alarmed at once,
and has to be reviewed like any emergency.

${socketHelp}`,
    options,
    words: true,
  },
  async (values, io, words) => {
    const subcommand = subcommandOf(words, subcommands)
    const [, id, ...more] = words
    const excess = subcommand === 'revoke' ? more[0] : id
    if (excess !== undefined) throw new UsageError(`what is "${plain(excess)}"?`)
    if (subcommand === 'revoke' && id === undefined)
      throw new UsageError('revoke which one? "einlass emergency list" tells')
    const odd = subcommand === 'create' ? undefined : (['app', 'for', 'expires'] as const).find((name) => values[name])
    if (odd !== undefined) throw new UsageError(`--${odd} goes with create, not with ${subcommand}`)

    const ask = apiCallOf(subcommand, id, values)
    const called = await ask(await socketPath(values, io))
    if (called.status !== 200) return (io.stderr(`einlass emergency: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (subcommand === 'list') io.stdout(listed(called.value as readonly EmergencyCode[]))
    else if (subcommand === 'create') io.stdout(created(called.value as { code: string; record: EmergencyCode }))
    else io.stdout(`revoked ${id}\n`)
    return 0
  },
)

/** Reads everything before anybody is asked. Throws `WrongUsage`. */
function apiCallOf(
  act: (typeof subcommands)[number],
  id: string | undefined,
  values: Values<typeof options>,
): (socket: string) => Promise<ApiResult> {
  if (act === 'list') return (socket) => callApi(socket, 'GET', '/emergency')
  if (act === 'revoke') return (socket) => callApi(socket, 'POST', '/emergency/revoke', { id })
  const app = requiredOption(values.app, '--app')
  const duration = parseDuration(values.for ?? '1h')
  const expires = parseDuration(values.expires ?? '90d')
  if (!duration) throw new UsageError('--for: write a duration such as 30m or 1h')
  if (!expires) throw new UsageError('--expires: write a duration such as 90d')
  return (socket) => callApi(socket, 'POST', '/emergency', { app, duration, expiresAt: Date.now() + expires })
}

function created({ code, record }: { readonly code: string; readonly record: EmergencyCode }): string {
  return `${code}

opens ${plain(record.app)} once, for ${printDuration(record.duration)}, until ${moment(record.expiresAt)}; it is ${record.id} in lists.
It is not shown again: write it down, seal it, lock it away.
`
}

function listed(all: readonly EmergencyCode[]): string {
  if (all.length === 0) return 'there are no emergency codes\n'
  const now = Date.now()
  const rows = all.map((code) => [
    code.id,
    plain(code.app),
    printDuration(code.duration),
    moment(code.createdAt),
    plain(code.createdBy),
    moment(code.expiresAt),
    stateOf(code, now),
  ])
  return table(['CODE-ID', 'APP', 'FOR', 'MADE', 'BY', 'EXPIRES', 'STATE'], rows)
}

function stateOf({ used, revokedAt, expiresAt }: EmergencyCode, now: number): string {
  if (ofList(used) !== undefined) return `used ${moment(used!.at)} from ${plain(used!.address)}`
  if (ofList(revokedAt) !== undefined) return `revoked ${moment(revokedAt)}`
  return expiresAt <= now ? 'expired' : 'good'
}
