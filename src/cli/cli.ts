// The commands: one table, one way to run them, one way to say what was wrong with a call.

import type { Command } from './command.ts'

const commands: Readonly<Record<string, { readonly says: string; load(): Promise<Command> }>> = {
  demo: { says: 'try everything on this machine', load: async () => (await import('../demo/demo.ts')).demo },
  serve: { says: 'run the gateway', load: async () => (await import('./serve.ts')).serve },
  check: {
    says: 'is the configuration valid, and what would it change?',
    load: async () => (await import('./check.ts')).check,
  },
  explain: { says: 'who may do what, and why', load: async () => (await import('./explain.ts')).explain },
  schema: {
    says: 'the configuration as JSON Schema, for editors',
    load: async () => (await import('./schema.ts')).schema,
  },
  sessions: {
    says: 'list or end sessions of a running gateway',
    load: async () => (await import('./sessions.ts')).sessions,
  },
  grants: { says: 'list, add or revoke grants', load: async () => (await import('./grants.ts')).grants },
  status: { says: 'how a running gateway is', load: async () => (await import('./status.ts')).status },
}

/** Resolves with the exit code: 0 done, 1 failed, 2 wrong usage; `explain` has its own. */
export async function run(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    const asked = name === '' || name === '--help' || name === '-h' || name === 'help'
    ;(name === '' || !asked ? process.stderr : process.stdout).write(usage(asked ? undefined : name))
    return asked && name !== '' ? 0 : 2
  }
  // Whoever reads our output may stop reading: that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' && process.exit(0))
  const io = {
    stdout: (text: string) => void process.stdout.write(text),
    stderr: (text: string) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
  }
  try {
    return await (
      await command.load()
    )(rest, io)
  } catch (error) {
    io.stderr(`einlass ${name}: ${error instanceof Error ? error.message : String(error)}\n`)
    return isUsage(error) ? 2 : 1
  }
}

/** `parseArgs` names what it did not understand. */
function isUsage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

function usage(unknown: string | undefined): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = Object.entries(commands).map(([name, { says }]) => `  ${name.padEnd(width)}  ${says}`)
  const first = unknown === undefined ? 'Usage: einlass COMMAND [options]' : `einlass: there is no command "${unknown}"`
  return [first, '', ...lines, '', '"einlass COMMAND --help" tells more.', ''].join('\n')
}
