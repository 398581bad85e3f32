// Writes the files of a configuration, all or none, and never over an existing one.

import { randomBytes } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode } from '../../config/load/secret-references.ts'

export interface FileToWrite {
  /** In the folder. */
  readonly name: string
  readonly content: string
  /** 0o600 for secrets. */
  readonly mode: number
}

export type Written =
  | { readonly state: 'written' }
  /** Another file of that name is there; `path` is absolute. */
  | { readonly state: 'exists'; readonly path: string }
  | { readonly state: 'failed'; readonly path: string; readonly code: string }

/** Whether `names` could be written now, before anybody is asked anything. `directory` need not exist. */
export function canWrite(directory: string, names: readonly string[]): Written {
  let folder = directory
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  try {
    if (!statSync(folder).isDirectory()) return { state: 'failed', path: folder, code: 'ENOTDIR' }
    const taken = names.map((name) => join(directory, name)).find(isThere)
    if (taken !== undefined) return { state: 'exists', path: taken }
    accessSync(folder, constants.W_OK | constants.X_OK)
    return { state: 'written' }
  } catch (error) {
    return { state: 'failed', path: folder, code: errorCode(error) }
  }
}

/**
 * Without a pause in which a signal could be handled. The files appear under their names by hard links of complete files,
 * which fail where the name is taken; after a failure those already there are removed, and so are folders it made.
 */
export function writeFiles(directory: string, files: readonly FileToWrite[]): Written {
  const undo: (() => void)[] = []
  let at = directory
  try {
    for (const folder of missingFolders(directory)) {
      at = folder
      mkdirSync(folder, { mode: 0o750 })
      undo.push(() => rmdirSync(folder))
    }
    at = directory
    // Only its owner may enter, whatever the umask is.
    const staging = mkdtempSync(join(directory, `.einlass-init-${randomBytes(4).toString('hex')}-`))
    try {
      for (const { name, content, mode } of files) writeWhole(join(staging, name), content, mode)
      for (const { name } of files) {
        at = join(directory, name)
        linkSync(join(staging, name), at)
        const made = at
        undo.push(() => unlinkSync(made))
      }
    } finally {
      rmSync(staging, { recursive: true, force: true })
    }
    return { state: 'written' }
  } catch (error) {
    for (const step of undo.toReversed()) step()
    const code = errorCode(error)
    return code === 'EEXIST' ? { state: 'exists', path: at } : { state: 'failed', path: at, code }
  }
}

function missingFolders(directory: string): readonly string[] {
  const missing: string[] = []
  for (let folder = directory; !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder)) {
    missing.unshift(folder)
  }
  return missing
}

function writeWhole(path: string, content: string, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Also a symbolic link that leads nowhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
