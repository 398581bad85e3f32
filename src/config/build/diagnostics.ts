// What every check of meaning works with: where it is in the files, what was found wrong, which names there are.

import type { Problem, TreePath } from '../load/problem.ts'
import { closest, didYouMean } from '../load/problem.ts'
import type { Source } from '../load/yaml.ts'
import type { Tree } from '../load/yaml-tree.ts'
import { child, isRecord } from '../load/yaml-tree.ts'

/** A place in one of the files. */
export interface Place {
  readonly file: LoadedFile
  readonly path: TreePath
}

export interface LoadedFile {
  readonly source: Source
  readonly tree: Tree
  /** Paths in it are relative to this folder. */
  readonly directory: string
  /** Values that came from a secret reference; see `Resolution`. */
  readonly referenced: ReadonlySet<string>
}

export interface Diagnostics {
  problem(place: Place, message: string, at?: 'key' | 'value'): void
  warn(place: Place, message: string, at?: 'key' | 'value'): void
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Marks a value that must not appear in any message. */
  secret(value: string): void
  readonly secrets: readonly string[]
  /** Reads each file once, so that everything said about it is about the same content; and notes it for watching. */
  read(path: string): Promise<Buffer>
  watch(path: string): void
  readonly watched: ReadonlySet<string>
  readonly now: number
}

export function createDiagnostics(readFile: (path: string) => Promise<Buffer>, now: number): Diagnostics {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const secrets: string[] = []
  const watched = new Set<string>()
  const contents = new Map<string, Promise<Buffer>>()
  const at = (place: Place, where: 'key' | 'value', message: string): Problem =>
    place.file.source.problem(place.file.tree.original(place.path), where, message)
  return {
    problem: (place, message, where = 'value') => void problems.push(at(place, where, message)),
    warn: (place, message, where = 'value') => void warnings.push(at(place, where, message)),
    problems,
    warnings,
    secret: (value) => void secrets.push(value),
    secrets,
    read(path) {
      watched.add(path)
      const before = contents.get(path)
      if (before !== undefined) return before
      const content = readFile(path)
      contents.set(path, content)
      return content
    },
    watch: (path) => void watched.add(path),
    watched,
    now,
  }
}

export function childPlace(place: Place, ...steps: (string | number)[]): Place {
  return { file: place.file, path: [...place.path, ...steps] }
}

/** Says so where a key is not there at all; one that is there but wrong was told before. */
export function requireKeys(check: Diagnostics, place: Place, keys: readonly string[]): void {
  for (const key of keys) {
    const inside = childPlace(place, key)
    if (place.file.tree.existed(inside.path)) continue
    // An empty mapping, or something else than one, was told before.
    if (place.path.length > 0 && !isRecord(place.file.tree.at(place.path))) continue
    // `polcy` was told as unknown, with what was meant: that `policy` is missing is no second mistake.
    if (closest(key, truncatedProblem(place)) !== undefined) continue
    check.problem(place, `${key} is missing`, 'key')
  }
}

/** Keys that stood there and were told as wrong already. */
function truncatedProblem({ file, path }: Place): string[] {
  const before = file.tree.original(path).reduce(child, file.tree.untouched)
  const now = file.tree.at(path)
  return isRecord(before) ? Object.keys(before).filter((key) => child(now, key) === undefined) : []
}

/** False, with a problem, when a name is not among those there are. */
export function lookup(check: Diagnostics, place: Place, kind: string, name: string, names: Iterable<string>): boolean {
  const all = [...names]
  if (all.includes(name)) return true
  check.problem(place, `unknown ${kind} "${name}"${didYouMean(name, all) || listNames(all)}`)
  return false
}

/** Written directly in the file, not by reference. */
export function placeText(place: Place): boolean {
  return !place.file.referenced.has(JSON.stringify(place.file.tree.original(place.path)))
}

/** The first few, so that whoever wrote another name sees which ones they have. */
function listNames(names: readonly string[]): string {
  if (names.length === 0) return ' (there are none)'
  return ` (there are: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''})`
}
