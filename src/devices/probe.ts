// Reads the files of a posture source as opening it does, and says why it could not be opened.

import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { PostureSourceSettings } from '../config/configuration.ts'
import { never } from '../policy/never.ts'
import { parseDeviceKeys } from './sources/device-keys.ts'
import { parseInventory } from './sources/inventory-parser.ts'

export interface UnusableSource {
  /** Key of the source that names the file. */
  readonly key: 'file' | 'keys'
  readonly why: string
}

/** Undefined when the source can be opened. Never rejects. */
export async function probeSource(source: PostureSourceSettings): Promise<UnusableSource | undefined> {
  switch (source.kind) {
    case 'trusted_header':
      return undefined
    case 'signed_jwt':
      return failure('keys', source.keys, (text) => parseDeviceKeys(text, formatOf(source.keys)))
    case 'inventory':
      return failure('file', source.file, (text) => parseInventory(text, source.name, formatOf(source.file)))
    default:
      return never(source)
  }
}

async function failure(
  key: UnusableSource['key'],
  path: string,
  parse: (text: string) => unknown,
): Promise<UnusableSource | undefined> {
  try {
    await parse(await readFile(path, 'utf8'))
    return undefined
  } catch (error) {
    return { key, why: error instanceof Error ? error.message : 'unknown' }
  }
}

function formatOf(path: string): 'yaml' | 'csv' {
  return extname(path).toLowerCase() === '.csv' ? 'csv' : 'yaml'
}
