// Generates the list of all files in src/ as Markdown: the first sentence of each, one section per folder.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { heading, table } from './reference/markdown.ts'

/** Description of each folder of src/, in the order in which imports go down. A folder that is missing here throws. */
const folders: Readonly<Record<string, string>> = {
  cli: 'the commands',
  demo: 'the demo: identity provider, applications and gateway in one process',
  server: 'starting, reloading and stopping the gateway; its workers and the admin API',
  gateway: 'the steps of one request, re-validation, the configuration in force',
  web: 'the pages and endpoints of the gateway itself',
  identity: 'sign-in with OpenID Connect, sessions, users',
  devices: 'device posture and its sources',
  grants: 'time-bound access: grants, requests, emergency codes, reviews',
  acme: 'certificates that the gateway orders itself',
  proxy: 'forwarding to applications: header fields, connections, WebSockets',
  audit: 'audit events in OCSF, their sinks, notifications',
  net: 'outgoing HTTP and addresses',
  http: 'HTTP messages and the servers that read and write them',
  config: 'reading, checking and comparing configurations',
  store: 'the store: Redis, SQLite or memory, its change log, sealing',
  telemetry: 'log, metrics, ids',
  policy: 'the policy engine: conditions, decisions, reasons, schedules',
  async: 'steps that may have to wait',
}

/** `src`: the folder to list. Throws for a folder that is not described above, and for a file without a sentence. */
export function fileReference(src: URL): string {
  const root = fileURLToPath(src)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
  const unknown = files.find((file) => !Object.hasOwn(folders, folderOf(file)))
  if (unknown !== undefined) throw new Error(`scripts/list-files.ts: describe the folder of src/${unknown}`)
  const sections = Object.entries(folders).map(([folder, description]) => {
    const own = files.filter((file) => folderOf(file) === folder)
    const rows = own.map((file) => [`[\`${file}\`](../../src/${file})`, described(root, file)])
    return `## ${folder}/\n\n${description[0]!.toUpperCase()}${description.slice(1)}.\n\n${table(['file', 'purpose'], rows)}`
  })
  return [
    heading('Files', 'the first sentence of each file'),
    'Every file below `src/` with the first sentence of its opening comment. Which folder may import which is checked by',
    '[`test/architecture.test.ts`](../../test/architecture.test.ts).',
    '',
    ...sections,
  ].join('\n')
}

/** The first sentence of the comment a file begins with; empty when there is none. */
export function purposeOf(text: string): string {
  const comment = /^(?:\/\/|\/\*) ?([^\n]*(?:\n\/\/ [^\n]*)*)/.exec(text)?.[1]?.replaceAll('\n// ', ' ') ?? ''
  return /^.*?\.(?= [A-Z(]|$)/.exec(comment)?.[0] ?? comment
}

function described(root: string, file: string): string {
  const purpose = purposeOf(readFileSync(`${root}/${file}`, 'utf8'))
  if (purpose === '') throw new Error(`src/${file}: the first line must say what the file does`)
  return purpose
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '.'
}
