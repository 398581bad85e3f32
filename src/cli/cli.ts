// The commands: one table, one way to run them, one way to say what was wrong with a call.

import { didYouMean } from '../config/load/problem.ts'
import type { Command, Io } from './command.ts'
import { plain } from './table.ts'

interface CommandEntry {
  readonly says: string
  /** Exit codes besides 2, which is wrong usage of any command: what each means. Printed below `--help`. */
  readonly exits: Readonly<Record<number, string>>
  load(): Promise<Command>
}

const done = 'done'
/** Of commands that speak to a running gateway. */
const notDone = 'the gateway refused it, or cannot be asked'

export const commands: Readonly<Record<string, CommandEntry>> = {
  demo: {
    says: 'try everything on this machine',
    exits: { 0: 'stopped, or every step of the tour held', 1: 'it cannot start, or a step failed', 130: 'interrupted' },
    load: async () => (await import('./demo.ts')).createDemo(dispatch),
  },
  serve: {
    says: 'run the gateway',
    exits: { 0: 'it was told to stop', 1: 'it could not start, or an unexpected error ended it' },
    load: async () => (await import('./serve.ts')).serve,
  },
  check: {
    says: 'is the configuration valid, and what would it change?',
    exits: { 0: 'valid', 1: 'not valid' },
    load: async () => (await import('./check.ts')).check,
  },
  explain: {
    says: 'who may do what, and why',
    exits: {
      0: 'allowed',
      1: 'the configuration is not valid',
      3: 'challenge: the person can do something about it, such as signing in',
      4: 'denied',
    },
    load: async () => (await import('./explain.ts')).explain,
  },
  schema: {
    says: 'the configuration as JSON Schema, for editors',
    exits: { 0: done },
    load: async () => (await import('./schema.ts')).schema,
  },
  sessions: {
    says: 'list or end sessions of a running gateway',
    exits: { 0: done, 1: 'no session fits, or the gateway cannot be asked' },
    load: async () => (await import('./sessions.ts')).sessions,
  },
  grants: {
    says: 'list, add, extend or revoke grants',
    exits: { 0: done, 1: notDone },
    load: async () => (await import('./grants.ts')).grants,
  },
  requests: {
    says: 'list requests for access, and decide them',
    exits: {
      0: done,
      1: 'there is no such request, it is decided already, it has lapsed, or the gateway cannot be asked',
    },
    load: async () => (await import('./requests.ts')).requests,
  },
  review: {
    says: 'who can reach what, looked through and signed',
    exits: { 0: done, 1: notDone },
    load: async () => (await import('./review.ts')).review,
  },
  emergency: {
    says: 'sealed codes for when nobody can sign in',
    exits: { 0: done, 1: notDone },
    load: async () => (await import('./emergency.ts')).emergency,
  },
  status: {
    says: 'how a running gateway is',
    exits: { 0: 'nothing needs attention', 1: 'something needs attention, or the gateway cannot be asked' },
    load: async () => (await import('./status.ts')).status,
  },
}

/** What was typed in a shell. Resolves with the exit code: 0 done, 1 failed, 2 wrong usage; `explain` has its own. */
export function run(args: readonly string[]): Promise<number> {
  // Whoever reads our output may stop reading. The exit code stays what it would have been: that of `explain` says
  // whether somebody is let in, and must not become 0 because of `| head`.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', leftAlone)
  return dispatch(args, {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
  })
}

/** Never rejects: what a command could not do is one line on standard error. */
export async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args[0] === 'help' && args.length > 1 ? [args[1]!, '--help'] : args
  if (name === undefined) return (io.stderr(usage), 2)
  if (name === '--help' || name === '-h' || name === 'help') return (io.stdout(usage), 0)
  if (name === '--version') return (io.stdout(`${await version()}\n`), 0)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    const what = `there is no command "${plain(name)}"${didYouMean(name, Object.keys(commands))}`
    io.stderr(`einlass: ${what}; "einlass --help" lists them\n`)
    return 2
  }
  try {
    const code = await (await command.load())(rest, io)
    if (code === 0 && (rest.includes('--help') || rest.includes('-h'))) io.stdout(exitLines(command.exits))
    return code
  } catch (error) {
    const usage = isUsage(error)
    const what = error instanceof Error ? error.message : String(error)
    io.stderr(`einlass ${name}: ${usage ? `${what.split('\n')[0]} ("einlass ${name} --help" tells more)` : what}\n`)
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

/** `parseArgs` names what it did not understand. */
function isUsage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

/** `EPIPE` and the like: what cannot be said is not said. */
function leftAlone(): void {}

async function version(): Promise<string> {
  const { product } = await import('../audit/ocsf/objects.ts')
  return product.version
}

const width = Math.max(...Object.keys(commands).map((name) => name.length))
const usage = `usage: einlass COMMAND [options]

${Object.entries(commands)
  .map(([name, { says }]) => `  ${name.padEnd(width)}  ${says}`)
  .join('\n')}

"einlass COMMAND --help" tells more; "einlass --version" which one this is.
`
