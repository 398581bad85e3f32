// `einlass sessions list|end`: lists sessions, and ends them on every node.

import { callApi, errorOf, socketHelp, socketOptions, socketPath } from './admin-client.ts'
import { emergencyWho } from './emergency-lines.ts'
import type { EmergencyStatus } from '../server/management/status.ts'
import { json } from './json.ts'
import { formatTime, escapeControls, table } from './table.ts'
import { subcommandOf, command, UsageError } from './parse-arguments.ts'

interface Described {
  readonly id: string
  readonly subject: { readonly provider: string; readonly sub: string; readonly email?: string }
  readonly authentication: { readonly mfa: boolean }
  readonly createdAt: number
  readonly endsAt: number
  readonly address?: string
  readonly device?: string
  readonly emergency: EmergencyStatus | null
}

export const sessions = command(
  {
    name: 'sessions',
    usage: 'einlass sessions list | end SESSION | end --user ADDRESS [--socket PATH | --config FILE] [--json]',
    help: `  list                 lists all sessions
  end SESSION          ends one session
  end --user ADDRESS   ends all sessions of a user: e-mail address, or PROVIDER|SUBJECT

Open connections of an ended session are closed, on every node.

${socketHelp}`,
    options: { ...socketOptions, user: { type: 'string' } },
    words: true,
  },
  async (values, io, words) => {
    const act = subcommandOf(words, ['list', 'end'])
    const [, id, ...more] = words
    if (more.length > 0) throw new UsageError(`unexpected argument "${escapeControls(more[0])}"`)
    if (act === 'list' && (id !== undefined || values.user !== undefined))
      throw new UsageError('list takes no SESSION and no --user')
    if (act === 'end' && (id === undefined) === (values.user === undefined)) {
      throw new UsageError('expected either SESSION or --user')
    }

    const socket = await socketPath(values, io)
    const called =
      act === 'list'
        ? await callApi(socket, 'GET', '/sessions')
        : await callApi(socket, 'POST', '/sessions/end', { id, user: values.user })
    if (called.status !== 200) return (io.stderr(`einlass sessions: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (act === 'list') io.stdout(listed(called.value as readonly Described[], called.timeZone))
    else io.stdout((called.value as { ended: string[] }).ended.map((ended) => `ended ${ended}\n`).join(''))
    return 0
  },
)

function listed(all: readonly Described[], zone: string): string {
  if (all.length === 0) return 'no sessions\n'
  // The last column is there while an emergency is running, and then hard to miss.
  const alarming = all.some(({ emergency }) => emergency)
  const rows = all.map(({ id, subject, authentication, createdAt, endsAt, address, device, emergency }) => [
    id,
    emergency?.statedName ? emergencyWho(emergency) : escapeControls(subject.email ?? subject.sub),
    escapeControls(subject.provider),
    authentication.mfa ? 'yes' : 'no',
    formatTime(createdAt, zone),
    formatTime(endsAt, zone),
    escapeControls(address),
    escapeControls(device),
    ...(alarming ? [emergency ? `EMERGENCY ACCESS to ${escapeControls(emergency.app)}` : ''] : []),
  ])
  const columns = ['SESSION', 'WHO', 'PROVIDER', 'MFA', 'SINCE', 'ENDS BY', 'FROM', 'DEVICE']
  return table([...columns, ...(alarming ? ['EMERGENCY'] : [])], rows)
}
