// `einlass sessions list|end`: who is signed in, and ending it on every node.

import { parseArgs } from 'node:util'
import { call, errorOf, socketHelp, socketOptions, socketPath } from './client.ts'
import type { Io } from './command.ts'
import { moment, plain, table } from './table.ts'

const help = `Usage: einlass sessions list [--json]
       einlass sessions end SESSION
       einlass sessions end --user ADDRESS|PROVIDER|SUBJECT

${socketHelp}`

interface Described {
  readonly id: string
  readonly subject: { readonly provider: string; readonly sub: string; readonly email?: string }
  readonly authentication: { readonly mfa: boolean }
  readonly createdAt: number
  readonly endsAt: number
  readonly address?: string
  readonly device?: string
}

export async function sessions(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { ...socketOptions, user: { type: 'string' } },
    allowPositionals: true,
  })
  if (values.help) return (io.stdout(help), 0)
  const [act, id, ...more] = positionals
  const lists = act === 'list' && id === undefined && values.user === undefined
  const ends = act === 'end' && (id === undefined) !== (values.user === undefined)
  if ((!lists && !ends) || more.length > 0) return (io.stderr(help), 2)

  const socket = await socketPath(values, io)
  const called = lists
    ? await call(socket, 'GET', '/sessions')
    : await call(socket, 'POST', '/sessions/end', { id, user: values.user })
  if (called.status !== 200) return (io.stderr(`einlass sessions: ${errorOf(called)}\n`), 1)
  if (values.json) io.stdout(`${JSON.stringify(called.value)}\n`)
  else if (lists) io.stdout(listed(called.value as readonly Described[]))
  else io.stdout((called.value as { ended: string[] }).ended.map((ended) => `ended ${ended}\n`).join(''))
  return 0
}

function listed(all: readonly Described[]): string {
  const rows = all.map(({ id, subject, authentication, createdAt, endsAt, address, device }) => [
    id,
    plain(subject.email ?? subject.sub),
    plain(subject.provider),
    authentication.mfa ? 'yes' : 'no',
    moment(createdAt),
    moment(endsAt),
    plain(address),
    plain(device),
  ])
  return table(['SESSION', 'WHO', 'PROVIDER', 'MFA', 'SINCE', 'ENDS AT THE LATEST', 'FROM', 'DEVICE'], rows)
}
