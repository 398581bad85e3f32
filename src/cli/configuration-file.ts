// The configuration a command was pointed at, with problems that name the files as they were typed.

import { resolve } from 'node:path'
import { loadConfiguration, type Loaded } from '../config/load/load.ts'
import { printProblem, type Problem } from '../config/load/problem.ts'
import type { Io } from './command.ts'

/** Looked for from the caller's folder. */
export async function loadConfigurationFile(file: string, io: Io): Promise<Loaded> {
  const path = resolve(io.cwd, file)
  const loaded = await loadConfiguration({ file: path, env: io.env })
  const shorter = (problem: Problem): Problem => ({ ...problem, file: relativeAsGiven(problem.file, path, file) })
  const warnings = loaded.warnings.map(shorter)
  return loaded.state === 'valid'
    ? { ...loaded, warnings }
    : { ...loaded, problems: loaded.problems.map(shorter), warnings }
}

/** `text` begins with an absolute path; where that is `path` or lies beside it, it is written as `typed` was. */
export function relativeAsGiven(text: string, path: string, typed: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return text.startsWith(folder) ? typed.slice(0, typed.lastIndexOf('/') + 1) + text.slice(folder.length) : text
}

/** One line each, in the form of problems. */
export function printWarning(warning: Problem): string {
  return printProblem({ ...warning, message: `warning: ${warning.message}` })
}
