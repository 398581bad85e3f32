// Whether a file or folder could be written, found out without creating anything.

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Why it could not be; undefined when it could. `missing`: whether parent folders that are missing are created. */
export async function whyNotWritable(
  path: string,
  kind: 'file' | 'folder',
  missing: 'created' | 'not created',
): Promise<string | undefined> {
  const found = await statOf(path)
  if (typeof found === 'string') return found
  if (found !== undefined) {
    if (kind === 'folder' && !found.isDirectory()) return `${path} is no folder`
    if (kind === 'file' && found.isDirectory()) return `${path} is a folder`
    return denied(path, constants.R_OK | constants.W_OK)
  }
  const parent = dirname(path)
  if (parent === path) return `${path} does not exist`
  const above = await statOf(parent)
  if (typeof above === 'string') return above
  if (above === undefined) {
    return missing === 'created' ? whyNotWritable(parent, 'folder', missing) : `the folder ${parent} does not exist`
  }
  if (!above.isDirectory()) return `${parent} is no folder`
  return denied(parent, constants.W_OK | constants.X_OK)
}

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    return code === 'ENOTDIR' ? `a part of ${path} is a file and no folder` : `${path} cannot be reached (${code})`
  }
}

async function denied(path: string, mode: number): Promise<string | undefined> {
  try {
    await access(path, mode)
    return undefined
  } catch (error) {
    return `this user may not write to ${path} (${(error as NodeJS.ErrnoException).code})`
  }
}
