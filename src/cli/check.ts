// `einlass check`: every problem of a configuration at once, and what a change would mean for whom.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Loaded } from '../config/load.ts'
import { loadConfiguration } from '../config/load.ts'
import { compareConfigurations } from '../config/diff.ts'
import type { Problem } from '../config/problem.ts'
import { printProblem } from '../config/problem.ts'
import type { Io } from './command.ts'

const usage = 'usage: einlass check --config FILE [--against FILE] [--json]'

/** Exit code: 0 valid, 1 problems, 2 wrong usage. `--against` names the configuration that runs now. */
export async function check(args: readonly string[], io: Io): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout(`${usage}\n`)
    return 0
  }
  const options = read(args)
  if (typeof options === 'string') {
    io.stderr(`${options}; ${usage}\n`)
    return 2
  }
  const loaded = await load(options.config, io)
  const against = options.against === undefined ? undefined : await load(options.against, io)
  const problems = [...problemsOf(loaded), ...(against === undefined ? [] : problemsOf(against))]
  const changes =
    loaded.state === 'valid' && against?.state === 'valid'
      ? compareConfigurations(against.configuration, loaded.configuration)
      : undefined

  if (options.json) {
    const hash = loaded.state === 'valid' ? loaded.configuration.hash : undefined
    const answer = { valid: problems.length === 0, hash, problems, warnings: loaded.warnings, changes }
    io.stdout(`${JSON.stringify(answer, null, 2)}\n`)
    return problems.length === 0 ? 0 : 1
  }
  for (const problem of problems) io.stdout(`${printProblem(problem)}\n`)
  for (const warning of loaded.warnings)
    io.stdout(`${printProblem({ ...warning, message: `warning: ${warning.message}` })}\n`)
  if (problems.length > 0) {
    io.stderr(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: the configuration is not valid\n`)
    return 1
  }
  if (changes !== undefined)
    for (const line of changes.length === 0 ? ['nobody gains or loses access'] : changes) io.stdout(`${line}\n`)
  if (loaded.state === 'valid' && changes === undefined) {
    const { apps, hash } = loaded.configuration
    io.stdout(`${options.config}: valid (${apps.size} ${apps.size === 1 ? 'app' : 'apps'}, version ${hash})\n`)
  }
  return 0
}

function read(args: readonly string[]): { config: string; against: string | undefined; json: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: { config: { type: 'string' }, against: { type: 'string' }, json: { type: 'boolean', default: false } },
    })
    if (values.config === undefined || values.config === '') return 'which file? --config is missing'
    return { config: values.config, against: values.against, json: values.json }
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0]!.replace(/\.$/, '') : 'wrong arguments'
  }
}

/** Problems name the file as it was typed; it is looked for from the caller's folder. */
async function load(file: string, io: Io): Promise<Loaded> {
  const path = resolve(io.cwd, file)
  const loaded = await loadConfiguration({ file: path, env: io.env })
  const shorter = (problem: Problem): Problem => ({ ...problem, file: shown(problem.file, path, file) })
  return loaded.state === 'valid'
    ? { ...loaded, warnings: loaded.warnings.map(shorter) }
    : { ...loaded, problems: loaded.problems.map(shorter), warnings: loaded.warnings.map(shorter) }
}

function shown(file: string, path: string, typed: string): string {
  if (file === path) return typed
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return file.startsWith(folder) ? typed.slice(0, typed.lastIndexOf('/') + 1) + file.slice(folder.length) : file
}

function problemsOf(loaded: Loaded): readonly Problem[] {
  return loaded.state === 'valid' ? [] : loaded.problems
}
