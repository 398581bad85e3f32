// Score of a mutation run: counts per file, survivors that nobody reviewed, and the table that is printed.

import type { MutantResult } from '@stryker-mutator/api/core'
import { acceptedFor, oneLine, type Accepted } from './accepted.ts'

export interface Counts {
  /** A test failed or ran out of time. */
  detected: number
  survived: number
  /** No test runs the code. */
  uncovered: number
  /** Survivors reviewed as equivalent: no test could fail, so that they count for nothing. */
  equivalent: number
  /** Survivors reviewed as accepted: they count as survivors. */
  accepted: number
}

export interface Survivor {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly from: string
  readonly to: string
  readonly uncovered: boolean
}

export interface Score {
  readonly files: ReadonlyMap<string, Counts>
  readonly total: Counts
  readonly unreviewed: readonly Survivor[]
  /** Entries for a mutant that a test kills by now. */
  readonly detectedEntries: readonly Accepted[]
}

/** `sources`: text by relative path, for every file of `results`. Results that were not run, or ignored, do not count. */
export function scoreOf(
  results: readonly MutantResult[],
  sources: ReadonlyMap<string, string>,
  entries: readonly Accepted[],
  relative: (file: string) => string,
): Score {
  const files = new Map<string, Counts>()
  const total = noCounts()
  const unreviewed: Survivor[] = []
  const detectedEntries = new Set<Accepted>()
  for (const result of results) {
    const { status, replacement: to, location } = result
    const survived = status === 'Survived' || status === 'NoCoverage'
    if (!survived && status !== 'Killed' && status !== 'Timeout') continue
    const file = relative(result.fileName)
    const counts = files.get(file) ?? noCounts()
    files.set(file, counts)
    const lines = sources.get(file)!.split('\n')
    const from = textAt(lines, location)
    const entry = acceptedFor(entries, { file, line: lines[location.start.line - 1]!, from, to })
    if (!survived && entry !== undefined) detectedEntries.add(entry)
    const column = survived ? (entry?.kind ?? (status === 'Survived' ? 'survived' : 'uncovered')) : 'detected'
    for (const one of [counts, total]) one[column]++
    if (survived && entry === undefined) {
      const uncovered = status === 'NoCoverage'
      unreviewed.push({ file, line: location.start.line, from: oneLine(from), to: oneLine(to), uncovered })
    }
  }
  return { files, total, unreviewed, detectedEntries: [...detectedEntries] }
}

/** Percent of the mutants that a test detects; 100 when there are none. */
export function percent({ detected, survived, uncovered, accepted }: Counts): number {
  const all = detected + survived + uncovered + accepted
  return all === 0 ? 100 : (100 * detected) / all
}

export function table(score: Score): string {
  const rows = [...score.files].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const columns = (name: string, counts: Counts) => [
    name,
    percent(counts).toFixed(1),
    ...[counts.detected, counts.survived, counts.uncovered, counts.accepted, counts.equivalent].map(String),
  ]
  const lines = [
    ['file', 'score', 'detected', 'survived', 'no test', 'accepted', 'equivalent'],
    ...rows.map(([name, counts]) => columns(name, counts)),
    columns('total', score.total),
  ]
  const widths = lines[0]!.map((_, index) => Math.max(...lines.map((cells) => cells[index]!.length)))
  const aligned = (cell: string, index: number) =>
    index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!)
  return lines.map((cells) => cells.map(aligned).join('  ')).join('\n')
}

/** One line: place, what was there, what survives. */
export function describeSurvivor({ file, line, from, to, uncovered }: Survivor): string {
  return `${file}:${line}: ${shortened(from)} -> ${shortened(to)}${uncovered ? ' (no test runs it)' : ''}`
}

const shortened = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}...` : text)

function noCounts(): Counts {
  return { detected: 0, survived: 0, uncovered: 0, equivalent: 0, accepted: 0 }
}

/** Positions count from 1, the end is exclusive. */
function textAt(lines: readonly string[], { start, end }: MutantResult['location']): string {
  const within = lines.slice(start.line - 1, end.line)
  const last = within.length - 1
  return within
    .map((text, index) => text.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined))
    .join('\n')
}
