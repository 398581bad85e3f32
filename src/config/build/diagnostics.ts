// Collects problems and warnings with their place in the files, for the checks after schema validation.

import type { Problem, TreePath } from '../load/problem.ts'
import { foreignKey } from '../load/foreign-keys.ts'
import { closest, didYouMean } from '../load/problem.ts'
import type { Source } from '../load/yaml.ts'
import type { Tree } from '../load/yaml-tree.ts'
import { child, isRecord } from '../load/yaml-tree.ts'

/** Path in one of the files, of the current tree. */
export interface Place {
  readonly file: LoadedFile
  readonly path: TreePath
}

export interface LoadedFile {
  readonly source: Source
  readonly tree: Tree
  /** Absolute folder that paths in the file are relative to. */
  readonly directory: string
  /** Paths of values that came from a secret reference; see `Resolution`. */
  readonly referenced: ReadonlySet<string>
}

export interface Diagnostics {
  problem(place: Place, message: string, at?: 'key' | 'value'): void
  warn(place: Place, message: string, at?: 'key' | 'value'): void
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Registers a value to redact in all messages. */
  secret(value: string): void
  readonly secrets: readonly string[]
  /** Reads and caches a file, so that all checks see the same content; adds it to `watched`. */
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

/** Reports absent keys; keys that are present but invalid were reported before. */
export function requireKeys(check: Diagnostics, place: Place, keys: readonly string[]): void {
  for (const key of keys) {
    const inside = childPlace(place, key)
    if (place.file.tree.existedOriginally(inside.path)) continue
    // A parent that is no mapping was reported before.
    if (place.path.length > 0 && !isRecord(place.file.tree.at(place.path))) continue
    // A misspelled key (`polcy`) was reported with a suggestion: the missing `policy` is the same mistake.
    const removed = removedKeys(place)
    if (closest(key, removed) !== undefined) continue
    // So is the key of another product.
    if (removed.some((one) => foreignKey([...place.path, one])?.means === key)) continue
    check.problem(place, `${key} is missing`, 'key')
  }
}

/** Keys that were removed as invalid. */
export function removedKeys({ file, path }: Place): string[] {
  const before = file.tree.original(path).reduce(child, file.tree.originalRoot)
  const now = file.tree.at(path)
  return isRecord(before) ? Object.keys(before).filter((key) => child(now, key) === undefined) : []
}

/** Whether `names` contains `name`; otherwise adds a problem with a suggestion. */
export function lookup(check: Diagnostics, place: Place, kind: string, name: string, names: Iterable<string>): boolean {
  const all = [...names]
  if (all.includes(name)) return true
  check.problem(place, `unknown ${kind} "${name}"${didYouMean(name, all) || listNames(all)}`)
  return false
}

/** Whether the value is written in the file, instead of by secret reference. */
export function isLiteral(place: Place): boolean {
  return !place.file.referenced.has(JSON.stringify(place.file.tree.original(place.path)))
}

/** The first eight known names. */
function listNames(names: readonly string[]): string {
  if (names.length === 0) return ' (none defined)'
  return ` (known: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''})`
}
