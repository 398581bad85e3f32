// Runs commands for tests: within this process, or as a child process where the process matters.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { dispatch } from '../../src/cli/cli.ts'
import type { Command } from '../../src/cli/command.ts'
import { env } from '../config/config-fixtures.ts'

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const launcher = fileURLToPath(new URL('../../bin/einlass.mjs', import.meta.url))

/** Runs one command in this process. `words`: arguments, separated by spaces. `variables`: of its environment, besides `env`. */
export async function runInProcess(
  command: Command,
  words: string | readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<CommandResult> {
  let stdout = ''
  let stderr = ''
  const args = typeof words === 'string' ? words.split(' ') : words
  const io = { stdout: (text: string) => void (stdout += text), stderr: (text: string) => void (stderr += text) }
  const code = await command(args, { ...io, env: { ...env, ...variables }, cwd })
  return { code, stdout, stderr }
}

/** Runs any command in this process; `words` begins with its name. */
export function einlass(words: string | readonly string[], cwd = '/'): Promise<CommandResult> {
  return runInProcess(dispatch, words, cwd)
}

export interface Run {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Node executable that runs the launcher; default: this one. */
  readonly node?: string
  readonly launcher?: string
  /** User id of the process; requires root. */
  readonly uid?: number | undefined
}

/** Runs the launcher as a child process. Resolves when it has ended and its output is complete. */
export function run(args: readonly string[], options: Run = {}): Promise<CommandResult> {
  const child = spawn(options.node ?? process.execPath, [options.launcher ?? launcher, ...args], {
    cwd: options.cwd,
    uid: options.uid,
    env: { ...process.env, ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', kill)
      resolve({ code, stdout, stderr })
    })
  })
}
