// Deterministic sample of mutants: those with the lowest hash of seed, place and change.

import { createHash } from 'node:crypto'

export interface Change {
  readonly id: string
  readonly fileName: string
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
  readonly replacement?: string
}

/** The ids of `size` changes, the same ones for the same seed and sources. */
export function sampleOf(changes: readonly Change[], size: number, seed: number, root: string): ReadonlySet<string> {
  const hashed = changes.map((change) => [hashOf(change, seed, root), change.id] as const)
  const lowest = hashed.toSorted(([one], [other]) => (one < other ? -1 : 1)).slice(0, size)
  return new Set(lowest.map(([, id]) => id))
}

function hashOf({ fileName, location: { start }, replacement }: Change, seed: number, root: string): string {
  const place = `${fileName.replace(root, '')}:${start.line}:${start.column}`
  return createHash('sha256').update(`${seed}\n${place}\n${replacement}`).digest('hex')
}
