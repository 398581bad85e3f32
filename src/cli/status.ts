// `einlass status`: how a running gateway is, on one screen.

import { parseArgs } from 'node:util'
import { call, errorOf, socketHelp, socketOptions, socketPath } from './client.ts'
import type { Io } from './command.ts'
import { moment, plain } from './table.ts'
import type { Status } from '../gateway/status.ts'

const help = `Usage: einlass status [--json]

Exit 0: all is well. Exit 1: something needs attention, and the lines say what.

${socketHelp}`

export async function status(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: socketOptions })
  if (values.help) return (io.stdout(help), 0)
  const called = await call(await socketPath(values, io), 'GET', '/status')
  if (called.status !== 200) return (io.stderr(`einlass status: ${errorOf(called)}\n`), 1)
  const now = called.value as Status
  io.stdout(values.json ? `${JSON.stringify(now)}\n` : described(now))
  return wrong(now).length === 0 ? 0 : 1
}

function described(now: Status): string {
  const { configuration, store, open } = now
  const lines = [
    `einlass ${now.version}, process ${now.pid}, since ${moment(now.startedAt)}`,
    `configuration  ${configuration.hash}, ${plain(configuration.file)}, since ${moment(configuration.appliedAt)}`,
    `store          ${store.kind}, ${store.reachable ? 'reachable' : 'UNREACHABLE'}, ${store.lag ?? '?'} ms behind`,
    `sessions       ${now.sessions ?? '?'}, grants ${now.grants}`,
    `open           ${Object.entries(open)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')}`,
    ...now.upstreams.map(
      ({ app, origin, healthy }) => `upstream       ${app}: ${origin} ${healthy ? 'healthy' : 'DOWN'}`,
    ),
    ...wrong(now).map((problem) => `! ${problem}`),
  ]
  return `${lines.join('\n')}\n`
}

function wrong(now: Status): string[] {
  return [
    ...(now.store.reachable ? [] : ['the store does not answer: nobody new is let in']),
    ...now.configuration.refused.map((problem) => `the configuration file was changed and refused: ${plain(problem)}`),
    ...now.upstreams.filter(({ healthy }) => !healthy).map(({ app, origin }) => `${app}: ${origin} does not answer`),
  ]
}
