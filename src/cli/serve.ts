// `einlass serve --config FILE`: runs the gateway until it is stopped by a signal.

import { resolve } from 'node:path'
import { didYouMean } from '../config/load/problem.ts'
import type { LogLevel } from '../server/start-gateway.ts'
import { redactText } from '../telemetry/redact.ts'
import { openGateway, type OpenedGateway } from '../server/workers/open.ts'
import type { Io } from './command.ts'
import { relativeAsGiven } from './configuration-file.ts'
import { escapeControls } from './table.ts'
import { command, requiredOption, UsageError } from './parse-arguments.ts'

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export const serve = command(
  {
    name: 'serve',
    usage: 'einlass serve --config FILE [--log-level LEVEL]',
    help: `Runs the gateway in the foreground. Its log goes to standard error, one JSON object per line.

  --config FILE       the configuration
  --log-level LEVEL   ${levels.join(', ')}; default info

With Redis it starts and supervises one worker process per core, or as many as gateway.workers.
SIGHUP reloads the configuration (a changed file is reloaded automatically). SIGTERM and SIGINT finish open requests,
for at most 10 seconds, and stop; a second signal aborts them.
`,
    options: { config: { type: 'string' }, 'log-level': { type: 'string' } },
  },
  async (values, io) => {
    const typed = requiredOption(values.config, '--config')
    const logLevel = levelOf(values['log-level'] ?? 'info')
    const file = resolve(io.cwd, typed)
    // Before the start: without a handler, SIGHUP would end the process.
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
    // Before the message: a supervisor may send SIGTERM as soon as it reads that the gateway is open.
    const ended = untilStopped(gateway, io)
    io.stderr(`${openedMessage(gateway)}einlass: ${gateway.origin} is open\n`)
    return ended
  },
)

function levelOf(text: string): LogLevel {
  const level = levels.find((one) => one === text)
  if (level !== undefined) return level
  throw new UsageError(
    `--log-level: unknown level "${escapeControls(text)}"${didYouMean(text, levels) || `; known levels: ${levels.join(', ')}`}`,
  )
}

function openedMessage({ ports, operationsPort, workers, oneWorker }: OpenedGateway): string {
  const listening = `listening on ${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`
  const workersLine =
    workers > 1 ? `einlass: ${workers} workers\n` : oneWorker === undefined ? '' : `einlass: one worker: ${oneWorker}\n`
  return `${workersLine}einlass: ${listening}${operationsPort === undefined ? '' : `, operations on port ${operationsPort}`}\n`
}

/** Milliseconds. Ctrl-C in a terminal arrives twice: directly, and forwarded by `npm` or the launcher. */
const duplicateWindow = 500

/**
 * Milliseconds from an unexpected error to the end of the process: the timeout of `stop`, and time to flush the audit.
 */
const maxShutdownTime = 15_000

/** Resolves with the exit code, once everything is closed. */
function untilStopped(gateway: OpenedGateway, io: Io): Promise<number> {
  return new Promise((resolve) => {
    let signalledAt: number | undefined
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
    const onSignal = (): void => {
      const at = performance.now()
      if (signalledAt === undefined) {
        signalledAt = at
        io.stderr('einlass: finishing open requests; signal again to abort them\n')
        return stop()
      }
      if (at - signalledAt < duplicateWindow) return
      signalledAt = at
      // A third signal ends the process without flushing the audit.
      if (forced) process.exit(1)
      forced = true
      stop(0)
    }
    void gateway.fatalError.then((error) => {
      io.stderr(`einlass: stopping: ${error.message}\n`)
      code = 1
      stop()
    })
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    // The state after an unexpected error is unknown: finish open requests and exit, so that the supervisor restarts.
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
        io.stderr(`einlass: unexpected error, stopping: ${redactText(what)}\n`)
        // If an orderly stop is no longer possible, exit anyway.
        setTimeout(() => process.exit(1), maxShutdownTime).unref()
        code = 1
        stop()
      })
    }
  })
}
