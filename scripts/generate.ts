// Writes every generated file: the JSON Schema, the pages of docs/reference/, package-lock.json. `--check` only compares them.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printReference } from '../src/config/schema/reference.ts'
import { annotatedSchema, jsonSchema } from '../src/config/schema/schema.ts'
import { fileReference } from './list-files.ts'
import { withoutEngines } from './lock.ts'
import { adminApiReference } from './reference/admin-api.ts'
import { auditEventReference } from './reference/audit-events.ts'
import { cliReference } from './reference/cli.ts'
import { headerReference } from './reference/headers.ts'
import { limitReference } from './reference/limits.ts'
import { metricsReference } from './reference/metrics.ts'
import { requestTargetReference } from './reference/request-targets.ts'
import { reasonCodeReference } from './reference/reason-codes.ts'

const root = new URL('../', import.meta.url)
const generated: readonly (readonly [string, string])[] = [
  ['config/einlass.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`],
  ['docs/reference/configuration.md', printReference(annotatedSchema())],
  ['docs/reference/cli.md', await cliReference()],
  ['docs/reference/admin-api.md', adminApiReference()],
  ['docs/reference/reason-codes.md', reasonCodeReference()],
  ['docs/reference/audit-events.md', auditEventReference()],
  ['docs/reference/metrics.md', await metricsReference()],
  ['docs/reference/headers.md', headerReference()],
  ['docs/reference/limits.md', limitReference()],
  ['docs/reference/request-targets.md', requestTargetReference()],
  ['docs/reference/files.md', fileReference(new URL('src/', root))],
  ['package-lock.json', withoutEngines(await readFile(new URL('package-lock.json', root), 'utf8'))],
]

const onlyCheck = process.argv.includes('--check')
let stale = false
for (const [name, content] of generated) {
  const path = fileURLToPath(new URL(name, root))
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present === content) continue
  if (onlyCheck) {
    process.stderr.write(`${name} is not current; run: npm run generate\n`)
    stale = true
    continue
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  process.stdout.write(`${name} written\n`)
}
process.exitCode = stale ? 1 : 0
