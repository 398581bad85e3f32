// Runs Einlass commands for the tour: the code of the command line, in this process.

import { expect } from './expect.ts'

export interface CommandIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** The command line: `args` begins with the name of the command; resolves with the exit code. Injected by `cli/`. */
export type RunCommand = (args: readonly string[], io: CommandIo) => Promise<number>

/**
 * Standard output of the command, or standard error if `code` is not 0. Throws `ExpectationFailed` for another exit
 * code.
 */
export async function run(runCommand: RunCommand, args: readonly string[], code = 0): Promise<string> {
  let output = ''
  let errors = ''
  const ended = await runCommand(args, {
    stdout: (text) => void (output += text),
    stderr: (text) => void (errors += text),
    env: {},
    cwd: '/',
  })
  expect(ended === code, `einlass ${args.slice(0, 3).join(' ')} to end with ${code}`, `${ended}: ${errors}${output}`)
  return code === 0 ? output : errors
}
