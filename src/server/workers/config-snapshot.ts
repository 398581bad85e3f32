// Snapshot of the configuration and of every file it names, so that workers load the same bytes without the disk.

import { readFile } from 'node:fs/promises'
import { loadConfiguration, type Loaded } from '../../config/load/load.ts'
import type { Snapshot } from './messages.ts'
import { divideLimits } from './divide-limits.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface SnapshotResult {
  readonly loaded: Loaded
  readonly snapshot: Omit<Snapshot, 'workers'>
}

/** Never rejects because of file contents or missing files: `loaded` is invalid then. */
export async function takeSnapshot(file: string, env: Environment): Promise<SnapshotResult> {
  const contents = new Map<string, Buffer>()
  const read = async (path: string): Promise<Buffer> => {
    const content = await readFile(path)
    contents.set(path, content)
    return content
  }
  const loaded = await loadConfiguration({ file, env, readFile: read })
  const included = loaded.state === 'valid' ? loaded.included : []
  return { loaded, snapshot: { file, contents, included } }
}

/** Loads a configuration from a snapshot, with one worker's share of the limits. */
export async function readSnapshot({ file, contents, included, workers }: Snapshot, env: Environment): Promise<Loaded> {
  const read = async (path: string): Promise<Buffer> => {
    const content = contents.get(path)
    if (content === undefined) throw Object.assign(new Error(`${path} is not in the snapshot`), { code: 'ENOENT' })
    return content
  }
  const loaded = await loadConfiguration({ file, env, readFile: read, included })
  return loaded.state === 'valid' ? { ...loaded, configuration: divideLimits(loaded.configuration, workers) } : loaded
}
