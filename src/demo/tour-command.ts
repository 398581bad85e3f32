// Our own commands, as the tour runs them: the same code as the command line, without a process.

import type { Command } from '../cli/command.ts'
import { expect } from './unmet.ts'

/** What it printed, or said of what was wrong. It has to end with `code`. */
export async function run(command: Command, args: readonly string[], code = 0): Promise<string> {
  let said = ''
  let wrong = ''
  const ended = await command(args, {
    stdout: (text) => void (said += text),
    stderr: (text) => void (wrong += text),
    env: {},
    cwd: '/',
  })
  expect(ended === code, `einlass ${args.slice(0, 3).join(' ')} to end with ${code}`, `${ended}: ${wrong}${said}`)
  return code === 0 ? said : wrong
}
