// Finds the files and folders that `serve` would open and could not: inventories, device keys, store, audit, spool.

import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Configuration } from '../../config/configuration.ts'
import { probeSource } from '../../devices/probe.ts'
import { whyNotWritable } from './writable.ts'

export interface UnusableFile {
  /** Of the key in the main file that names it. */
  readonly path: readonly (string | number)[]
  readonly why: string
  /** `warning`: may be otherwise for the user of `serve`, or once systemd has made the folders. */
  readonly weight: 'problem' | 'warning'
}

type Opened = Pick<Configuration, 'devices' | 'store' | 'audit'>

/** Creates and changes nothing. Never rejects. */
export async function unusableFiles({ devices, store, audit }: Opened): Promise<readonly UnusableFile[]> {
  const sources = devices.sources.map(async (source, index): Promise<UnusableFile[]> => {
    const unusable = await probeSource(source)
    if (unusable === undefined) return []
    return [{ path: ['devices', 'sources', index, unusable.key], why: unusable.why, weight: 'problem' }]
  })
  const { file, spool } = audit
  const written = [
    file === undefined ? [] : writing(['audit', 'file', 'path'], file.path, 'file', 'created'),
    spool === undefined || audit.sinks.length === 0
      ? []
      : writing(['audit', 'spool', 'path'], join(spool.path, audit.sinks[0]!.name), 'folder', 'created'),
    store.kind === 'sqlite' ? database(store.file) : [],
  ]
  return (await Promise.all([...sources, ...written])).flat()
}

async function writing(
  path: UnusableFile['path'],
  target: string,
  kind: 'file' | 'folder',
  missing: 'created' | 'not created',
): Promise<UnusableFile[]> {
  const why = await whyNotWritable(target, kind, missing)
  if (why === undefined) return []
  return [{ path, why: `cannot be written: ${why}`, weight: weightOf(why) }]
}

/** The running gateway has it locked: its header is read, and no lock taken. */
async function database(file: string): Promise<UnusableFile[]> {
  const path = ['store']
  const why = await whyNotWritable(file, 'file', 'not created')
  if (why !== undefined) return [{ path, why: `cannot be opened: ${why}`, weight: weightOf(why) }]
  const header = await headerOf(file)
  if (header === '' || header === sqliteHeader) return []
  return [{ path, why: 'cannot be opened: the file is no SQLite database; name another one', weight: 'problem' }]
}

/** "The Database Header", sqlite.org/fileformat.html. */
const sqliteHeader = 'SQLite format 3\0'

/** '' for a file that does not exist or is empty. */
async function headerOf(file: string): Promise<string> {
  try {
    const handle = await open(file)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0)
      return buffer.toString('latin1', 0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch {
    return ''
  }
}

function weightOf(why: string): UnusableFile['weight'] {
  return /^this user may not|does not exist$/.test(why) ? 'warning' : 'problem'
}
