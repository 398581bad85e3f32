// `einlass schema`: JSON Schema of the configuration, for editors.

import { parseArgs } from 'node:util'
import { jsonSchema } from '../config/schema.ts'
import type { Io } from './command.ts'

/** Exit code: 0, or 2 for wrong usage. */
export async function schema(args: readonly string[], io: Io): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout('usage: einlass schema\n')
    return 0
  }
  try {
    parseArgs({ args: [...args], strict: true, allowPositionals: false, options: { json: { type: 'boolean' } } })
  } catch (error) {
    io.stderr(`${error instanceof Error ? error.message.split('\n')[0] : 'wrong arguments'}; usage: einlass schema\n`)
    return 2
  }
  io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
}
