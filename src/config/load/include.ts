// Resolves the glob patterns of `include` to files.

import { glob } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Diagnostics, LoadedFile, Place } from '../build/diagnostics.ts'
import { childPlace } from '../build/diagnostics.ts'
import type { IncludeInput } from '../schema/schema.ts'
import { errorCode } from './secret-references.ts'

export interface Included {
  readonly file: LoadedFile
  readonly value: IncludeInput
}

const maxFiles = 1000

/**
 * Absolute paths, sorted, without duplicates. A pattern may match nothing; a plain path is returned even if missing,
 * and fails when read.
 */
export async function findIncludes(
  check: Diagnostics,
  place: Place,
  patterns: readonly string[] | undefined,
): Promise<{ files: string[]; patterns: string[] }> {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const files = new Set<string>()
  for (const [index, pattern] of (patterns ?? []).entries()) {
    const where = listed ? childPlace(place, index) : place
    if (!/[*?[\]{}]/.test(pattern)) {
      files.add(resolve(place.file.directory, pattern))
      continue
    }
    try {
      for await (const entry of glob(pattern, { cwd: place.file.directory, withFileTypes: false })) {
        files.add(resolve(place.file.directory, entry))
        if (files.size > maxFiles) break
      }
    } catch (error) {
      check.problem(where, `the folder cannot be read (${errorCode(error)})`)
    }
  }
  if (files.size > maxFiles) check.problem(place, `more than ${maxFiles} files`)
  return {
    files: [...files].sort().slice(0, maxFiles),
    patterns: (patterns ?? []).map((pattern) => resolve(place.file.directory, pattern)),
  }
}
