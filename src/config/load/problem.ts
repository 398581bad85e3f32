// Configuration problem: position, path, message; and the suggestion for a misspelled or renamed name.

import { foreignKey } from './foreign-keys.ts'

export type TreePath = readonly (string | number)[]

export interface Problem {
  /** File name as the caller gave it. */
  readonly file: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** `apps.erp.policy[2].allow.schedule`; empty for the whole file. */
  readonly path: string
  readonly message: string
}

/** `file:line:column: path: message`, the form editors and compilers share. */
export function printProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}: `
  return place + (problem.path === '' ? '' : `${problem.path}: `) + problem.message
}

export function printPath(path: TreePath): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}

/** Sorted by file and position, without duplicates. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Map(problems.map((problem) => [printProblem(problem), problem]))
  return [...seen.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
  )
}

/** ` (did you mean "x"?)`, or an empty string if no known name is similar. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const candidate = closest(name, known)
  return candidate === undefined ? '' : ` (did you mean "${candidate}"?)`
}

/** Former paths of keys, with what to write instead. */
const renamedKeys: ReadonlyMap<string, string> = new Map([['gateway.front', 'gateway.http1: einlass|node']])

/**
 * Hint for an unknown key at `path`: its new name if it was renamed, else a suggestion from the `known` keys, or empty.
 */
export function unknownKeyHint(path: TreePath, known: Iterable<string>): string {
  const renamed = renamedKeys.get(printPath(path))
  if (renamed !== undefined) return ` (renamed, write ${renamed})`
  const foreign = foreignKey(path)
  return foreign === undefined ? didYouMean(String(path.at(-1)), known) : `: ${foreign.hint}`
}

export function closest(name: string, known: Iterable<string>): string | undefined {
  // At most a third of the letters may differ: beyond that a suggestion is noise.
  let best = Math.max(1, Math.floor(name.length / 3)) + 1
  let found: string | undefined
  if (name.length > 64) return undefined
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= best) continue
    const distance = edits(name.toLowerCase(), candidate.toLowerCase())
    if (distance < best) {
      best = distance
      found = candidate
    }
  }
  return found
}

/** Damerau-Levenshtein distance, restricted: two swapped neighbouring letters count once. */
function edits(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let value = Math.min(row[j - 1]! + 1, previous[j]! + 1, previous[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, before[j - 2]! + 1)
      row.push(value)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
