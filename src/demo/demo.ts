// `einlass demo`: the whole system on one machine, to try in a browser; with `--tour`, a scripted walk through it.

import { parseArgs } from 'node:util'
import { introductionText, ink } from './introduction.ts'
import { startDemoEnvironment, CannotStart, type DemoEnvironment } from './stage.ts'
import type { CommandIo, RunCommand } from './tour/command.ts'
import { playTour } from './tour/tour.ts'

const help = `Usage: einlass demo [--port 8080] [--tour]

Starts the gateway, two identity providers, four small applications and a company laptop on this machine,
reachable only from this machine, and prints the addresses, the people and what to try.

  --port N   port of the gateway; uses the next four ports as well; 0: any free ports (default 8080)
  --tour     runs the demo without a browser, one line per step; exit 0 if every step passed, else 1
`

/**
 * Exit code: 0 stopped or every step passed, 1 the demo cannot start or a step failed, 2 wrong usage, 130 interrupted.
 */
export async function demo(args: readonly string[], io: CommandIo, runCommand: RunCommand): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8080' },
      tour: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return (io.stdout(help), 0)
  const port = Number(values.port)
  if (!/^\d{1,5}$/.test(values.port) || port > 65_531) {
    io.stderr(`einlass demo: --port must be a number from 0 to 65531, not "${values.port}"\n`)
    return 2
  }

  const began = performance.now()
  const paint = ink(process.stdout.isTTY === true && !io.env.NO_COLOR && io.env.TERM !== 'dumb')
  // Before the start, so that a signal during the start stops what was started.
  const signal = awaitSignal()
  let stage: DemoEnvironment | undefined
  try {
    stage = await startDemoEnvironment({
      port,
      grantFor: 10 * 60_000,
      revalidate: values.tour ? '2s' : '5s',
      env: io.env,
      now: Date.now,
    })
    if (values.tour) {
      const tour = playTour(stage, { print: io.stdout, paint, now: Date.now, runCommand })
      return await Promise.race([tour, signal.arrived.then(() => 130)])
    }
    io.stdout(introductionText(stage, paint, performance.now() - began))
    await signal.arrived
    io.stdout(`\n  ${paint.dim('Stopped.')}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error
    io.stderr(`einlass demo: ${error.message}\n`)
    return 1
  } finally {
    await stage?.stop()
    signal.ignore()
  }
}

/** Milliseconds. Ctrl-C in a terminal arrives twice: directly, and forwarded by `npm` or the launcher. */
const duplicateWindow = 500

/**
 * Waits for the first SIGINT or SIGTERM; a second one after the duplicate window ends the process by default action.
 */
function awaitSignal(): { readonly arrived: Promise<void>; ignore(): void } {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let resolve: () => void = () => undefined
  const arrived = new Promise<void>((done) => (resolve = done))
  const ignore = () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
  let received = false
  const onSignal = () => {
    if (!received) setTimeout(ignore, duplicateWindow).unref()
    received = true
    resolve()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return { arrived, ignore }
}
