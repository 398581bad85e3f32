// Loads the configuration named on the command line; problems show file names as typed.

import { resolve } from 'node:path'
import { loadConfiguration, type Loaded } from '../config/load/load.ts'
import { printProblem, type Problem } from '../config/load/problem.ts'
import { unusableFiles } from '../server/files/unusable-files.ts'
import type { Io } from './command.ts'

/** `file`: relative to `io.cwd`. */
export async function loadConfigurationFile(file: string, io: Io): Promise<Loaded> {
  const path = resolve(io.cwd, file)
  const loaded = await loadConfiguration({ file: path, env: io.env })
  const shorter = (problem: Problem): Problem => ({ ...problem, file: relativeAsGiven(problem.file, path, file) })
  const warnings = loaded.warnings.map(shorter)
  if (loaded.state === 'invalid') return { ...loaded, problems: loaded.problems.map(shorter), warnings }
  return { ...loaded, warnings, locate: (at, message) => shorter(loaded.locate(at, message)) }
}

/** As `loadConfigurationFile`, and opens what `serve` would open: what cannot be is a problem or a warning. */
export async function checkConfigurationFile(file: string, io: Io): Promise<Loaded> {
  const loaded = await loadConfigurationFile(file, io)
  if (loaded.state === 'invalid') return loaded
  const found = await unusableFiles(loaded.configuration)
  const of = (weight: 'problem' | 'warning'): Problem[] =>
    found.filter((one) => one.weight === weight).map(({ path, why }) => loaded.locate(path, why))
  const [problems, warnings] = [of('problem'), [...loaded.warnings, ...of('warning')]]
  if (problems.length === 0) return { ...loaded, warnings }
  const { watched, includes } = loaded.configuration
  return { state: 'invalid', problems, warnings, watched, includes }
}

/** Replaces the absolute folder of `path` at the start of `text` with the folder of `typed`. */
export function relativeAsGiven(text: string, path: string, typed: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return text.startsWith(folder) ? typed.slice(0, typed.lastIndexOf('/') + 1) + text.slice(folder.length) : text
}

/** One line, in the format of problems. */
export function printWarning(warning: Problem): string {
  return printProblem({ ...warning, message: `warning: ${warning.message}` })
}
