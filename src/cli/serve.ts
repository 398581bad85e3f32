// `einlass serve --config FILE`: the gateway, until it is told to stop.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startGateway, type LogLevel } from '../main.ts'
import type { Io } from './command.ts'

const help = `Usage: einlass serve --config FILE [--log-level debug|info|warn|error]

Runs the gateway. SIGHUP reloads the configuration, SIGTERM and SIGINT finish open requests and stop.
`
const levels: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent']

export async function serve(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return (io.stdout(help), 0)
  const level = values['log-level']
  if (values.config === undefined || !levels.includes(level)) return (io.stderr(help), 2)

  const started = await startGateway({ file: resolve(io.cwd, values.config), env: io.env, logLevel: level as LogLevel })
  if (started.state === 'refused') {
    io.stderr(started.problems.map((problem) => `${problem}\n`).join(''))
    return 1
  }
  const { gateway } = started
  io.stderr(`einlass: ${gateway.origin} is open\n`)
  process.on('SIGHUP', () => void gateway.reload())
  const code = await untilToldToStop(io)
  try {
    await gateway.stop()
    return code
  } catch (error) {
    io.stderr(`einlass: stopping failed: ${String(error)}\n`)
    return 1
  }
}

/** Resolves with the exit code. Handlers stay: a second signal must not tear a stop in progress apart. */
function untilToldToStop(io: Io): Promise<number> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve(0))
    process.on('SIGINT', () => resolve(0))
    // Nobody knows what state the unforeseen leaves behind: finish what is open, and let the supervisor start anew.
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => {
        io.stderr(`einlass: unforeseen, stopping: ${error instanceof Error ? error.stack : String(error)}\n`)
        resolve(1)
      })
    }
  })
}
