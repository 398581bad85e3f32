// `einlass schema`: prints the JSON Schema of the configuration, for editors.

import { jsonSchema } from '../config/schema/schema.ts'
import { command } from './parse-arguments.ts'

export const schema = command(
  {
    name: 'schema',
    usage: 'einlass schema',
    help: `Prints the JSON Schema of the configuration, for editors. For the YAML extension of an editor, add
"# yaml-language-server: $schema=einlass.schema.json" as the first line of the configuration.
`,
    options: { json: { type: 'boolean' } },
  },
  async (_values, io) => {
    io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
    return 0
  },
)
