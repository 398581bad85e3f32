// Command line: the table of commands, dispatch, and error reporting.

import { didYouMean } from '../config/load/problem.ts'
import type { Command, Io } from './command.ts'
import { escapeControls } from './table.ts'

interface CommandEntry {
  readonly summary: string
  /** Exit codes besides 2, which is wrong usage of any command: what each means. Printed below `--help`. */
  readonly exits: Readonly<Record<number, string>>
  load(): Promise<Command>
}

const done = 'done'
/** Exit code 1 of commands that use the admin API. */
const failed = 'the gateway rejected the command, or is unreachable'

export const commands: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary: 'try Einlass on this machine',
    exits: {
      0: 'stopped, or every step of the tour passed',
      1: 'the demo cannot start, or a step failed',
      130: 'interrupted',
    },
    load: async () => (await import('./demo.ts')).createDemo(dispatch),
  },
  init: {
    summary: 'write a first configuration, in a dialogue or by options',
    exits: {
      0: 'written, and valid',
      1: 'something failed: nothing was written, or the service did not start',
      130: 'interrupted: nothing was written',
    },
    load: async () => (await import('./init/init.ts')).init,
  },
  serve: {
    summary: 'run the gateway',
    exits: { 0: 'stopped by a signal', 1: 'the gateway could not start, or an unexpected error ended it' },
    load: async () => (await import('./serve.ts')).serve,
  },
  check: {
    summary: 'validate a configuration, and show what it would change',
    exits: { 0: 'valid', 1: 'not valid' },
    load: async () => (await import('./check.ts')).check,
  },
  explain: {
    summary: 'explain a decision: who has access, and why',
    exits: {
      0: 'allowed',
      1: 'the configuration is not valid',
      3: 'challenge: the user can resolve it, such as by signing in',
      4: 'denied',
    },
    load: async () => (await import('./explain.ts')).explain,
  },
  schema: {
    summary: 'print the JSON Schema of the configuration, for editors',
    exits: { 0: done },
    load: async () => (await import('./schema.ts')).schema,
  },
  passkeys: {
    summary: 'list or remove passkeys of guests',
    exits: { 0: done, 1: 'no guest with a passkey matches, or the gateway is unreachable' },
    load: async () => (await import('./passkeys.ts')).passkeys,
  },
  sessions: {
    summary: 'list or end sessions of a running gateway',
    exits: { 0: done, 1: 'no session matches, or the gateway is unreachable' },
    load: async () => (await import('./sessions.ts')).sessions,
  },
  grants: {
    summary: 'list, add, extend or revoke grants',
    exits: { 0: done, 1: failed },
    load: async () => (await import('./grants.ts')).grants,
  },
  requests: {
    summary: 'list access requests, approve or deny them',
    exits: {
      0: done,
      1: 'no such request, the request is already decided or has lapsed, or the gateway is unreachable',
    },
    load: async () => (await import('./requests.ts')).requests,
  },
  review: {
    summary: 'review who has access to what, and sign the review',
    exits: { 0: done, 1: failed },
    load: async () => (await import('./review.ts')).review,
  },
  emergency: {
    summary: 'create sealed codes for emergencies without sign-in',
    exits: { 0: done, 1: failed },
    load: async () => (await import('./emergency.ts')).emergency,
  },
  status: {
    summary: 'show the status of a running gateway',
    exits: { 0: 'nothing needs attention', 1: 'something needs attention, or the gateway is unreachable' },
    load: async () => (await import('./status.ts')).status,
  },
}

/** Runs the command of this process. Resolves with the exit code: 0 done, 1 failed, 2 wrong usage; see also `exits`. */
export function run(args: readonly string[]): Promise<number> {
  // EPIPE: the reader of a pipe may stop. The exit code must not change: that of `explain` is the decision, and must
  // not become 0 because of `| head`.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreError)
  return dispatch(args, {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
  })
}

/** Never rejects: the error of a command is one line on standard error. */
export async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args[0] === 'help' && args.length > 1 ? [args[1]!, '--help'] : args
  if (name === undefined) return (io.stderr(usage), 2)
  if (name === '--help' || name === '-h' || name === 'help') return (io.stdout(usage), 0)
  if (name === '--version') return (io.stdout(`${await version()}\n`), 0)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    const what = `unknown command "${escapeControls(name)}"${didYouMean(name, Object.keys(commands))}`
    io.stderr(`einlass: ${what}; see "einlass --help"\n`)
    return 2
  }
  try {
    const code = await (await command.load())(rest, io)
    if (code === 0 && (rest.includes('--help') || rest.includes('-h'))) io.stdout(exitLines(command.exits))
    return code
  } catch (error) {
    const usage = isUsage(error)
    const what = error instanceof Error ? error.message : String(error)
    io.stderr(`einlass ${name}: ${usage ? `${what.split('\n')[0]} (see "einlass ${name} --help")` : what}\n`)
    return usage ? 2 : 1
  }
}

/** The end of every `--help`. */
function exitLines(exits: CommandEntry['exits']): string {
  const lines = Object.entries({ ...exits, 2: 'wrong usage' }).map(
    ([code, meaning]) => `  ${code.padEnd(3)}  ${meaning}\n`,
  )
  return `\nExit codes:\n${lines.join('')}`
}

/** `parseArgs` errors are usage errors. */
function isUsage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

/** Output that cannot be written is dropped. */
function ignoreError(): void {}

async function version(): Promise<string> {
  const { product } = await import('../audit/ocsf/objects.ts')
  return product.version
}

const width = Math.max(...Object.keys(commands).map((name) => name.length))
const usage = `usage: einlass COMMAND [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join('\n')}

"einlass COMMAND --help" describes a command; "einlass --version" prints the version.
`
