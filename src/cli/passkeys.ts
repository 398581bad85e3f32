// `einlass passkeys list|remove`: passkeys of guests, and their removal after a lost device.

import { callApi, errorOf, socketHelp, socketOptions, socketPath } from './admin-client.ts'
import { json } from './json.ts'
import { formatTime, escapeControls, table } from './table.ts'
import { subcommandOf, command, UsageError } from './parse-arguments.ts'

interface Described {
  readonly email: string
  readonly passkeys: readonly { readonly name: string; readonly addedAt: number; readonly usedAt?: number }[]
}

export const passkeys = command(
  {
    name: 'passkeys',
    usage: 'einlass passkeys list | remove ADDRESS [--socket PATH | --config FILE] [--json]',
    help: `  list             lists the passkeys of guests
  remove ADDRESS   removes all passkeys of a guest who lost the device, and ends the
                   sessions of that guest; the next sign-in may add one

${socketHelp}`,
    options: socketOptions,
    words: true,
  },
  async (values, io, words) => {
    const act = subcommandOf(words, ['list', 'remove'])
    const [, email, ...more] = words
    if (more.length > 0) throw new UsageError(`unexpected argument "${escapeControls(more[0])}"`)
    if (act === 'list' && email !== undefined) throw new UsageError('list takes no ADDRESS')
    if (act === 'remove' && email === undefined) throw new UsageError('expected ADDRESS')
    const socket = await socketPath(values, io)
    const called =
      act === 'list'
        ? await callApi(socket, 'GET', '/passkeys')
        : await callApi(socket, 'POST', '/passkeys/remove', { email })
    if (called.status !== 200) return (io.stderr(`einlass passkeys: ${errorOf(called)}\n`), 1)
    if (values.json) io.stdout(json(called.value))
    else if (act === 'list') io.stdout(listed(called.value as readonly Described[], called.timeZone))
    else {
      const { removed, ended } = called.value as { removed: number; ended: number }
      io.stdout(`removed ${removed} of ${escapeControls(email)}, ended ${ended} sessions\n`)
    }
    return 0
  },
)

/** `zone`: IANA name. */
function listed(all: readonly Described[], zone: string): string {
  if (all.length === 0) return 'no passkeys\n'
  const rows = all.flatMap(({ email, passkeys: own }) =>
    own.map(({ name, addedAt, usedAt }) => [
      escapeControls(email),
      escapeControls(name),
      formatTime(addedAt, zone),
      usedAt === undefined ? 'never' : formatTime(usedAt, zone),
    ]),
  )
  return table(['GUEST', 'NAME', 'ADDED', 'LAST USED'], rows)
}
