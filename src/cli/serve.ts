// `einlass serve --config FILE`: the gateway, until it is told to stop.

import { resolve } from 'node:path'
import { didYouMean } from '../config/load/problem.ts'
import type { LogLevel } from '../server/start-gateway.ts'
import { redactText } from '../telemetry/redact.ts'
import { openGateway, type OpenedGateway } from '../server/workers/open.ts'
import type { Io } from './command.ts'
import { relativeAsGiven } from './configuration-file.ts'
import { plain } from './table.ts'
import { command, requiredOption, UsageError } from './parse-arguments.ts'

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export const serve = command(
  {
    name: 'serve',
    usage: 'einlass serve --config FILE [--log-level LEVEL]',
    help: `Runs the gateway in the foreground. Its log goes to standard error, one JSON object per line.

  --config FILE       the configuration
  --log-level LEVEL   ${levels.join(', ')}; info when left out

With Redis it starts one process for each core, or as many as gateway.workers says, and looks after them.
SIGHUP reads the configuration again (a changed file is noticed without it). SIGTERM and SIGINT finish open requests,
for 10 seconds at most, and stop; a second one cuts what is still open.
`,
    options: { config: { type: 'string' }, 'log-level': { type: 'string' } },
  },
  async (values, io) => {
    const typed = requiredOption(values.config, '--config')
    const logLevel = levelOf(values['log-level'] ?? 'info')
    const file = resolve(io.cwd, typed)
    // From the beginning: unheard, SIGHUP would end the process while it starts.
    const running: { gateway?: OpenedGateway } = {}
    process.on('SIGHUP', () => void running.gateway?.reload())

    const started = await openGateway({ file, env: io.env, logLevel })
    for (const warning of started.warnings) io.stderr(`${relativeAsGiven(warning, file, typed)}\n`)
    if (started.state === 'refused') {
      const { problems } = started
      for (const problem of problems) io.stderr(`${relativeAsGiven(problem, file, typed)}\n`)
      io.stderr(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: the gateway was not started\n`)
      return 1
    }
    const { gateway } = started
    running.gateway = gateway
    // Listening before it says so: whoever reads that it is open may send SIGTERM at once.
    const ended = untilStopped(gateway, io)
    io.stderr(`${openedMessage(gateway)}einlass: ${gateway.origin} is open\n`)
    return ended
  },
)

function levelOf(text: string): LogLevel {
  const level = levels.find((one) => one === text)
  if (level !== undefined) return level
  throw new UsageError(
    `--log-level: there is no level "${plain(text)}"${didYouMean(text, levels) || `; there are: ${levels.join(', ')}`}`,
  )
}

function openedMessage({ ports, operationsPort, workers, oneWorker }: OpenedGateway): string {
  const listening = `listening on ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`
  const crew =
    workers > 1 ? `einlass: ${workers} workers\n` : oneWorker === undefined ? '' : `einlass: one worker: ${oneWorker}\n`
  return `${crew}einlass: ${listening}${operationsPort === undefined ? '' : `, operations on port ${operationsPort}`}\n`
}

/** Milliseconds. Ctrl-C in a terminal reaches us twice: as one of its processes, and through `npm` or the launcher. */
const echo = 500

/** Milliseconds from something unforeseen to the end of the process: the patience of `stop`, and some for the audit. */
const maxShutdownTime = 15_000

/** Resolves with the exit code, once everything is closed. */
function untilStopped(gateway: OpenedGateway, io: Io): Promise<number> {
  return new Promise((resolve) => {
    let toldAt: number | undefined
    let forced = false
    let code = 0
    const stop = (timeout?: number): void => {
      gateway.stop(timeout).then(
        () => resolve(code),
        (error: unknown) => {
          io.stderr(`einlass: stopping failed: ${String(error)}\n`)
          resolve(1)
        },
      )
    }
    const told = (): void => {
      const at = performance.now()
      if (toldAt === undefined) {
        toldAt = at
        io.stderr('einlass: finishing open requests; once more to cut them\n')
        return stop()
      }
      if (at - toldAt < echo) return
      toldAt = at
      // Whoever insists a third time does not want to wait for the audit either.
      if (forced) process.exit(1)
      forced = true
      stop(0)
    }
    void gateway.fatalError.then((error) => {
      io.stderr(`einlass: giving up: ${error.message}\n`)
      code = 1
      stop()
    })
    process.on('SIGTERM', told)
    process.on('SIGINT', told)
    // Nobody knows what state the unforeseen leaves behind: finish what is open, and let the supervisor start anew.
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
        io.stderr(`einlass: unforeseen, stopping: ${redactText(what)}\n`)
        // What cannot be stopped in order any more is stopped all the same.
        setTimeout(() => process.exit(1), maxShutdownTime).unref()
        code = 1
        stop()
      })
    }
  })
}
