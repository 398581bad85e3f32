// Checks the import graph and other structural rules of src/ (docs/explanation/architecture.md).

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Source text by path below src/. */
export type Sources = ReadonlyMap<string, string>

export function readSources(src: URL): Sources {
  const root = fileURLToPath(src)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  return new Map(files.map((file) => [file, readFileSync(`${root}/${file}`, 'utf8')]))
}

// A folder may import itself and folders with a greater number; folders with equal numbers may not import each other.
const layers: Readonly<Record<string, number>> = {
  cli: 0,
  demo: 1,
  server: 2,
  gateway: 3,
  web: 4,
  identity: 5,
  devices: 5,
  grants: 5,
  detection: 5,
  acme: 5,
  proxy: 5,
  audit: 6,
  http: 7,
  config: 8,
  store: 8,
  telemetry: 8,
  net: 9,
  policy: 9,
  async: 9,
}

export function violations(sources: Sources): string[] {
  const graph = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]))
  return [
    ...[...graph].flatMap(([file, imports]) => imports.flatMap((target) => direction(file, target))),
    ...[...sources].flatMap(([file, text]) => purity(file, text)),
    ...[...sources].flatMap(([file, text]) => front(file, text)),
    ...[...sources].flatMap(([file, text]) => defaults(file, text)),
    ...[...sources].flatMap(([file, text]) => ownFieldSyntax(file, text)),
    ...[...sources].flatMap(([file, text]) => patterns(file, text)),
    ...cycles(graph),
  ]
}

/** Files whose patterns are made of constants only. */
const constantPatterns = new Set([
  'http/field-syntax.ts',
  'telemetry/escape-control-characters.ts',
  'demo/tour/client.ts',
])

/** A backtracking engine on a pattern that is not written in the source: one of the configuration could block the process. */
function patterns(file: string, text: string): string[] {
  if (file === 'config/linear-pattern.ts' || constantPatterns.has(file)) return []
  // `match`, `matchAll` and `search` make a RegExp of a string.
  const built =
    /\bRegExp\s*\((?!\s*(?:'[^'\n]*'|`(?:[^`$]|\$(?!\{))*`)\s*[,)])|\bRE2JS\b|\.(?:match|matchAll|search)\((?!\s*(?:\/|\)))/.test(
      text,
    )
  return built ? [`${file} builds a regular expression at run time: config/linear-pattern.ts does`] : []
}

function importsOf(file: string, text: string): string[] {
  const found = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)'([^']+)'/g)].map((match) => match[1]!)
  return found.map((name) => (name.startsWith('.') ? posix.join(posix.dirname(file), name) : name))
}

function folderOf(file: string): string {
  return file.split('/')[0]!
}

function direction(file: string, target: string): string[] {
  if (target === 'oidc-provider' && folderOf(file) !== 'demo') return [`${file} imports oidc-provider: only demo/ may`]
  const from = layers[folderOf(file)]
  if (!target.endsWith('.ts')) return []
  const to = layers[folderOf(target)]
  if (from === undefined || to === undefined)
    return [`${file} imports ${target}: a folder that is not in the list of layers`]
  if (folderOf(file) === folderOf(target) || from < to) return []
  if (from > to) return [`${file} imports ${target}: upwards`]
  return [`${file} imports ${target}: sideways`]
}

const impure: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, 'Date.now'],
  [/\bnew Date\(\)/, 'new Date()'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\bTemporal\.Now\b/, 'Temporal.Now'],
  [/\bcrypto\b/, 'crypto'],
  [/\bprocess\./, 'process'],
  [/\bfetch\(/, 'fetch'],
  [/\bconsole\./, 'console'],
  [/\bset(?:Timeout|Interval|Immediate)\(/, 'timers'],
]

function purity(file: string, text: string): string[] {
  if (folderOf(file) !== 'policy') return []
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, '')
  const packages = importsOf(file, code).filter((name) => !name.endsWith('.ts') || folderOf(name) !== 'policy')
  return [
    ...packages.filter((name) => !name.endsWith('.ts')).map((name) => `${file} imports ${name}: policy is pure`),
    ...impure.filter(([pattern]) => pattern.test(code)).map(([, name]) => `${file} uses ${name}: policy is pure`),
  ]
}

/** The compiler cannot distinguish a `default` that hides a missing case of a union from one over open-ended values. */
function defaults(file: string, text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.flatMap((line, index) => {
    if (!line.startsWith('default:')) return []
    if (/^(?:return |throw )?never\(/.test(lines[index + 1] ?? '') || lines[index - 1]?.startsWith('// open: '))
      return []
    return [`${file}:${index + 1} default: end it with never(value), or name the open-ended values with "// open: "`]
  })
}

function front(file: string, text: string): string[] {
  if (folderOf(file) === 'http' || folderOf(file) === 'demo') return []
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, '')
  const named = code.match(/\b(IncomingMessage|ServerResponse|Http2Server(?:Request|Response|Stream))\b/)
  return named ? [`${file} names ${named[1]}: only http/ and demo/ may`] : []
}

/** RFC 9110 5.6.2, 5.5 (with and without obs-text), and VCHAR (RFC 5234 B.1) with obs-text, by octet. */
const wireSets: readonly (readonly [what: string, set: RegExp, tolerance: number])[] = [
  ['token', /[!#$%&'*+\-.^_`|~0-9A-Za-z]/, 3],
  ['field value', /[\t\x20-\x7e\x80-\xff]/, 0],
  ['field value', /[\t\x20-\x7e]/, 0],
  ['request target', /[\x21-\x7e\x80-\xff]/, 0],
]

const octets = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))

/** Only one file may define tokens and field values: two parsers that differ are how request smuggling happens. */
function ownFieldSyntax(file: string, text: string): string[] {
  if (file === 'http/field-syntax.ts') return []
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '')
  const classes = code.match(/\[(?:[^\]\\\n]|\\.)+\]/g) ?? []
  return classes.flatMap((written) => {
    const found = wireSets.find(([, set, tolerance]) => isSameSet(written, set, tolerance))
    return found ? [`${file} defines ${found[0]}: http/field-syntax.ts does`] : []
  })
}

/** Also true for its complement. `tolerance`: characters that may differ. */
function isSameSet(written: string, set: RegExp, tolerance: number): boolean {
  try {
    const pattern = new RegExp(written)
    const different = octets.filter((octet) => pattern.test(octet) !== set.test(octet)).length
    return different <= tolerance || different >= octets.length - tolerance
  } catch {
    return false
  }
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push(`cycle: ${[...path.slice(at), file].join(' -> ')}`)
    if (at >= 0 || done.has(file)) return
    for (const target of graph.get(file) ?? []) if (graph.has(target)) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
