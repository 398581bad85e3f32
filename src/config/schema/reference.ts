// Prints the configuration reference as Markdown, from the JSON Schema: key, type, default, meaning, example.

import { stringify } from 'yaml'
import type { JsonSchema } from './schema.ts'
import { isRecord } from '../load/yaml-tree.ts'

export function printReference(root: JsonSchema): string {
  const tables: Section[] = []
  collect(root, '', root, tables, new Map())
  return [
    '# Configuration',
    '',
    '<!-- Generated from the schemas by `npm run generate`. Do not edit. -->',
    '',
    intro,
    ...tables.flatMap((section) => [
      `## ${section.title === '' ? 'The file' : `\`${section.title}\``}`,
      '',
      ...section.lines,
      '',
    ]),
  ].join('\n')
}

const intro = `One file in YAML 1.2. An unknown key, a wrong value, an unknown name or a missing file is an error with file, line and
column; all errors are reported at once. \`einlass check --config FILE\` shows them; \`einlass schema\` prints the JSON Schema for
editors (first line of the file: \`# yaml-language-server: $schema=einlass.schema.json\`).

- **Duration**: \`90s\`, \`15m\`, \`8h\`, \`30d\`. **Size**: \`64KB\`, \`50MB\`, \`2GB\` (powers of 1024).
- **Time**: ISO 8601. With an offset (\`2026-12-01T08:00+01:00\`) it is exact; without one it is wall-clock time in
  \`time_zone\` of the grant, else the zone of its schedule, else UTC. A date alone means the start of that day, as \`until\` its end.
- **Path**: relative to the file that contains it.
- **Secret**: \`env:NAME\` reads a value from the environment, \`file:PATH\` from a file (without its last line break). Every text
  may be such a reference; paths only \`env:\`. Values are never printed.
- **Name**: letters, digits, \`_\` and \`-\`.
- Where a list is expected, a single value may be written without the list. A list in a condition means "any of".
- "Not available yet" keys are rejected, so that nothing is ignored silently.
`

interface Section {
  readonly title: string
  readonly lines: string[]
}

type Node = Record<string, unknown>

/** One section for each mapping with keys, in the order of the schema. */
function collect(node: Node, path: string, root: JsonSchema, sections: Section[], seen: Map<string, string>): void {
  const object = objectOf(node, root)
  if (object === undefined) return
  const properties = object['properties']
  if (!isRecord(properties)) return
  const content = JSON.stringify(properties)
  const same = seen.get(content)
  if (same !== undefined) {
    if (same !== path) sections.push({ title: path, lines: [`The same keys as \`${same}\`.`] })
    return
  }
  seen.set(content, path)
  const required = new Set(Array.isArray(object['required']) ? object['required'] : [])
  const lines: string[] = []
  const about = path === 'conditions' ? object['description'] : (node['description'] ?? object['description'])
  if (typeof about === 'string') lines.push(about, '')
  lines.push('| key | type | default | meaning |', '|---|---|---|---|')
  const deeper: [Node, string][] = []
  for (const [key, value] of Object.entries(properties)) {
    if (!isRecord(value)) continue
    const fallback = required.has(key)
      ? '**required**'
      : typeof value['x-prose'] === 'string'
        ? value['x-prose']
        : printDefault(value['default'])
    const example = Array.isArray(value['examples']) ? ` ${value['examples'].map(printExample(key)).join(' ')}` : ''
    lines.push(
      `| \`${key}\` | ${cell(typeOf(value, root))} | ${cell(fallback)} | ${cell(String(value['description'] ?? ''))}${cell(example)} |`,
    )
    const inner = innerOf(value, root)
    if (inner === undefined) continue
    // Conditions are recursive and used in many places: one section for all.
    const title =
      typeof inner.node['$ref'] === 'string' ? 'conditions' : `${path === '' ? '' : `${path}.`}${key}${inner.suffix}`
    deeper.push([inner.node, title])
  }
  sections.push({ title: path, lines })
  for (const [inner, title] of deeper) collect(inner, title, root, sections, seen)
}

/** The mapping that a value is, or that its elements are; `suffix` is its notation in a path. */
function innerOf(node: Node, root: JsonSchema): { node: Node; suffix: string } | undefined {
  if (objectOf(node, root)?.['properties'] !== undefined) return { node, suffix: '' }
  for (const option of options(node, root)) {
    if (option['type'] === 'array' && isRecord(option['items'])) {
      const inner = innerOf(option['items'], root)
      if (inner !== undefined) return { node: inner.node, suffix: `[]${inner.suffix}` }
    }
    if (isRecord(option['additionalProperties'])) {
      const inner = innerOf(option['additionalProperties'], root)
      if (inner !== undefined) return { node: inner.node, suffix: `.NAME${inner.suffix}` }
    }
  }
  return undefined
}

function objectOf(node: Node, root: JsonSchema): Node | undefined {
  return options(node, root).find((option) => isRecord(option['properties']))
}

function options(node: Node, root: JsonSchema): Node[] {
  const reference = node['$ref']
  if (typeof reference === 'string') {
    const definitions = root['$defs']
    const target = isRecord(definitions) ? definitions[reference.replace('#/$defs/', '')] : undefined
    return isRecord(target) ? options(target, root) : []
  }
  return Array.isArray(node['anyOf']) ? node['anyOf'].filter(isRecord).flatMap((one) => options(one, root)) : [node]
}

function typeOf(node: Node, root: JsonSchema): string {
  if (node['x-later'] === true) return 'not available yet'
  if (typeof node['$ref'] === 'string') return 'conditions'
  const kinds = options(node, root).map((option): string => {
    if (typeof option['x-kind'] === 'string') return option['x-kind']
    if (Array.isArray(option['enum'])) return option['enum'].map((value) => `\`${String(value)}\``).join(' ')
    if ('const' in option) return `\`${String(option['const'])}\``
    if (option['type'] === 'array')
      return `list of ${isRecord(option['items']) ? typeOf(option['items'], root) : 'anything'}`
    if (option['type'] === 'object') return isRecord(option['properties']) ? 'mapping' : 'mapping by name'
    return typeNames[String(option['type'])] ?? 'anything'
  })
  const unique = [...new Set(kinds)]
  // Every list is "text or list of text": the introduction states it once.
  const lists = unique.filter((kind) => kind.startsWith('list of '))
  const shown = unique.filter((kind) => !lists.includes(`list of ${kind}`))
  return shown.join(' or ')
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` `false`',
}

function printDefault(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return /[`\s]/.test(value) ? value : `\`${value}\``
  return `\`${JSON.stringify(value)}\``
}

function printExample(key: string): (value: unknown) => string {
  return (value) => {
    const text = stringify({ [key]: value }, { collectionStyle: 'flow', lineWidth: 0 }).trim()
    return `\`${text.replace(/^\{\s*/, '').replace(/\s*\}$/, '')}\``
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
